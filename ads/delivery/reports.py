"""What was delivered, in numbers that add up: roll-ups, and past their watermark the events themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ads.delivery.rollups import PAST_MARK, rows_at_mark
from articles.models import Site

# What rows stand for: the columns that name one, and what they join. Fixed texts, never from a request.
GROUPS: Mapping[str, tuple[str, str]] = {
    "hour": ("to_char(r.hour AT TIME ZONE %(zone)s, 'YYYY-MM-DD HH24:MI:SS')", ""),
    "day": ("(r.hour AT TIME ZONE %(zone)s)::date::text", ""),
    "slot": ("slot.code", "LEFT JOIN ads_slot slot ON slot.id = r.slot_id"),
    "line_item": ("r.line_item_id::text", ""),
    "creative": ("r.creative_id::text", ""),
    "advertiser": (
        "advertiser.name",
        "LEFT JOIN ads_lineitem item ON item.id = r.line_item_id"
        " LEFT JOIN ads_campaign campaign ON campaign.id = item.campaign_id"
        " LEFT JOIN ads_advertiser advertiser ON advertiser.id = campaign.advertiser_id",
    ),
    "section": (
        "section.slug",
        "LEFT JOIN articles_article article ON article.id = r.article_id"
        " LEFT JOIN articles_section section ON section.id = article.section_id",
    ),
    "article": ("article.slug", "LEFT JOIN articles_article article ON article.id = r.article_id"),
}
LONGEST = timedelta(days=366)
NOT = "not:"
COUNTS = {"impression": "impressions", "viewable": "viewable", "click": "clicks"}
_ROWS = f"""
SELECT {{key}}, r.measure, sum(r.number)::bigint, sum(r.micros)::bigint,
    coalesce(sum(r.number) FILTER (WHERE r.creative_id IS NOT NULL), 0)::bigint
FROM (
    SELECT hour, slot_id, line_item_id, creative_id, article_id, measure, number, micros
    FROM delivery_rollup WHERE site_id = %(site)s AND hour >= %(start)s AND hour < %(end)s
    UNION ALL
    SELECT date_trunc('hour', at, %(zone)s), slot_id, line_item_id, creative_id, article_id, measure, 1,
        micros
    FROM ({PAST_MARK}) past WHERE site_id = %(site)s AND at >= %(start)s AND at < %(end)s
) r {{join}} WHERE {{where}} GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  (fixed texts)
_OF_ITEM = "r.line_item_id = %(item)s"
_OF_CAMPAIGN = "r.line_item_id IN (SELECT id FROM ads_lineitem WHERE campaign_id = %(campaign)s)"
_OF_ADVERTISER = """r.line_item_id IN (
    SELECT own.id FROM ads_lineitem own JOIN ads_campaign c ON c.id = own.campaign_id
    WHERE c.advertiser_id = ANY(%(advertisers)s)
)"""


@dataclass(slots=True)
class Numbers:
    """Counts of one row; rates are None where there is nothing to divide by."""

    key: str = ""
    requests: int = 0
    filled: int = 0
    impressions: int = 0
    viewable: int = 0
    clicks: int = 0
    revenue_micros: int = 0
    invalid: dict[str, int] = field(default_factory=dict)

    @property
    def fill_rate(self) -> float | None:
        return _share(self.filled, self.requests)

    @property
    def measured(self) -> int:
        """Impressions whose visibility could be measured: those of the page's own script, so all."""
        return self.impressions

    @property
    def viewable_rate(self) -> float | None:
        return _share(self.viewable, self.measured)

    @property
    def ctr(self) -> float | None:
        return _share(self.clicks, self.impressions)

    @property
    def ecpm_micros(self) -> int | None:
        return self.revenue_micros * 1000 // self.impressions if self.impressions else None

    def count(self, measure: str, number: int, micros: int, filled: int) -> None:
        """Take in one sum of roll-ups."""
        self.revenue_micros += micros
        if measure == "request":
            self.requests += number
            self.filled += filled
        elif measure.startswith(NOT):
            self.invalid[measure.removeprefix(NOT)] = number
        else:
            setattr(self, COUNTS[measure], number)

    def add(self, other: Numbers) -> None:
        for name in ("requests", "filled", "impressions", "viewable", "clicks", "revenue_micros"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for reason, number in other.invalid.items():
            self.invalid[reason] = self.invalid.get(reason, 0) + number

    def as_json(self, group: str) -> dict[str, Any]:
        return {
            group: self.key,
            "requests": self.requests,
            "filled": self.filled,
            "fill_rate": self.fill_rate,
            "impressions": self.impressions,
            "measured": self.measured,
            "viewable": self.viewable,
            "viewable_rate": self.viewable_rate,
            "clicks": self.clicks,
            "ctr": self.ctr,
            "ecpm_micros": self.ecpm_micros,
            "revenue_micros": self.revenue_micros,
            "invalid": self.invalid,
        }


def report(
    site: Site,
    *,
    first: date,
    last: date,
    group_by: str,
    item: Any = None,
    campaign: Any = None,
    advertisers: Collection[UUID] | None = None,
) -> list[Numbers]:
    """A row per key, for days of the site's zone, both included. Two queries; exact at any moment.

    Args:
        item, campaign: only what belongs to this line item or campaign, by id.
        advertisers: only what belongs to these; none of them: nothing.
    """
    key, join = GROUPS[group_by]
    start, end = bounds(site, first=first, last=last)
    values = {
        "site": site.pk,
        "zone": site.time_zone,
        "start": start,
        "end": end,
        "item": item,
        "campaign": campaign,
        "advertisers": list(advertisers or ()),
    }
    asked = ((_OF_ITEM, item), (_OF_CAMPAIGN, campaign), (_OF_ADVERTISER, advertisers))
    where = " AND ".join([rule for rule, given in asked if given is not None]) or "true"
    rows: dict[str, Numbers] = {}
    for name, *counted in rows_at_mark(_ROWS.format(key=key, join=join, where=where), values):
        row = rows.setdefault(name or "", Numbers(name or ""))
        row.count(*counted)
    return list(rows.values())


def bounds(site: Site, *, first: date, last: date) -> tuple[datetime, datetime]:
    """The first moment of these days of the site's zone, and the first after them."""
    zone = ZoneInfo(site.time_zone)
    after = last + timedelta(days=1)
    return datetime.combine(first, time.min, tzinfo=zone), datetime.combine(after, time.min, tzinfo=zone)


def total(rows: Sequence[Numbers]) -> Numbers:
    found = Numbers("total")
    for row in rows:
        found.add(row)
    return found


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None
