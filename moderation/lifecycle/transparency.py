"""The month in numbers for everybody: decisions by ground, the machine's share and errors, time to decide.

Everything comes from rows that are kept. Judgements of the audit sample, and answers to notices and appeals,
arrive later, so a report says until when they are counted; with the same moment the same numbers come again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from comments.models import Comment
from moderation.lifecycle.models import AuditSample
from moderation.lifecycle.objections import (
    REFUSALS,
    Appeals,
    Notices,
    Reversals,
    appeals_in,
    notices_in,
    reversals_in,
)
from moderation.lifecycle.selectors import Errors, errors_of, judged_samples
from moderation.lifecycle.statistics import Share
from moderation.models import Decision, ReasonCode
from moderation.services import UNDO_WINDOW

COLUMNS = ("month", "part", "indicator", "n", "of", "value", "low", "high")
_SECONDS_TO_DECIDE = """
SELECT actor_kind, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY took) FROM (
    SELECT DISTINCT ON (d.comment_id, d.revision, d.actor_kind) d.actor_kind,
        extract(epoch FROM d.at - CASE WHEN d.revision = 1 THEN c.created_at
            ELSE coalesce(r.created_at, c.edited_at, c.created_at) END)::float8 AS took
    FROM moderation_decision d
    JOIN comments_comment c ON c.id = d.comment_id
    LEFT JOIN comments_commentrevision r ON r.comment_id = d.comment_id AND r.revision = d.revision
    WHERE d.at >= %s AND d.at < %s AND d.actor_kind IN ('machine', 'person') AND d.outcome <> 'pending'
        AND (%s OR NOT (d.demo OR c.demo))
    ORDER BY d.comment_id, d.revision, d.actor_kind, d.at
) AS first GROUP BY actor_kind
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """Refusals and take-downs for one reason, by who decided."""

    code: str
    label: str
    machine: int = 0
    person: int = 0
    system: int = 0

    @property
    def total(self) -> int:
        return self.machine + self.person + self.system


@dataclass(frozen=True, slots=True)
class Median:
    """Seconds from sending a text to the first decision about it."""

    count: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One calendar month in the title's zone; ``judged_until`` bounds what arrives later."""

    month: date
    judged_until: datetime
    sent: int
    published_by_machine: int
    published_by_people: int
    grounds: tuple[Ground, ...]
    errors: Errors
    medians: Mapping[str, Median]
    notices: tuple[Notices, ...]
    appeals: Appeals
    reversals: Reversals

    @property
    def noticed(self) -> int:
        return sum(one.received for one in self.notices)

    @property
    def refused(self) -> int:
        return sum(ground.total for ground in self.grounds)

    @property
    def automated(self) -> Share:
        """Of refusals and take-downs: decided by the machine alone."""
        return Share(sum(ground.machine for ground in self.grounds), self.refused)

    @property
    def automated_of_all(self) -> Share:
        """Of all publishing and refusing: decided by the machine alone."""
        machine = self.automated.hits + self.published_by_machine
        return Share(machine, self.refused + self.published_by_machine + self.published_by_people)

    @property
    def shares(self) -> list[tuple[str, str, Share]]:
        return [
            ("automated_refusals", "Refused or taken down by the machine alone", self.automated),
            ("automated_decisions", "Decided by the machine alone, of everything", self.automated_of_all),
            ("precision", "Precision: breaks the rules, of what the machine refused", self.errors.precision),
            ("wrongly_published", "Breaks the rules, of what it published", self.errors.bad_among_published),
            ("missed", "Published, of what breaks the rules", self.errors.miss_rate),
            ("wrongly_refused", "Refused, of what breaks none", self.errors.false_positive_share),
            ("appeals_reversed", "Published after all, of the appeals decided", self.appeals.reversal_rate),
        ]


def report_of(month: date, *, zone: tzinfo, judged_until: datetime) -> Report:
    """The numbers of the month that begins on this day, in eight queries."""
    start, end = bounds(month, zone=zone)
    decided = decided_in(start, end)
    rows = decided.values_list("outcome", "actor_kind", "reason_code").annotate(number=Count("pk"))
    published = {"machine": 0, "person": 0}
    refused: dict[str, dict[str, int]] = {}
    for outcome, actor, reason, number in rows.order_by():
        if outcome == Decision.Outcome.PUBLISHED:
            published[actor] = published.get(actor, 0) + number
        elif actor in {"machine", "person", "system"}:
            by_actor = refused.setdefault(reason, {})
            by_actor[actor] = by_actor.get(actor, 0) + number
    grounds = [Ground(code, _label(code), **by_actor) for code, by_actor in refused.items()]
    sent = Comment.objects.filter(created_at__gte=start, created_at__lt=end)
    return Report(
        month=month,
        judged_until=judged_until,
        sent=(sent if settings.DEMO else sent.filter(demo=False)).count(),
        published_by_machine=published["machine"],
        published_by_people=published["person"],
        grounds=tuple(sorted(grounds, key=lambda ground: (-ground.total, ground.code))),
        errors=errors_of(_judged(start, end, judged_until), name=f"{month:%B %Y}"),
        medians=_medians(start, end),
        notices=notices_in(start, end, until=judged_until),
        appeals=appeals_in(start, end, until=judged_until),
        reversals=reversals_in(decided),
    )


