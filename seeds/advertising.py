"""Slots, the house campaign, and what the demo title has sold: two car dealers and a bakery."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model

from ads.creatives import content_digest
from ads.models import Advertiser, Approval, Assignment, Campaign, Creative, LineItem, Slot
from articles.models import Site
from seeds.clock import SEEDED_DAYS
from seeds.content import load


def seed_ads(site: Site, *, editor: Any, now: datetime) -> None:
    """Slots, house ads that fill them where nothing is sold or suits, and campaigns. Safe to run twice."""
    content = load()
    slots = {
        facts["code"]: Slot.objects.get_or_create(site=site, code=facts["code"], defaults=facts)[0]
        for facts in content.slots
    }
    house = content.house
    starts_at = now - timedelta(days=SEEDED_DAYS)
    campaign = _campaign(site, {"name": house["advertiser"]}, {"name": house["campaign"]}, starts_at, None)
    for facts in house["creative"]:
        shown = dict(facts)
        item = {"name": shown.pop("code"), "type": LineItem.Type.HOUSE}
        _seed_item(campaign, item, shown, list(slots.values()), editor=editor)
    for sold in content.sold:
        first, last = sold["days"]
        starts_at, ends_at = _midnight(site, now, first), _midnight(site, now, last + 1)
        campaign = _campaign(site, sold["advertiser"], sold["campaign"], starts_at, ends_at)
        booked = [slots[code] for code in sold["slots"]]
        approver = None if sold.get("waits_for_approval") else editor
        _seed_item(campaign, sold["item"], sold["creative"], booked, editor=approver)
    _let_advertisers_read(site)


def _campaign(
    site: Site,
    advertiser: dict[str, Any],
    facts: dict[str, Any],
    starts_at: datetime,
    ends_at: datetime | None,
) -> Campaign:
    sponsor, _ = Advertiser.objects.get_or_create(
        site=site, name=advertiser["name"], defaults=advertiser | {"demo": True}
    )
    dates = {"starts_at": starts_at, "ends_at": ends_at}
    campaign, _ = Campaign.objects.get_or_create(
        advertiser=sponsor, name=facts["name"], defaults=facts | dates
    )
    return campaign


def _seed_item(
    campaign: Campaign,
    facts: dict[str, Any],
    shown: dict[str, Any],
    slots: list[Slot],
    *,
    editor: Any,
) -> None:
    """A line item with its creative, approved by ``editor``; by nobody yet where there is none."""
    item, is_new = LineItem.objects.get_or_create(
        campaign=campaign, name=facts["name"], defaults=facts | {"status": LineItem.Status.READY}
    )
    if not is_new:
        return
    item.slots.set(slots)
    creative = Creative(line_item=item, **shown)
    creative.sha256 = content_digest(creative)
    creative.approved_sha256 = creative.sha256 if editor else ""
    creative.save()
    if editor:
        Approval.objects.create(creative=creative, sha256=creative.sha256, by=editor, at=campaign.starts_at)


def _let_advertisers_read(site: Site) -> None:
    """Whoever has the role *advertiser* and no assignment yet reads what the first dealer has booked."""
    dealer = Advertiser.objects.filter(site=site, name=load().sold[0]["advertiser"]["name"]).first()
    readers = get_user_model().objects.filter(groups__name="advertiser", ad_assignments=None)
    for reader in readers if dealer else ():
        Assignment.objects.create(user=reader, site=site, advertiser=dealer)


def _midnight(site: Site, now: datetime, days: int) -> datetime:
    """The start of the site's day so many days from now."""
    zone = ZoneInfo(site.time_zone)
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=days), time.min, tzinfo=zone)
