"""Slots and the house campaign of the demo title."""

from __future__ import annotations

from datetime import datetime, timedelta

from ads.creatives import content_digest
from ads.models import Advertiser, Campaign, Creative, LineItem, Slot
from articles.models import Site
from seeds.clock import SEEDED_DAYS
from seeds.content import load


def seed_ads(site: Site, *, now: datetime) -> None:
    """Slots, and one house line item whose creatives fill them where nothing is sold. Safe to run twice."""
    content = load()
    slots = [
        Slot.objects.get_or_create(site=site, code=facts["code"], defaults=facts)[0]
        for facts in content.slots
    ]
    house = content.house
    advertiser, _ = Advertiser.objects.get_or_create(
        site=site, name=house["advertiser"], defaults={"demo": True}
    )
    starts_at = now - timedelta(days=SEEDED_DAYS)
    campaign, _ = Campaign.objects.get_or_create(
        advertiser=advertiser, name=house["campaign"], defaults={"starts_at": starts_at}
    )
    for facts in house["creative"]:
        _seed_creative(campaign, dict(facts), slots)


def _seed_creative(campaign: Campaign, facts: dict[str, str], slots: list[Slot]) -> None:
    item, is_new = LineItem.objects.get_or_create(
        campaign=campaign,
        name=facts.pop("code"),
        defaults={"type": LineItem.Type.HOUSE, "status": LineItem.Status.READY},
    )
    if is_new:
        item.slots.set(slots)
        creative = Creative(line_item=item, **facts)
        creative.sha256 = creative.approved_sha256 = content_digest(creative)
        creative.save()
