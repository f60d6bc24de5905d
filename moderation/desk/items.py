"""Everything that the desk shows about a comment, gathered for a whole page in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q

from comments.models import Comment, CommentRevision, Mailbox
from moderation.appeals.selectors import with_open_appeals
from moderation.desk import words
from moderation.desk.claims import Holder, holders, open_escalations
from moderation.desk.clusters import NONE_ALIKE, Alike, Waiting
from moderation.desk.marking import Segment, marks_of, segments
from moderation.desk.models import Escalation
from moderation.desk.reports import Reported, open_reports
from moderation.models import Decision, ReasonCode
from moderation.services import UNDO_LEADS_TO, UNDO_WINDOW, is_undoable
from newsroom.audit.models import AuditEntry

# From which score a text is blurred until it is asked for. Plain rudeness is daily work; spam never hurts.
HARSH_FROM = {"severe_toxicity": 0.5, "threat": 0.5, "identity_attack": 0.5, "obscene": 0.5, "toxicity": 0.98}


@dataclass(frozen=True, slots=True)
class Score:
    """One label's probability between its thresholds, all three also as places on a line of 100."""

    label: str
    value: float
    hold: float | None
    reject: float | None

    @property
    def name(self) -> str:
        return words.LABELS.get(self.label, self.label)

    @property
    def reached(self) -> str:
        if self.reject is not None and self.value >= self.reject:
            return "reject"
        return "hold" if self.hold is not None and self.value >= self.hold else ""

    @property
    def shown(self) -> str:
        return words.percent(self.value)

    @property
    def hold_shown(self) -> str:
        """Empty where no score could ever reach it, or there is none."""
        return "" if self.hold is None or self.hold >= 1.0 else words.percent(self.hold)

    @property
    def reject_shown(self) -> str:
        """Empty where no score could ever reach it."""
        return "" if self.reject is None or self.reject >= 1.0 else words.percent(self.reject)

    @property
    def at(self) -> str:
        return f"{self.value * 100:.1f}"

    @property
    def hold_at(self) -> str:
        return f"{(self.hold or 0) * 100:.1f}"

    @property
    def reject_at(self) -> str:
        return f"{(self.reject or 0) * 100:.1f}"


@dataclass(frozen=True, slots=True)
class Author:
    """What became of the comments of one mailbox; never its address."""

    pk: UUID
    key: str
    published: int = 0
    held: int = 0
    rejected: int = 0
    total: int = 0
    first_at: datetime | None = None
    is_verified: bool = False
    is_trusted: bool = False
    is_blocked: bool = False
    is_premoderated: bool = False

    @property
    def decided(self) -> int:
        return self.published + self.rejected

    @property
    def rejected_share(self) -> str:
        return words.percent(self.rejected / self.decided) if self.decided else ""


