"""*Where did this run?*: somebody who complains has a screenshot and no id, and is told all of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from ads.delivery.circumstances import all_circumstances
from ads.delivery.credits import earned
from ads.delivery.models import AdDecision, Credit, Kind
from ads.models import LineItem
from ads.suitability import conflict
from articles.models import Article, Site
from articles.selectors import sensitivities_of
from comments.models import Comment
from moderation.selectors import thread_states

MOST_RUNS = 100


@dataclass(frozen=True, slots=True)
class Run:
    """One impression, with what stood around it then and how all of it is judged now.

    Attributes:
        verdict: why its advertiser would not stand there now; empty if it would.
        neighbours: the comments above and below it, with what has become of them.
    """

    decision: AdDecision
    sensitivity_then: Mapping[str, str]
    sensitivity_now: Mapping[str, str]
    thread_then: str
    thread_now: str
    neighbours: tuple[Comment, ...]
    verdict: str
    earned_micros: int
    is_credited: bool
    is_house: bool

    @property
    def may_be_credited(self) -> bool:
        return not self.is_house and not self.is_credited


def ran(
    site: Site, *, advertiser: UUID | None, article: UUID | None, start: datetime, end: datetime
) -> QuerySet[AdDecision]:
    """The decisions of a time whose impressions counted."""
    found = AdDecision.objects.filter(
        site=site, at__gte=start, at__lt=end, events__kind=Kind.IMPRESSION, creative__isnull=False
    )
    if advertiser is not None:
        found = found.filter(line_item__campaign__advertiser=advertiser)
    if article is not None:
        found = found.filter(article=article)
    return found.select_related("article__section", "slot", "creative", "line_item__campaign__advertiser")


def runs_of(decisions: Collection[AdDecision]) -> list[Run]:
    """In the order given; some queries, however many they are."""
    articles = {decision.article_id: decision.article for decision in decisions}
    now, threads = sensitivities_of(articles.values()), thread_states(articles.keys())
    ids = [decision.pk for decision in decisions]
    credited = set(
        Credit.objects.filter(decision__in=ids, taken_back_at=None).values_list("decision", flat=True)
    )
    comments = Comment.objects.in_bulk({pk for decision in decisions for pk in decision.neighbours})
    micros, then = earned(ids), all_circumstances(decisions)
    return [
        _run(
            decision,
            then[decision.pk],
            now=now[decision.article_id],
            thread=threads[decision.article_id],
            neighbours=(comments[pk] for pk in decision.neighbours if pk in comments),
            micros=micros.get(str(decision.pk), 0),
            is_credited=decision.pk in credited,
        )
        for decision in decisions
    ]


def _run(
    decision: AdDecision,
    then: Mapping[str, Any],
    *,
    now: Mapping[str, str],
    thread: str,
    neighbours: Iterable[Comment],
    micros: int,
    is_credited: bool,
) -> Run:
    return Run(
        decision=decision,
        sensitivity_then=then["sensitivity"],
        sensitivity_now=now,
        thread_then=then["thread"],
        thread_now=thread,
        neighbours=tuple(neighbours),
        verdict=verdict_on(decision, then, now=now, thread=thread),
        earned_micros=micros,
        is_credited=is_credited,
        is_house=decision.line_item is None or decision.line_item.type == LineItem.Type.HOUSE,
    )


def verdict_on(decision: AdDecision, then: Mapping[str, Any], *, now: Mapping[str, str], thread: str) -> str:
    """Why its advertiser would not stand there as article and conversation are judged now."""
    item = decision.line_item
    if item is None:
        return ""
    advertiser = item.campaign.advertiser
    return conflict(
        now,
        thread,
        tolerances=advertiser.tolerances,
        thread_tolerance=advertiser.thread_tolerance,
        is_house=item.type == LineItem.Type.HOUSE,
        in_thread=decision.slot.code in then["at_thread"],
    )


def article_meant(site: Site, asked: str) -> Article | None:
    """The article at an address, here or where it was published first; else the newest with these words."""
    own = Article.objects.filter(site=site)
    asked = asked.strip()
    if not asked:
        return None
    try:
        slug = urlsplit(asked).path.rstrip("/").rpartition("/")[2]
    except ValueError:  # An address that there cannot be.
        slug = ""
    return (
        own.filter(slug=slug).first()
        or own.filter(canonical_url=asked).first()
        or own.filter(headline__icontains=asked).newest_first().first()
    )


def span_of(site: Site, *, first: date, last: date) -> tuple[datetime, datetime]:
    """From the first moment of one day of the site's zone to the end of another."""
    zone = ZoneInfo(site.time_zone)
    return (
        datetime.combine(first, time.min, tzinfo=zone),
        datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone),
    )
