"""Judging comments and deciding about them, by machine and by people. The only writer of decisions."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from comments.leases import Lease, claim_for_moderation, claim_waiting, release_after_timeout
from comments.models import Comment, CommentPrivate
from comments.services import (
    StaleDecision,
    Verdict,
    apply_decision,
    lock_comment,
)
from moderation import faults, heat, rules
from moderation.detector import labels_reached, language_findings, probabilities, score_finding
from moderation.engine import ActiveModel, ModelUnavailable, engine
from moderation.models import Decision, Heartbeat, ReasonCode
from moderation.policy import Finding, Outcome, ResolvedPolicy, decide
from moderation.selectors import resolved_policy
from moderation.signals import comment_judged, decision_made
from newsroom import metrics
from newsroom.audit.services import record
from newsroom.errors import DomainError
from newsroom.inserts import insert

logger = logging.getLogger("moderation")

MAX_ATTEMPTS = 5
ONE_PER_ROUND = "one_machine_decision_per_round"
RETRY_AFTER = timedelta(seconds=5)
TAKES_ALONG_S = 1.0  # Far below the soft time limit, which counts from the first comment on.
UNDO_WINDOW = timedelta(seconds=60)
PROBE = "The council meets on Tuesday evening about the buses."  # scored to see that a model scores

PERSON_MAY = {
    Decision.Outcome.PUBLISHED: ("pending", "held", "rejected", "removed"),
    Decision.Outcome.REJECTED: ("pending", "held"),
    Decision.Outcome.HELD: ("pending", "published"),
    Decision.Outcome.REMOVED: ("published",),
}

Finder = Callable[[Comment, CommentPrivate, ResolvedPolicy], list[Finding]]

UNDO_LEADS_TO = {
    Decision.Outcome.PUBLISHED: Decision.Outcome.HELD,
    Decision.Outcome.REJECTED: Decision.Outcome.HELD,
    Decision.Outcome.REMOVED: Decision.Outcome.PUBLISHED,
    Decision.Outcome.HELD: Decision.Outcome.PUBLISHED,
}


class UndoTooLate(DomainError):
    code = "undo_too_late"
    status = 409
    title = "Only one's own last decision can be undone, within 60 seconds"


class NotCheckable(DomainError):
    code = "not_checkable"
    status = 409
    title = "Only comments held by a rule or a detector can be checked again"


class ReasonMissing(DomainError):
    code = "reason_missing"
    status = 400
    title = "Give a reason for refusing a comment"


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that was found about one text, what it scored, and what follows."""

    findings: tuple[Finding, ...]
    scores: Mapping[str, float]
    language: str
    outcome: Outcome
    policy: ResolvedPolicy
    model: ActiveModel | None


# --- by machine ----------------------------------------------------------------------------------------
def moderate_comment(comment_id: UUID, *, token: UUID | None = None) -> Decision | None:
    """Judge one pending comment and act on it. Safe to run twice and side by side.

    Returns the decision, or None if the comment is not pending, another process holds its lease, or it
    changed while it was judged (then nothing of this judgement is kept).
    """
    lease = claim_for_moderation(comment_id, token=token)
    return _moderate(lease) if lease is not None else None


def moderate_with_waiting(comment_id: UUID) -> int:
    """Judge one comment and then, for up to a second, others that wait longer than they should; how many.

    Each has a lease, a judgement and a transaction of its own, and is leased only when it is its turn: one
    that breaks who judges it costs no other an attempt.
    """
    ends, judged = time.monotonic() + TAKES_ALONG_S, 0
    # If this one was taken along by another's task, others may have to be.
    lease = claim_for_moderation(comment_id) or claim_waiting()
    while lease is not None:
        _moderate(lease)
        judged += 1
        if not lease.is_another_waiting or time.monotonic() >= ends:
            break
        lease = claim_waiting()
    return judged


def _moderate(lease: Lease) -> Decision | None:
    started = time.perf_counter()
    if lease.attempts >= MAX_ATTEMPTS:
        return _write(lease, _exhausted(), actor_kind=Decision.ActorKind.SYSTEM, took_ms=0.0)
    comment = lease.comment
    try:
        judgement = judge(comment)
    except SoftTimeLimitExceeded:
        release_after_timeout(lease.comment_id, lease.token, retry_after=RETRY_AFTER)
        raise
    took_s = time.perf_counter() - started
    metrics.MODERATION_SECONDS.observe(took_s)
    decision = _write(
        lease, judgement, actor_kind=Decision.ActorKind.MACHINE, took_ms=took_s * 1000, comment=comment
    )
    if decision is not None:
        comment_judged.send_robust(sender=Decision, decision=decision, comment=comment, judgement=judgement)
    return decision