def bounds(month: date, *, zone: tzinfo) -> tuple[datetime, datetime]:
    start = datetime(month.year, month.month, 1, tzinfo=zone)
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return start, datetime(following.year, following.month, 1, tzinfo=zone)


def decided_in(start: datetime, end: datetime) -> QuerySet[Decision]:
    """Publishing and refusing in this time, but for what was taken back within its minute."""
    taken_back = Decision.objects.filter(
        comment_id=OuterRef("comment_id"),
        revision=OuterRef("revision"),
        reason_code=ReasonCode.UNDONE,
        actor_id=OuterRef("actor_id"),
        at__gt=OuterRef("at"),
        at__lte=OuterRef("at") + UNDO_WINDOW,
    )
    found = Decision.objects.filter(at__gte=start, at__lt=end).exclude(reason_code=ReasonCode.UNDONE)
    found = found.filter(outcome__in=[Decision.Outcome.PUBLISHED, *REFUSALS]).exclude(Exists(taken_back))
    return found if settings.DEMO else found.filter(demo=False, comment__demo=False)


def _judged(start: datetime, end: datetime, until: datetime) -> QuerySet[AuditSample]:
    return judged_samples().filter(
        Q(decision__at__gte=start, decision__at__lt=end),
        reviewed_at__lte=until,
        revision=F("decision__revision"),
    )


def _medians(start: datetime, end: datetime) -> dict[str, Median]:
    with connection.cursor() as cursor:
        cursor.execute(_SECONDS_TO_DECIDE, [start, end, settings.DEMO])
        found = {kind: Median(count, median) for kind, count, median in cursor.fetchall()}
    return {"machine": Median(), "person": Median()} | found


def _label(code: str) -> str:
    return str(ReasonCode(code).label) if code in ReasonCode.values else code


def csv_rows(report: Report) -> Iterator[tuple[str, ...]]:
    """Everything on the page, one number a row, shares with n, of and their 95 % interval."""
    month = f"{report.month:%Y-%m}"
    yield COLUMNS
    yield month, "as of", "judged_until", "", "", report.judged_until.isoformat(), "", ""
    for name in ("sent", "published_by_machine", "published_by_people", "refused"):
        yield month, "comments", name, "", "", str(getattr(report, name)), "", ""
    for ground in report.grounds:
        for actor in ("machine", "person", "system"):
            number = str(getattr(ground, actor))
            yield month, "refusals by ground", f"{ground.code or 'none'}/{actor}", "", "", number, "", ""
    for key, _, share in report.shares:
        low, high = share.interval
        value = "" if share.rate is None else f"{share.rate:.6f}"
        yield month, "shares", key, str(share.hits), str(share.of), value, f"{low:.6f}", f"{high:.6f}"
    for actor, median in sorted(report.medians.items()):
        number = str(median.count)
        yield month, "median seconds to decide", actor, number, "", _seconds(median.seconds), "", ""
    for notices in report.notices:
        for name in ("received", "comments", "upheld", "dismissed", "moot", "open"):
            number = str(getattr(notices, name))
            yield month, "notices by reason", f"{notices.reason}/{name}", "", "", number, "", ""
        number, took = str(notices.upheld + notices.dismissed), _seconds(notices.median_s)
        yield month, "median seconds to settle a notice", notices.reason, number, "", took, "", ""
    appeals = report.appeals
    for name in ("received", "upheld", "reversed", "moot", "open"):
        yield month, "appeals", name, "", "", str(getattr(appeals, name)), "", ""
    answered = str(appeals.upheld + appeals.reversed)
    yield month, "median seconds to answer", "appeals", answered, "", _seconds(appeals.median_s), "", ""
    for name in ("of_machine", "of_people", "on_appeal"):
        yield month, "reversals", name, "", "", str(getattr(report.reversals, name)), "", ""


def _seconds(found: float | None) -> str:
    return "" if found is None else f"{found:.3f}"
