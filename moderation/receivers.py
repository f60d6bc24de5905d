"""News from below: a comment was sent, edited, reported or taken back; a decision was made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.dispatch import receiver

from comments.models import Comment
from comments.reports.models import Report
from comments.signals import comment_changed, comment_edited, comment_reported, comment_submitted
from moderation import reported
from moderation.desk.models import Escalation
from moderation.models import Decision, Sketch
from moderation.publishing import announce
from moderation.signals import decision_made


@receiver(comment_submitted)
@receiver(comment_edited)
def enqueue_moderation(*, comment_id: UUID, **kwargs: Any) -> None:
    def enqueue() -> None:
        announce(comment_id)

    # robust: a broker outage must not turn a saved comment into a 500. The comment stays
    # PENDING and the reconciler picks it up. (A nested function: partials fail there on Django 5.2.)
    transaction.on_commit(enqueue, robust=True)


@receiver(comment_reported)
def note_report(*, report: Report, comment: Comment, **kwargs: Any) -> None:
    reported.note_report(report, comment)


@receiver(decision_made)
def settle_reports(*, decision: Decision, **kwargs: Any) -> None:
    reported.note_decision(decision)


@receiver(comment_changed)
def forget_withdrawn(*, comment_id: UUID, status: str, **kwargs: Any) -> None:
    if status in {Comment.Status.WITHDRAWN, Comment.Status.ERASED}:
        reported.note_withdrawal(comment_id)
    if status == Comment.Status.ERASED:
        Sketch.objects.filter(comment_id=comment_id).delete()
        Escalation.objects.filter(comment_id=comment_id).update(
            note="", closed_at=Coalesce("closed_at", Now())
        )