def judge(comment: Comment, *, find: Finder = rules.rule_findings) -> Judgement:
    """Collect all findings about a comment's text, then let the policy decide. Writes nothing.

    A classifier that is missing, raises, or answers nonsense makes the outcome *held by failure*. The comment
    need not be stored: a port judges other people's texts as unsaved rows.

    Args:
        find: the rules; a port adds what it alone knows.
    """
    faults.provoke(comment.body)
    model, detected = _active_model()
    policy = resolved_policy(comment.article, manifest=model.classifier.manifest if model else None)
    scores: dict[str, float] = {}
    supported: dict[str, bool] = {}
    language = ""
    if model is not None:
        try:
            scores, supported, language, detected = _classify(model, comment, policy)
        except (SoftTimeLimitExceeded, DatabaseError):
            raise
        except Exception as error:  # Whatever a model raises, a text without scores is held, never published.
            logger.exception("the classifier failed on comment %s", comment.pk)
            detected = [Finding("model_unavailable", data={"error": type(error).__name__})]
    findings = (*find(comment, comment.private, policy), *detected)
    outcome = decide(findings=findings, scores=scores or None, supported=supported, policy=policy)
    return Judgement(findings, scores, language, outcome, policy, model)


def _active_model() -> tuple[ActiveModel | None, list[Finding]]:
    try:
        return engine.active(), []
    except ModelUnavailable as error:
        logger.error("no classifier: %s", error)
        return None, [Finding("model_unavailable")]


def _classify(
    model: ActiveModel, comment: Comment, policy: ResolvedPolicy
) -> tuple[dict[str, float], dict[str, bool], str, list[Finding]]:
    """Scores, which labels are supported, the language, and a finding per label that reached *hold*."""
    result = model.classifier.score([comment.body])[0]
    scores = probabilities(result.values)
    found = language_findings(result.language)
    for label in labels_reached(scores, policy):
        found.append(
            score_finding(model.classifier, comment.body, label, scores[label], version=model.digest[:12])
        )
    return scores, result.supported, result.language.code, found


def _exhausted() -> Judgement:
    outcome = Outcome("held", "failure", ReasonCode.ATTEMPTS_EXHAUSTED)
    return Judgement(
        (Finding("attempts_exhausted", value=MAX_ATTEMPTS),),
        {},
        "",
        outcome,
        ResolvedPolicy(thresholds={}),
        None,
    )


def _write(
    lease: Lease, judgement: Judgement, *, actor_kind: str, took_ms: float, comment: Comment | None = None
) -> Decision | None:
    """Decision, state and audit in one transaction; None if the comment was no longer ours to decide."""
    outcome = judgement.outcome
    try:
        with transaction.atomic():
            decision = Decision(
                comment_id=lease.comment_id,
                revision=lease.revision,
                round=lease.round,
                actor_kind=actor_kind,
                outcome=outcome.status,
                held_by=outcome.held_by,
                reason_code=outcome.reason_code,
                findings=[finding.as_json() for finding in judgement.findings],
                scores={label: round(score, 9) for label, score in judgement.scores.items()},
                language=judgement.language,
                model_version_id=judgement.model.version_id if judgement.model else None,
                policy=judgement.policy.as_json(),
                took_ms=round(took_ms, 2),
            )
            insert(decision)
            _apply(decision, lease_token=lease.token, allowed_from=(Comment.Status.PENDING,))
            if comment is not None:
                rules.store_sketch(comment)
    except StaleDecision:
        return None
    except IntegrityError as error:
        if ONE_PER_ROUND not in str(error):
            raise
        return None  # The lease ran out meanwhile, and who took it over has decided.
    return decision


def _apply(decision: Decision, *, allowed_from: Collection[str], lease_token: UUID | None = None) -> None:
    """Move the comment and write the audit row, inside the transaction that wrote the decision."""
    verdict = Verdict(
        decision_id=decision.pk,
        status=decision.outcome,
        revision=decision.revision,
        held_by=decision.held_by,
        reason_code=decision.reason_code,
        lease_token=lease_token,
    )
    apply_decision(
        comment_id=decision.comment_id, verdict=verdict, allowed_from=allowed_from, at=timezone.now()
    )
    heat.note_decision(decision)
    record(
        action=f"comment.{decision.outcome}",
        object_type="comment",
        object_id=decision.comment_id,
        actor_kind=decision.actor_kind,
        actor=decision.actor,
        reason=decision.reason_code,
        data={"decision": str(decision.pk), "revision": decision.revision, "round": decision.round},
    )
    decision_made.send(sender=Decision, decision=decision)
    metrics.DECISIONS.labels(decision.actor_kind, decision.outcome, decision.held_by).inc()


