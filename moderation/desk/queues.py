"""The desk's queues: what waits, how long, in which order. A fixed number of queries, whatever waits."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from articles.opening import closing_time_of
from comments.models import Comment
from comments.reports.models import Report
from moderation.appeals.models import Appeal
from moderation.desk.models import Escalation
from moderation.models import Decision, ReasonCode

RECENT = timedelta(hours=48)
HOT_WINDOW = timedelta(hours=1)
MOST_ORDERED = 5_000  # Ranked in memory; a longer queue is worked off from its oldest end.
RANDOM_EVERY = 8  # Every eighth place goes to a comment drawn by lot, so that low scores are read as well.
UNKNOWN_RISK = 0.5  # of a comment that was never scored


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue: its name, what lies in it, and what it means that it is empty."""

    key: str
    title: str
    hint: str
    is_held: bool = True
    held_by: str = ""


_QUEUES = (
    Queue("all", "All waiting", "Everything that waits for a person."),
    Queue("detector", "Held by detector", "The classifier's score reached a threshold.", held_by="detector"),
    Queue(
        "rule",
        "Held by rule",
        "A word list, a threat, a wave, a flood, links, or a switch to read everything first.",
        held_by="rule",
    ),
    Queue(
        "report",
        "Reported",
        "Readers reported it, illegal content first. Hidden already where enough of them did.",
        held_by="report",
    ),
    Queue(
        "failure",
        "Held by failure",
        "Could not be checked. Empties itself once the part works again; what failed five times stays.",
        held_by="failure",
    ),
    Queue("person", "Held by a person", "A decision that was undone.", held_by="person"),
    Queue("appeals", "Appeals", "A commenter objects to a refusal. Whoever did not refuse it decides."),
    Queue("escalated", "Escalated", "A colleague asks for a second opinion."),
    Queue("published", "Recently published", "Sent in the last 48 hours and published.", is_held=False),
    Queue(
        "rejected", "Recently rejected", "Sent in the last 48 hours, refused or taken down.", is_held=False
    ),
)
QUEUES = {queue.key: queue for queue in _QUEUES}

SORTS = {"risk": "Risk × reach × age", "oldest": "Oldest first", "newest": "Newest first"}
AGES = {"1": "1 hour", "24": "1 day", "168": "1 week"}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many lie in a queue, and since when the oldest has waited (held queues only)."""

    count: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters of a queue page. Empty values filter nothing."""

    section: UUID | None = None
    article: UUID | None = None
    author: UUID | None = None
    reason: str = ""
    language: str = ""
    score_from: float | None = None
    score_to: float | None = None
    older_than: timedelta | None = None
    sort: str = "risk"
    scope: tuple[UUID, ...] = ()  # the moderator's sections; empty: all


@dataclass(frozen=True, slots=True)
class Ranked:
    """What the order of a queue needs to know about one comment."""

    pk: UUID
    article_id: UUID
    since: datetime
    risk: float
    threatens: bool = False  # comes before all others: somebody may be in danger now


@dataclass(frozen=True, slots=True)
class Choices:
    """The values that the filters of a queue offer, most frequent first."""

    reasons: Sequence[str] = field(default_factory=list)
    languages: Sequence[str] = field(default_factory=list)


def queue_tallies(*, now: datetime, scope: Collection[UUID] = ()) -> dict[str, Tally]:
    """Count and oldest of every queue, in five queries; of these sections, if any are given."""
    comments = Comment.objects.filter(article__section__in=scope) if scope else Comment.objects.all()
    held = (
        comments.held()
        .values("held_by")
        .annotate(number=Count("pk"), oldest=Min(Coalesce("edited_at", "created_at")))
    )
    by_holder = {row["held_by"]: Tally(row["number"], row["oldest"]) for row in held}
    asked = _open_escalations().filter(comment__in=comments).aggregate(number=Count("pk"), oldest=Min("at"))
    appealed = _open_appeals().filter(comment__in=comments).aggregate(number=Count("pk"), oldest=Min("at"))
    recent = comments.filter(created_at__gt=now - RECENT).aggregate(
        published=Count("pk", filter=Q(status=Comment.Status.PUBLISHED)),
        rejected=Count("pk", filter=Q(status__in=[Comment.Status.REJECTED, Comment.Status.REMOVED])),
    )
    everything = Tally(
        sum(tally.count for tally in by_holder.values()),
        min((tally.oldest_at for tally in by_holder.values() if tally.oldest_at), default=None),
    )
    reported = reported_comments(comments).aggregate(number=Count("pk"), oldest=Min("first_reported_at"))
    tallies = {
        "all": everything,
        "report": Tally(reported["number"], reported["oldest"]),
        "appeals": Tally(appealed["number"], appealed["oldest"]),
        "escalated": Tally(asked["number"], asked["oldest"]),
        "published": Tally(recent["published"]),
        "rejected": Tally(recent["rejected"]),
    }
    return {key: tallies.get(key) or by_holder.get(queue.held_by, Tally()) for key, queue in QUEUES.items()}