@dataclass(frozen=True, slots=True)
class Item:
    """One comment on the desk.

    ``current`` is the decision that holds, ``judged`` the machine's last one on this text.
    """

    comment: Comment
    current: Decision | None
    judged: Decision | None
    name: Sequence[Segment]
    body: Sequence[Segment]
    scores: Sequence[Score]
    evidence: Sequence[str]
    author: Author
    reason: str
    waiting_since: datetime
    alike: Alike = NONE_ALIKE
    holder: Holder | None = None  # a colleague who has it in hand
    escalation: Escalation | None = None
    is_blurred: bool = False
    is_appealed: bool = False
    reports: Sequence[Reported] = ()  # open ones, notices of illegal content first

    @property
    def pk(self) -> UUID:
        return self.comment.pk

    @property
    def seen(self) -> str:
        """What the editor's screen shows, in one field of a form: id, revision and decision."""
        return f"{self.comment.pk}:{self.comment.revision}:{self.comment.decision_id or ''}"

    @property
    def reached_scores(self) -> list[Score]:
        return [score for score in self.scores if score.reached]

    @property
    def other_scores(self) -> list[Score]:
        return [score for score in self.scores if not score.reached]

    @property
    def language(self) -> str:
        return self.judged.language if self.judged else ""

    @property
    def can_publish(self) -> bool:
        return self.comment.status in {"pending", "held", "rejected", "removed"} and not self.is_appealed

    @property
    def can_reject(self) -> bool:
        return self.comment.status in {"pending", "held"}

    @property
    def can_remove(self) -> bool:
        return self.comment.status == Comment.Status.PUBLISHED

    @property
    def can_hold(self) -> bool:
        """Take back to the queue: what readers see now and perhaps should not."""
        return self.comment.status == Comment.Status.PUBLISHED

    @property
    def can_dismiss(self) -> bool:
        """Let it stand although it was reported; what is hidden is approved instead."""
        return bool(self.reports) and self.comment.status == Comment.Status.PUBLISHED

    @property
    def can_check_again(self) -> bool:
        return self.comment.held_by in {Comment.HeldBy.RULE, Comment.HeldBy.DETECTOR}

    @property
    def is_text_gone(self) -> bool:
        return self.comment.status == Comment.Status.ERASED

    def undo_seconds(self, *, user_id: int, now: datetime) -> int:
        """For how long this user may still take the present decision back; 0 if not at all."""
        last = self.current
        if last is None or not is_undoable(last, user_id=user_id, at=now):
            return 0
        return max(0, int((UNDO_WINDOW - (now - last.at)).total_seconds()))


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a comment's history."""

    at: datetime
    kind: str  # revision, decision, audit
    revision: CommentRevision | None = None
    name: Sequence[Segment] = ()
    body: Sequence[Segment] = ()
    decision: Decision | None = None
    evidence: Sequence[str] = ()
    scores: Sequence[Score] = ()
    entry: AuditEntry | None = None
    policies: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom items are gathered."""

    user_id: int
    blur: bool = True
    scope: tuple[UUID, ...] = ()


def items(comment_ids: Sequence[UUID], *, viewer: Viewer) -> list[Item]:
    """The items of these comments in this order, in ten queries."""
    found = Comment.objects.filter(pk__in=comment_ids).select_related(
        "article__section", "article__site", "parent", "private__mailbox"
    )
    comments = {comment.pk: comment for comment in found.defer("private__mailbox__address_ciphertext")}
    decisions: dict[UUID, list[Decision]] = defaultdict(list)
    rows = Decision.objects.filter(comment_id__in=comment_ids).select_related("actor").order_by("at", "pk")
    for decision in rows:
        decisions[decision.comment_id].append(decision)
    authors = authors_of([comment.private.mailbox for comment in comments.values()])
    alike = Waiting.load(scope=viewer.scope, around=comment_ids).alike(comment_ids)
    in_hand, asked = holders(comment_ids), open_escalations(comment_ids)
    reported, appealed = open_reports(comment_ids), with_open_appeals(comment_ids)
    found_items = []
    for pk in comment_ids:
        if pk not in comments:
            continue
        one = _item(comments[pk], decisions[pk], authors[comments[pk].private.mailbox_id])
        holder = in_hand.get(pk)
        found_items.append(
            replace(
                one,
                alike=alike.get(pk, NONE_ALIKE),
                holder=holder if holder and holder.user_id != viewer.user_id else None,
                escalation=asked.get(pk),
                is_blurred=viewer.blur and is_harsh(one.scores),
                reports=reported.get(pk, ()),
                is_appealed=pk in appealed,
            )
        )
    return found_items


def item(comment_id: UUID, *, viewer: Viewer) -> Item | None:
    return next(iter(items([comment_id], viewer=viewer)), None)


def is_harsh(scores: Iterable[Score]) -> bool:
    """Whether a text is one that not everybody wants to meet unprepared at seven in the morning."""
    return reads_harsh({score.label: score.value for score in scores})


def reads_harsh(scores: Mapping[str, float]) -> bool:
    return any(scores.get(label, 0.0) >= least for label, least in HARSH_FROM.items())


def _item(comment: Comment, decisions: Sequence[Decision], author: Author) -> Item:
    current = next((decision for decision in decisions if decision.pk == comment.decision_id), None)
    judged = _judged(decisions, revision=comment.revision)
    findings = judged.findings if judged else []
    scores = scores_of(judged)
    return Item(
        comment=comment,
        current=current,
        judged=judged,
        name=segments(comment.name, marks_of(findings, where="name", names=words.MARKS)),
        body=segments(comment.body, marks_of(findings, where="body", names=words.MARKS)),
        scores=scores,
        evidence=evidence_of(findings),
        author=author,
        reason=words.likeliest_reason(
            held_for=judged.reason_code if judged else comment.reason_code,
            worst_label=next((score.label for score in scores if score.reached), ""),
        ),
        waiting_since=comment.edited_at or comment.created_at,
    )


def _judged(decisions: Iterable[Decision], *, revision: int) -> Decision | None:
    """The last decision on a text that tells why: not a person's, one with findings if there is one."""
    told = [
        d for d in decisions if d.revision == revision and d.actor_kind != "person" and d.outcome != "pending"
    ]
    with_findings = [d for d in told if d.findings or d.scores]
    return next(reversed(with_findings or told), None)