# --- by people -----------------------------------------------------------------------------------------
@transaction.atomic
def decide_by_person(
    *,
    comment_id: UUID,
    actor: Any,
    outcome: str,
    seen_revision: int,
    seen_decision_id: UUID | None = None,
    reason_code: str = "",
    note: str = "",
    is_bulk: bool = False,
) -> Decision:
    """An editor's decision about exactly the text that was shown. A person wins over a running machine.

    Args:
        seen_revision: the revision on the editor's screen.
        seen_decision_id: the decision that held when it was shown; another one since then refuses. Without
            it a colleague's decision is never overruled.

    Raises:
        StaleDecision: the text changed, or somebody else decided, since it was shown.
        ReasonMissing: refusing, taking down or holding again without a reason code.
    """
    comment = lock_comment(comment_id)
    is_hold_again = outcome == Decision.Outcome.HELD and comment.status == Comment.Status.PUBLISHED
    refuses = is_hold_again or outcome in {Decision.Outcome.REJECTED, Decision.Outcome.REMOVED}
    if refuses and not reason_code:
        raise ReasonMissing
    if comment.revision != seen_revision:
        raise StaleDecision
    if seen_decision_id is None:
        _refuse_unseen_overruling(comment, actor=actor)
    elif comment.decision_id != seen_decision_id:
        raise StaleDecision
    decision = _decision_of(
        comment,
        actor_kind=Decision.ActorKind.PERSON,
        actor=actor,
        outcome=outcome,
        held_by=Comment.HeldBy.PERSON if outcome == Decision.Outcome.HELD else "",
        reason_code=reason_code,
        note=note,
        is_bulk=is_bulk,
    )
    _apply(decision, allowed_from=PERSON_MAY[Decision.Outcome(outcome)])
    return decision


def _refuse_unseen_overruling(comment: Comment, *, actor: Any) -> None:
    """
    Raises:
        StaleDecision: another person's decision about this text holds, which the caller did not see.
    """
    if comment.decision_id is None:
        return
    last = Decision.objects.filter(pk=comment.decision_id).select_related("actor").first()
    if last is not None and last.actor is not None and last.actor_id != actor.pk:
        raise StaleDecision(f"{last.actor.get_username()} has decided about this comment meanwhile.")


@transaction.atomic
def undo_decision(*, comment_id: UUID, actor: Any) -> Decision:
    """Take back one's own decision of the last 60 seconds.

    What was approved or rejected is held again; what was taken down or held again is published again.

    Raises:
        UndoTooLate: somebody else's decision, an older one, or one that cannot be undone.
    """
    comment = lock_comment(comment_id)
    last = Decision.objects.filter(pk=comment.decision_id).first() if comment.decision_id else None
    if last is None or not is_undoable(last, user_id=actor.pk, at=timezone.now()):
        raise UndoTooLate
    restored = UNDO_LEADS_TO[Decision.Outcome(last.outcome)]
    if last.outcome == Decision.Outcome.HELD and not _was_published(last):
        raise UndoTooLate
    decision = _decision_of(
        comment,
        actor_kind=Decision.ActorKind.PERSON,
        actor=actor,
        outcome=restored,
        held_by=Comment.HeldBy.PERSON if restored == Decision.Outcome.HELD else "",
        reason_code=ReasonCode.UNDONE,
    )
    _apply(decision, allowed_from=(comment.status,))
    return decision


def is_undoable(decision: Decision, *, user_id: int, at: datetime) -> bool:
    """Whether this user may still take this decision back, as far as the decision itself tells."""
    return (
        decision.actor_id == user_id
        and decision.outcome in UNDO_LEADS_TO
        and decision.reason_code != ReasonCode.UNDONE
        and at - decision.at <= UNDO_WINDOW
    )