GONE = (Comment.Status.WITHDRAWN, Comment.Status.ERASED)


def _open_appeals() -> QuerySet[Appeal]:
    return Appeal.objects.filter(state=Appeal.State.OPEN)


def _open_escalations() -> QuerySet[Escalation]:
    return Escalation.objects.filter(closed_at=None).exclude(comment__status__in=GONE)


def reported_comments(comments: QuerySet[Comment]) -> QuerySet[Comment]:
    """Those about which a report is open or that reports have hidden, with how many and since when."""
    is_open = Q(reports__state=Report.State.OPEN)
    by_report = Q(status=Comment.Status.HELD, held_by=Comment.HeldBy.REPORT)
    shown = [Comment.Status.PUBLISHED, Comment.Status.HELD, Comment.Status.PENDING]
    return comments.filter(
        Exists(Report.objects.filter(comment=OuterRef("pk"), state=Report.State.OPEN)) | by_report,
        status__in=shown,
    ).annotate(
        first_reported_at=Coalesce(Min("reports__at", filter=is_open), "created_at"),
        reporters=Count("reports", filter=is_open),
        notices=Count("reports", filter=is_open & Q(reports__reason=Report.Reason.ILLEGAL)),
    )


def waiting_count() -> int:
    return Comment.objects.held().count()


def in_queue(queue: Queue, *, wanted: Wanted, now: datetime) -> QuerySet[Comment]:
    """The comments of a queue that the filters let through, in no order."""
    if queue.key == "report":
        found = reported_comments(Comment.objects.all())
    elif queue.key == "appeals":
        found = Comment.objects.filter(pk__in=_open_appeals().values("comment"))
    elif queue.key == "escalated":
        found = Comment.objects.filter(pk__in=_open_escalations().values("comment"))
    elif queue.is_held:
        found = Comment.objects.held()
        if queue.held_by:
            found = found.filter(held_by=queue.held_by)
    else:
        refused = [Comment.Status.REJECTED, Comment.Status.REMOVED]
        states = [Comment.Status.PUBLISHED] if queue.key == "published" else refused
        found = Comment.objects.filter(status__in=states)
        if not wanted.author:  # Of one author everything is shown, however old.
            found = found.filter(created_at__gt=now - RECENT)
    return _filtered(found, wanted, now=now)


def _filtered(found: QuerySet[Comment], wanted: Wanted, *, now: datetime) -> QuerySet[Comment]:
    if wanted.scope:
        found = found.filter(article__section__in=wanted.scope)
    if wanted.section:
        found = found.filter(article__section_id=wanted.section)
    if wanted.article:
        found = found.filter(article_id=wanted.article)
    if wanted.author:
        found = found.filter(private__mailbox_id=wanted.author)
    if wanted.reason:
        found = found.filter(reason_code=wanted.reason)
    if wanted.older_than:
        found = found.filter(created_at__lte=now - wanted.older_than)
    if wanted.language:
        found = found.filter(
            Exists(Decision.objects.filter(pk=OuterRef("decision_id"), language=wanted.language))
        )
    return found


def choices_of(queue: Queue, *, scope: tuple[UUID, ...], now: datetime) -> Choices:
    """Reasons and languages that occur in a queue, in one query."""
    found = list(
        in_queue(queue, wanted=Wanted(scope=scope), now=now)
        .filter(decisions__pk=F("decision_id"))
        .values_list("reason_code", "decisions__language")
        .annotate(number=Count("pk"))
        .order_by("-number")
    )
    return Choices(
        reasons=list(dict.fromkeys(reason for reason, _, _ in found if reason)),
        languages=list(dict.fromkeys(language for _, language, _ in found if language)),
    )


MOST_ARTICLES = 60  # in the filter; the busiest


def articles_in(queue: Queue, *, scope: tuple[UUID, ...], now: datetime) -> list[tuple[UUID, str]]:
    """Articles that occur in a queue, by headline; those with most comments, in one query."""
    rows = (
        in_queue(queue, wanted=Wanted(scope=scope), now=now)
        .values_list("article_id", "article__headline")
        .annotate(number=Count("pk"))
        .order_by("-number")[:MOST_ARTICLES]
    )
    return sorted(((pk, headline) for pk, headline, _ in rows), key=lambda row: row[1].casefold())


@dataclass(frozen=True, slots=True)
class Waits:
    """An article that still takes comments, and whose commenters wait."""

    article_id: UUID
    headline: str
    section: str
    count: int
    oldest_at: datetime