def evidence_of(findings: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the rules found, as sentences. Scores are drawn, and the address is told with its author."""
    told = [finding for finding in findings if not finding["code"].startswith("score:")]
    return [words.finding_sentence(finding) for finding in told if finding["code"] != "unverified_address"]


def scores_of(decision: Decision | None) -> list[Score]:
    """All labels, those nearest to or furthest past their thresholds first."""
    if decision is None or not decision.scores:
        return []
    cuts = decision.policy.get("thresholds", {})
    scores = [
        Score(label, value, cuts.get(label, {}).get("hold"), cuts.get(label, {}).get("reject"))
        for label, value in decision.scores.items()
    ]
    return sorted(scores, key=lambda score: -score.value / (score.hold or 1.0))


def authors_of(mailboxes: Sequence[Mailbox]) -> dict[UUID, Author]:
    """The history of each mailbox, in one query."""
    refused = [Comment.Status.REJECTED, Comment.Status.REMOVED]
    counts = {
        row["private__mailbox_id"]: row
        for row in Comment.objects.filter(private__mailbox__in=[mailbox.pk for mailbox in mailboxes])
        .values("private__mailbox_id")
        .annotate(
            published=Count("pk", filter=Q(status=Comment.Status.PUBLISHED)),
            held=Count("pk", filter=Q(status__in=[Comment.Status.HELD, Comment.Status.PENDING])),
            rejected=Count("pk", filter=Q(status__in=refused) & ~Q(reason_code=ReasonCode.NOT_REVIEWED)),
            total=Count("pk"),
            first_at=Min("created_at"),
        )
    }
    return {mailbox.pk: author_of(mailbox, counts.get(mailbox.pk, {})) for mailbox in mailboxes}


def author_of(mailbox: Mailbox, counts: Mapping[str, Any]) -> Author:
    return Author(
        pk=mailbox.pk,
        key=author_key(mailbox),
        published=counts.get("published", 0),
        held=counts.get("held", 0),
        rejected=counts.get("rejected", 0),
        total=counts.get("total", 0),
        first_at=counts.get("first_at"),
        is_verified=mailbox.verified_at is not None,
        is_trusted=mailbox.trusted,
        is_blocked=mailbox.blocked,
        is_premoderated=mailbox.premoderated,
    )


def author_key(mailbox: Mailbox) -> str:
    """A short name for a mailbox: the start of its keyed hash, from which no address can be told."""
    return bytes(mailbox.address_hash)[:4].hex()


def just_decided(*, user: Any, now: datetime) -> list[Decision]:
    """This user's decisions that can still be taken back, newest first."""
    mine = Decision.objects.filter(
        actor=user,
        at__gt=now - UNDO_WINDOW,
        outcome__in=UNDO_LEADS_TO,
    ).exclude(reason_code=ReasonCode.UNDONE)
    rows = mine.select_related("comment").order_by("-at")
    return [decision for decision in rows if decision.comment.decision_id == decision.pk]


def history(comment: Comment) -> list[Told]:
    """All that happened to a comment, oldest first, in three queries."""
    rows = (
        Decision.objects.filter(comment=comment).select_related("actor", "model_version").order_by("at", "pk")
    )
    decisions = list(rows.defer("model_version__artifact", "model_version__manifest"))
    told = [
        _told_revision(revision, decisions) for revision in CommentRevision.objects.filter(comment=comment)
    ]
    told += [_told_decision(decision) for decision in decisions]
    entries = AuditEntry.objects.filter(object_type="comment", object_id=str(comment.pk))
    told += [Told(entry.at, "audit", entry=entry) for entry in entries.select_related("actor")]
    return sorted(told, key=lambda line: (line.at, ("revision", "decision", "audit").index(line.kind)))


def _told_revision(revision: CommentRevision, decisions: Sequence[Decision]) -> Told:
    judged = _judged(decisions, revision=revision.revision)
    findings = judged.findings if judged else []
    return Told(
        revision.created_at,
        "revision",
        revision=revision,
        name=segments(revision.name, marks_of(findings, where="name", names=words.MARKS)),
        body=segments(revision.body, marks_of(findings, where="body", names=words.MARKS)),
    )


def _told_decision(decision: Decision) -> Told:
    return Told(
        decision.at,
        "decision",
        decision=decision,
        evidence=evidence_of(decision.findings),
        scores=scores_of(decision),
        policies=decision.policy.get("versions", {}),
    )
