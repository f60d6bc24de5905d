"""How far each booking has come, and where an ad has run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from ads.delivery.charts import Chart, bars, lines
from ads.delivery.reports import Numbers, report
from ads.delivery.rollups import PAST_MARK, rows_at_mark
from ads.models import LineItem
from ads.spent import is_spent_out
from articles.models import Site

LOOKED_BACK = timedelta(days=28)
LONGEST = 92  # days in one chart


@dataclass(frozen=True, slots=True)
class Progress:
    """One line item: what was booked, what came of it, and how much of its time has passed."""

    item: LineItem
    state: str
    impressions: int
    clicks: int
    revenue_micros: int
    elapsed: float | None

    @property
    def delivered(self) -> int:
        """What its goal counts: clicks where they are paid, else impressions."""
        return self.clicks if self.item.price_model == LineItem.PriceModel.CPC else self.impressions

    @property
    def share(self) -> float | None:
        return self.delivered / self.item.goal if self.item.goal else None

    @property
    def is_behind(self) -> bool:
        """More than a tenth behind an even pace."""
        return self.share is not None and self.elapsed is not None and self.share < self.elapsed * 0.9


def progress_of(items: Collection[LineItem], *, at: datetime) -> list[Progress]:
    """Two queries, however many items there are. Their campaigns must be loaded."""
    counted: dict[UUID, dict[str, int]] = {}
    for item, measure, number, micros in rows_at_mark(_ROWS, {"items": [item.pk for item in items]}):
        row = counted.setdefault(item, {"revenue": 0})
        row[measure] = number
        row["revenue"] += micros
    return [_progress(item, counted.get(item.pk, {}), at=at) for item in items]


_ROWS = f"""
SELECT line_item_id, measure, sum(number)::bigint, sum(micros)::bigint FROM (
    SELECT line_item_id, measure, number, micros FROM delivery_rollup WHERE line_item_id = ANY(%(items)s)
    UNION ALL
    SELECT line_item_id, measure, 1, micros FROM ({PAST_MARK}) past WHERE line_item_id = ANY(%(items)s)
) one GROUP BY 1, 2
"""  # noqa: S608  (fixed texts)


def _progress(item: LineItem, row: dict[str, int], *, at: datetime) -> Progress:
    campaign = item.campaign
    elapsed = None
    if campaign.ends_at is not None:
        passed = (at - campaign.starts_at) / (campaign.ends_at - campaign.starts_at)
        elapsed = min(1.0, max(0.0, passed))
    return Progress(
        item=item,
        state=str(LineItem.State(item.state(at=at)).label),
        impressions=row.get("impression", 0),
        clicks=row.get("click", 0),
        revenue_micros=row.get("revenue", 0),
        elapsed=elapsed,
    )


def booked_items(site: Site, *, at: datetime) -> QuerySet[LineItem]:
    """What is sold and running, coming, or over for less than four weeks."""
    found = LineItem.objects.of_site(site).exclude(type=LineItem.Type.HOUSE)
    recent = found.filter(Q(campaign__ends_at=None) | Q(campaign__ends_at__gt=at - LOOKED_BACK))
    joined: QuerySet[Any] = recent.select_related("campaign__advertiser__site")
    joined = joined.annotate(is_spent=is_spent_out())
    return joined.order_by("campaign__starts_at", "campaign__advertiser__name", "name")


def daily(item: LineItem, *, at: datetime) -> tuple[list[Numbers], Chart, Chart | None]:
    """A line item day by day in the site's zone: the numbers, the bars, and the pace towards its goal."""
    site = item.campaign.advertiser.site
    zone = ZoneInfo(site.time_zone)
    first = item.campaign.starts_at.astimezone(zone).date()
    today = at.astimezone(zone).date()
    ends_at = item.campaign.ends_at
    last = (ends_at - timedelta(microseconds=1)).astimezone(zone).date() if ends_at else today
    first = max(first, min(last, today) - timedelta(days=LONGEST))
    until = max(first, min(last, today))
    rows = {row.key: row for row in report(site, first=first, last=until, group_by="day", item=item.pk)}
    shown = [rows.get(day.isoformat(), Numbers(day.isoformat())) for day in _days(first, until)]
    drawn = bars("Impressions a day", [(_short(row.key), row.impressions) for row in shown])
    if not item.goal or ends_at is None or last - first > timedelta(days=LONGEST):
        return shown, drawn, None
    return shown, drawn, _pacing(item, item.goal, shown, list(_days(first, last)))


def _pacing(item: LineItem, goal: int, shown: list[Numbers], days: list[date]) -> Chart:
    is_clicks = item.price_model == LineItem.PriceModel.CPC
    reached, sums = 0, [0]
    for row in shown:
        reached += row.clicks if is_clicks else row.impressions
        sums.append(reached)
    names = [_short(day.isoformat()) for day in days] + [""]
    pace = [goal * place / len(days) for place in range(len(days) + 1)]
    return lines(f"{'Clicks' if is_clicks else 'Impressions'} towards {goal:,}", names, sums, pace, goal)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _short(day: str) -> str:
    found = date.fromisoformat(day)
    return f"{found.day} {found:%b}"
