"""The audit sample: machine decisions, judged again by people who do not know what the machine did."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from moderation.lifecycle.models import AuditSample
from moderation.models import REJECT_REASONS, Decision
from newsroom.audit.services import record
from newsroom.errors import DomainError

SAMPLED = (Decision.Outcome.PUBLISHED, Decision.Outcome.REJECTED)


class SampleGone(DomainError):
    code = "sample_gone"
    status = 409
    title = "Somebody else has judged this sample, or its text is gone"


class ReasonNeeded(DomainError):
    code = "reason_needed"
    status = 400
    title = "Say which rule it breaks"


def draw_sample(decision: Decision, *, draw: float | None = None) -> AuditSample | None:
    """Put a machine's decision into the sample, with the chance that is set; once for each decision.

    Args:
        draw: in [0, 1); a random number by default, whatever the decision.
    """
    share: float = settings.NEWSROOM_AUDIT_SHARE
    draw = random.SystemRandom().random() if draw is None else draw
    if decision.actor_kind != Decision.ActorKind.MACHINE or decision.outcome not in SAMPLED or draw >= share:
        return None
    sample, _ = AuditSample.objects.get_or_create(
        decision=decision,
        defaults={
            "comment_id": decision.comment_id,
            "revision": decision.revision,
            "machine_outcome": decision.outcome,
            "share": share,
            "demo": decision.demo,
        },
    )
    return sample


@transaction.atomic
def review_sample(*, sample_id: UUID, verdict: str, reviewer: Any, reason_code: str = "") -> AuditSample:
    """Note a person's judgement of a sampled text. Changes nothing about the comment; once only.

    Raises:
        SampleGone: it was judged meanwhile, or its text was erased.
        ReasonNeeded: a violation without the reason that names it.
    """
    if verdict == AuditSample.Verdict.VIOLATION and reason_code not in REJECT_REASONS:
        raise ReasonNeeded
    waiting = AuditSample.objects.filter(pk=sample_id, verdict="").exclude(comment__status="erased")
    changed = waiting.update(
        verdict=verdict,
        reviewer=reviewer,
        reviewed_at=timezone.now(),
        reason_code=reason_code if verdict == AuditSample.Verdict.VIOLATION else "",
    )
    if not changed:
        raise SampleGone
    sample = AuditSample.objects.get(pk=sample_id)
    record(
        action="sample.review",
        object_type="comment",
        object_id=sample.comment_id,
        actor_kind="person",
        actor=reviewer,
        reason=sample.reason_code,
        data={"sample": str(sample.pk), "decision": str(sample.decision_id), "verdict": verdict},
    )
    return sample
