"""What a thread earns: the ads on an article's page, less the time that people spent on its conversation.

Nobody presses a stopwatch. A step at the desk (one decision, or several made at once) takes the time since
the same person's step before, on whatever article; after more than ``PAUSE`` they had been doing something
else, and it takes ``FIRST_STEP``. Several at once share it evenly. Machines take no time here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from ads.delivery.reports import bounds
from ads.delivery.rollups import PAST_MARK, rows_at_mark
from articles.models import Article, Site
from comments.models import Comment
from moderation.models import Decision

PAUSE = timedelta(minutes=5)
FIRST_STEP = timedelta(minutes=1)
HOUR_S = 3_600
_EARNED = f"""
SELECT r.article_id, sum(r.micros)::bigint,
    coalesce(sum(r.micros) FILTER (WHERE slot.position = 'in_thread'), 0)::bigint
FROM (
    SELECT article_id, slot_id, micros FROM delivery_rollup
    WHERE site_id = %(site)s AND hour >= %(start)s AND hour < %(end)s AND micros > 0
    UNION ALL
    SELECT article_id, slot_id, micros FROM ({PAST_MARK}) past
    WHERE site_id = %(site)s AND at >= %(start)s AND at < %(end)s AND micros > 0
) r LEFT JOIN ads_slot slot ON slot.id = r.slot_id GROUP BY 1
"""  # noqa: S608  (fixed texts)
# Steps are those of a person on all titles; what belongs to this one is picked afterwards.
_MODERATED = f"""
WITH made AS (
    SELECT d.actor_id, d.at, c.article_id
    FROM {Decision._meta.db_table} d JOIN {Comment._meta.db_table} c ON c.id = d.comment_id
    WHERE d.actor_kind = 'person' AND d.at >= %(start)s - %(pause)s::interval AND d.at < %(end)s
), steps AS (
    SELECT actor_id, at, count(*) AS decisions, at - lag(at) OVER (PARTITION BY actor_id ORDER BY at) AS since
    FROM made GROUP BY actor_id, at
), timed AS (
    SELECT actor_id, at, extract(epoch FROM
        CASE WHEN since <= %(pause)s::interval THEN since ELSE %(first)s::interval END) / decisions AS each
    FROM steps
)
SELECT made.article_id, count(*), sum(timed.each)::float8
FROM made JOIN timed USING (actor_id, at) JOIN articles_article article ON article.id = made.article_id
WHERE article.site_id = %(site)s AND made.at >= %(start)s GROUP BY 1
"""  # noqa: S608  (fixed texts)


@dataclass(slots=True)
class Earning:
    """One article with its thread; amounts before credits. Without an hourly rate nothing is known of cost.

    Attributes:
        thread_micros: the part of ``revenue_micros`` that came from slots between comments.
        hour_micros: what an hour of moderation costs here.
    """

    slug: str = ""
    headline: str = ""
    revenue_micros: int = 0
    thread_micros: int = 0
    decisions: int = 0
    seconds: float = 0.0
    hour_micros: int | None = None

    @property
    def minutes(self) -> float:
        return round(self.seconds / 60, 1)

    @property
    def cost_micros(self) -> int | None:
        return None if self.hour_micros is None else round(self.seconds * self.hour_micros / HOUR_S)

    @property
    def net_micros(self) -> int | None:
        cost = self.cost_micros
        return None if cost is None else self.revenue_micros - cost

    def as_json(self) -> dict[str, Any]:
        return {
            "article": self.slug,
            "headline": self.headline,
            "revenue_micros": self.revenue_micros,
            "thread_revenue_micros": self.thread_micros,
            "decisions": self.decisions,
            "minutes": self.minutes,
            "cost_micros": self.cost_micros,
            "net_micros": self.net_micros,
        }


def hour_micros(site: Site) -> int | None:
    """What an hour of moderation costs this site (``NEWSROOM_MODERATION_RATE``); None: nobody has said."""
    rates: dict[str, int] = settings.NEWSROOM_MODERATION_RATE
    return rates.get(site.code, rates.get(""))


def earnings(site: Site, *, first: date, last: date) -> list[Earning]:
    """A row per article that earned or was moderated in these days of the site's zone; the best first."""
    start, end = bounds(site, first=first, last=last)
    rate, rows = hour_micros(site), dict[Any, Earning]()
    for article, revenue, in_thread in rows_at_mark(_EARNED, {"site": site.pk, "start": start, "end": end}):
        rows[article] = Earning(revenue_micros=revenue, thread_micros=in_thread, hour_micros=rate)
    for article, decisions, seconds in _moderated(site, start, end):
        row = rows.setdefault(article, Earning(hour_micros=rate))
        row.decisions, row.seconds = decisions, seconds
    known = Article.objects.filter(pk__in=rows).values_list("pk", "slug", "headline")
    for article, slug, headline in known:
        rows[article].slug, rows[article].headline = slug, headline
    return sorted(rows.values(), key=lambda row: (-_worth(row), row.slug))


def in_all(rows: Sequence[Earning], site: Site) -> Earning:
    return Earning(
        slug="total",
        revenue_micros=sum(row.revenue_micros for row in rows),
        thread_micros=sum(row.thread_micros for row in rows),
        decisions=sum(row.decisions for row in rows),
        seconds=sum(row.seconds for row in rows),
        hour_micros=hour_micros(site),
    )


def _worth(row: Earning) -> int:
    return row.revenue_micros if row.net_micros is None else row.net_micros


def _moderated(site: Site, start: datetime, end: datetime) -> list[tuple[Any, int, float]]:
    values: dict[str, Any] = {"site": site.pk, "start": start, "end": end}
    values |= {"pause": PAUSE, "first": FIRST_STEP}
    with connection.cursor() as cursor:
        cursor.execute(_MODERATED, values)
        found: list[tuple[Any, int, float]] = cursor.fetchall()
    return found
