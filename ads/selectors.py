"""The ads of one page view, ready to be shown."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from ads.decision import Candidate, decide
from ads.models import Creative, Slot
from articles.models import Article


@dataclass(frozen=True, slots=True)
class FilledSlot:
    """A slot with the creative that won it; ``creative`` is None where nothing may be shown."""

    code: str
    position: str
    size: str
    creative: Creative | None
    sponsor: str
    disclosure: str
    label: str


def ads_for_article(article: Article, *, at: datetime, seed: int | None = None) -> dict[str, FilledSlot]:
    """The page's slots above and below the article by position. Three queries. ``seed`` fixes the draw."""
    slots = list(
        Slot.objects.filter(site=article.site, active=True)
        .exclude(position=Slot.Position.IN_THREAD)
        .order_by("position", "code")
    )
    creatives = {creative.pk: creative for creative in _creatives(article)}
    snapshot = [_candidate(creative) for creative in creatives.values()]
    choices = decide(
        snapshot,
        slots=[slot.code for slot in slots],
        at=at,
        seed=secrets.randbits(63) if seed is None else seed,
    )
    filled: dict[str, FilledSlot] = {}
    for slot, choice in zip(slots, choices, strict=True):
        creative = creatives[choice.creative_id] if choice.creative_id else None
        filled.setdefault(
            slot.position,
            FilledSlot(
                code=slot.code,
                position=slot.position,
                size=slot.sizes[0] if slot.sizes else "fluid",
                creative=creative,
                sponsor=creative.line_item.campaign.advertiser.name if creative else "",
                disclosure=article.site.disclosure,
                label=article.site.ad_label,
            ),
        )
    return filled


def _creatives(article: Article) -> list[Creative]:
    found = Creative.objects.filter(active=True, line_item__campaign__advertiser__site=article.site)
    return list(found.select_related("line_item__campaign__advertiser").prefetch_related("line_item__slots"))


def _candidate(creative: Creative) -> Candidate:
    item = creative.line_item
    return Candidate(
        creative_id=creative.pk,
        line_item_id=item.pk,
        sponsor=item.campaign.advertiser.name,
        tier=item.type,
        status=item.status,
        weight=item.weight,
        starts_at=item.campaign.starts_at,
        ends_at=item.campaign.ends_at,
        slots=frozenset(slot.code for slot in item.slots.all()),
    )