def open_articles_waiting(*, now: datetime, scope: Collection[UUID] = (), most: int = 6) -> list[Waits]:
    """Articles under which people still talk, those that wait longest for us first; in one query."""
    held = Comment.objects.held().alias(closes_at=closing_time_of("article__"))
    held = held.filter(
        Q(closes_at=None) | Q(closes_at__gt=now),
        article__comments_open=True,
        article__section__comments_open=True,
        article__site__comments_open=True,
    )
    if scope:
        held = held.filter(article__section__in=scope)
    rows = (
        held.values_list("article", "article__headline", "article__section__name")
        .annotate(number=Count("pk"), oldest=Min(Coalesce("edited_at", "created_at")))
        .order_by("oldest")[:most]
    )
    return [Waits(*row) for row in rows]


def ordered_ids(queue: Queue, *, wanted: Wanted, now: datetime) -> list[UUID]:
    """Ids of a queue in the order in which to work it off; scores outside the wanted range are left out."""
    if queue.key == "report" and wanted.sort == "risk" and wanted.score_from is wanted.score_to is None:
        return _by_reports(in_queue(queue, wanted=wanted, now=now))
    found = in_queue(queue, wanted=wanted, now=now).annotate(since=Coalesce("edited_at", "created_at"))
    newest_first = not queue.is_held or wanted.sort == "newest"
    by_time = found.order_by("-since", "-pk") if newest_first else found.order_by("since", "pk")
    needs_scores = wanted.score_from is not None or wanted.score_to is not None
    if not needs_scores and (newest_first or wanted.sort == "oldest"):
        return list(by_time.values_list("pk", flat=True)[:MOST_ORDERED])
    rows = list(by_time.values_list("pk", "article_id", "since", "reason_code")[:MOST_ORDERED])
    risks = highest_scores([pk for pk, *_ in rows])
    ranked = [
        Ranked(pk, article, since, risks.get(pk, UNKNOWN_RISK), threatens=reason == ReasonCode.THREAT)
        for pk, article, since, reason in rows
    ]
    low = 0.0 if wanted.score_from is None else wanted.score_from
    high = 1.0 if wanted.score_to is None else wanted.score_to
    ranked = [row for row in ranked if low <= row.risk <= high]
    if newest_first or wanted.sort == "oldest":
        return [row.pk for row in ranked]
    return by_urgency(ranked, heat=article_heat(now=now), now=now, drawn_on=now.date())


def _by_reports(found: QuerySet[Comment]) -> list[UUID]:
    """Notices of illegal content first, then what most readers reported, then the oldest report."""
    ordered = found.order_by(F("notices").desc(), F("reporters").desc(), F("first_reported_at"), "pk")
    return list(ordered.values_list("pk", flat=True)[:MOST_ORDERED])


def highest_scores(comment_ids: Sequence[UUID]) -> dict[UUID, float]:
    """The highest score of each comment's present text, by the machine's last decision about it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (d.comment_id) d.comment_id,"
            " (SELECT max(score.value::float8) FROM jsonb_each_text(d.scores) AS score)"
            " FROM moderation_decision d"
            " JOIN comments_comment c ON c.id = d.comment_id AND c.revision = d.revision"
            " WHERE d.comment_id = ANY(%s) AND d.actor_kind = 'machine' ORDER BY d.comment_id, d.at DESC",
            [list(comment_ids)],
        )
        return {comment: score for comment, score in cursor.fetchall() if score is not None}


def article_heat(*, now: datetime) -> dict[UUID, int]:
    """Comments of the last hour by article: how many readers a decision reaches."""
    rows = (
        Comment.objects.filter(created_at__gt=now - HOT_WINDOW)
        .values_list("article_id")
        .annotate(number=Count("pk"))
    )
    return dict(rows)


def by_urgency(
    rows: Sequence[Ranked], *, heat: Mapping[UUID, int], now: datetime, drawn_on: date
) -> list[UUID]:
    """Ids by risk × reach × age, highest first and threats before all others, with every eighth place by lot.

    The lot of a comment stays the same all day, so that the order does not jump while one works.
    """

    def urgency(row: Ranked) -> float:
        hours = max((now - row.since).total_seconds(), 0.0) / 3600
        return row.risk * (1 + heat.get(row.article_id, 0)) * (1 + hours)

    lots = {
        row.pk: hashlib.blake2b(row.pk.bytes, digest_size=8, salt=drawn_on.isoformat().encode()).digest()
        for row in rows
        if not row.threatens
    }
    drawn = sorted((pk for pk, lot in lots.items() if lot[0] % RANDOM_EVERY == 0), key=lots.__getitem__)
    in_lot = set(drawn)
    order: list[UUID] = []
    for row in sorted(rows, key=lambda row: (not row.threatens, -urgency(row), row.pk)):
        if row.pk in in_lot:
            continue
        order.append(row.pk)
        if drawn and len(order) % RANDOM_EVERY == RANDOM_EVERY - 1:
            order.append(drawn.pop(0))
    return order + drawn
