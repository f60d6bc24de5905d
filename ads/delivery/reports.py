"""What was delivered, in numbers that add up: every row straight from decisions and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from articles.models import Site

# What rows stand for: the columns that name one, and what they join. Fixed texts, never from a request.
GROUPS: Mapping[str, tuple[str, str]] = {
    "hour": ("date_trunc('hour', d.at AT TIME ZONE %(zone)s)::text", ""),
    "day": ("(d.at AT TIME ZONE %(zone)s)::date::text", ""),
    "slot": ("slot.code", "LEFT JOIN ads_slot slot ON slot.id = d.slot_id"),
    "line_item": ("d.line_item_id::text", ""),
    "creative": ("d.creative_id::text", ""),
    "advertiser": (
        "advertiser.name",
        "LEFT JOIN ads_lineitem item ON item.id = d.line_item_id"
        " LEFT JOIN ads_campaign campaign ON campaign.id = item.campaign_id"
        " LEFT JOIN ads_advertiser advertiser ON advertiser.id = campaign.advertiser_id",
    ),
    "section": (
        "section.slug",
        "LEFT JOIN articles_article article ON article.id = d.article_id"
        " LEFT JOIN articles_section section ON section.id = article.section_id",
    ),
    "article": ("article.slug", "LEFT JOIN articles_article article ON article.id = d.article_id"),
}
LONGEST = timedelta(days=366)
_NUMBERS = """
SELECT {key} AS key, count(*), count(d.creative_id), sum(e.impressions), sum(e.viewable), sum(e.clicks),
    sum(e.revenue)
FROM delivery_addecision d {join}
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE kind = 'impression') AS impressions,
        count(*) FILTER (WHERE kind = 'viewable') AS viewable,
        count(*) FILTER (WHERE kind = 'click') AS clicks, coalesce(sum(revenue_micros), 0) AS revenue
    FROM delivery_adevent WHERE decision_id = d.id
) e ON true
WHERE {where} GROUP BY 1 ORDER BY 1
"""
_INVALID = """
SELECT {key} AS key, u.reason, count(*)
FROM delivery_uncountedevent u JOIN delivery_addecision d ON d.id = u.decision_id {join}
WHERE {where} GROUP BY 1, 2 ORDER BY 1, 2
"""
_OF_ITEM = " AND d.line_item_id = %(item)s"
_OF_CAMPAIGN = " AND d.line_item_id IN (SELECT id FROM ads_lineitem WHERE campaign_id = %(campaign)s)"


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
    site: Site, *, first: date, last: date, group_by: str, item: Any = None, campaign: Any = None
) -> list[Numbers]:
    """A row per key, for days of the site's zone, both included. Two queries.

    Args:
        item, campaign: only what belongs to this line item or campaign, by id.
    """
    key, join = GROUPS[group_by]
    zone = ZoneInfo(site.time_zone)
    values = {
        "site": site.pk,
        "zone": site.time_zone,
        "start": datetime.combine(first, time.min, tzinfo=zone),
        "end": datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone),
        "item": item,
        "campaign": campaign,
    }
    where = "d.site_id = %(site)s AND d.at >= %(start)s AND d.at < %(end)s"
    where += (_OF_ITEM if item else "") + (_OF_CAMPAIGN if campaign else "")
    rows: dict[str, Numbers] = {}
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS.format(key=key, join=join, where=where), values)
        for name, *counts in cursor.fetchall():
            rows[name or ""] = _numbers(name or "", counts)
        cursor.execute(_INVALID.format(key=key, join=join, where=where), values)
        for name, reason, number in cursor.fetchall():
            rows.setdefault(name or "", Numbers(name or "")).invalid[reason] = number
    return list(rows.values())


def _numbers(key: str, counts: Sequence[Any]) -> Numbers:
    requests, filled, impressions, viewable, clicks, revenue = (int(count or 0) for count in counts)
    return Numbers(key, requests, filled, impressions, viewable, clicks, revenue)


def total(rows: Sequence[Numbers]) -> Numbers:
    found = Numbers("total")
    for row in rows:
        found.add(row)
    return found


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None