def _was_published(decision: Decision) -> bool:
    """Whether the text was published before this decision."""
    earlier = Decision.objects.filter(comment_id=decision.comment_id, revision=decision.revision)
    before = earlier.filter(at__lt=decision.at).order_by("-at", "-pk").first()
    return before is not None and before.outcome == Decision.Outcome.PUBLISHED


@transaction.atomic
def check_again(*, comment_id: UUID, actor: Any) -> Decision:
    """Send a comment held by a rule or detector through the machine again (a new round).

    Raises:
        NotCheckable: it is not held by a rule or a detector.
    """
    comment = lock_comment(comment_id)
    if comment.held_by not in {Comment.HeldBy.RULE, Comment.HeldBy.DETECTOR}:
        raise NotCheckable
    decision = _decision_of(
        comment, actor_kind=Decision.ActorKind.PERSON, actor=actor, outcome=Decision.Outcome.PENDING
    )
    _apply(decision, allowed_from=(Comment.Status.HELD,))
    return decision


@transaction.atomic
def recheck_after_failure(*, comment_id: UUID) -> Decision | None:
    """Send a comment held by failure through the machine again, once, now that the part is healthy.

    None if it no longer qualifies: a person acted, it was tried again before, or its attempts were exhausted.
    """
    comment = lock_comment(comment_id)
    if comment.status != Comment.Status.HELD or comment.held_by != Comment.HeldBy.FAILURE:
        return None
    if comment.reason_code == ReasonCode.ATTEMPTS_EXHAUSTED:
        return None
    if Decision.objects.filter(comment=comment).exclude(actor_kind__in=["machine", "import"]).exists():
        return None
    decision = _decision_of(comment, actor_kind=Decision.ActorKind.SYSTEM, outcome=Decision.Outcome.PENDING)
    _apply(decision, allowed_from=(Comment.Status.HELD,))
    return decision


@transaction.atomic
def hold_reported(*, comment_id: UUID) -> Decision | None:
    """Hide what enough readers reported until a person decides; None if it is not published."""
    comment = lock_comment(comment_id)
    if comment.status != Comment.Status.PUBLISHED:
        return None
    decision = _decision_of(
        comment,
        actor_kind=Decision.ActorKind.SYSTEM,
        outcome=Decision.Outcome.HELD,
        held_by=Comment.HeldBy.REPORT,
        reason_code=ReasonCode.REPORTED,
    )
    _apply(decision, allowed_from=(Comment.Status.PUBLISHED,))
    return decision


@transaction.atomic
def end_hold(*, comment_id: UUID, seen_decision_id: UUID) -> Decision | None:
    """End a hold that nobody reviewed in time: not shown, not judged. None if it was decided meanwhile."""
    comment = lock_comment(comment_id)
    if comment.status != Comment.Status.HELD or comment.decision_id != seen_decision_id:
        return None
    decision = _decision_of(
        comment,
        actor_kind=Decision.ActorKind.SYSTEM,
        outcome=Decision.Outcome.REJECTED,
        reason_code=ReasonCode.NOT_REVIEWED,
    )
    _apply(decision, allowed_from=(Comment.Status.HELD,))
    return decision


def _decision_of(
    comment: Comment, *, actor_kind: str, outcome: str, actor: Any = None, **fields: Any
) -> Decision:
    return Decision.objects.create(
        comment=comment,
        revision=comment.revision,
        round=comment.round,
        actor_kind=actor_kind,
        actor=actor,
        outcome=outcome,
        **fields,
    )


# --- signs of life -------------------------------------------------------------------------------------
def beat(part: str, *, detail: str = "", data: Mapping[str, Any] | None = None) -> None:
    """Note that a part works, now, by the database's clock."""
    Heartbeat.objects.update_or_create(
        part=part, defaults={"at": Now(), "detail": detail[:200], "data": dict(data or {})}
    )


def record_canary(*, sent_at: float) -> None:
    """A worker took the reconciler's canary from the broker: both work. Also shows its model's state."""
    detail, is_model_ok = model_health()
    beat("worker", data={"travelled_s": round(time.time() - sent_at, 3)})
    beat("model", detail=detail, data={"ok": is_model_ok})


def model_health() -> tuple[str, bool]:
    """Whether this process can score: its classifier's digest and True, or what is wrong and False."""
    try:
        model = engine.active()
        scores = probabilities(model.classifier.score([PROBE])[0].values)
    except ModelUnavailable as error:
        return str(error), False
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  (as in judge(): whatever a model raises, it cannot be used)
        return f"scoring raised {type(error).__name__}", False
    return model.digest[:12], bool(scores)
