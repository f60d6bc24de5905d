"""News of decisions: reasons go out, a publication answers an appeal, the API tells where to appeal."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment
from comments.signals import comment_changed, comment_status_asked
from comments.tokens import status_token
from moderation.appeals import statements
from moderation.appeals.models import Appeal
from moderation.appeals.selectors import standing
from moderation.appeals.services import note_end, note_publication, refuse_undoing_an_appeal
from moderation.models import Decision, ReasonCode
from moderation.signals import decision_made

REFUSALS = {Decision.Outcome.REJECTED, Decision.Outcome.REMOVED}


@receiver(decision_made)
def note_decision(*, decision: Decision, **kwargs: Any) -> None:
    if decision.actor_kind == Decision.ActorKind.IMPORT:
        return
    if decision.reason_code == ReasonCode.UNDONE:
        earlier = Decision.objects.filter(comment_id=decision.comment_id).exclude(pk=decision.pk)
        if undone := earlier.order_by("-at", "-pk").values_list("pk", flat=True).first():
            refuse_undoing_an_appeal(undone)
            statements.recall_statement(undone)
    elif decision.outcome in REFUSALS:
        statements.note_refusal(decision)
    if (
        decision.outcome == Decision.Outcome.PUBLISHED
        and decision.actor_kind == Decision.ActorKind.PERSON
        and decision.reason_code != ReasonCode.UNDONE
    ):
        note_publication(decision, at=timezone.now())


@receiver(comment_changed)
def end_appeals(*, comment_id: UUID, status: str, **kwargs: Any) -> None:
    if status in {Comment.Status.WITHDRAWN, Comment.Status.ERASED}:
        note_end(comment_id, at=timezone.now())
    if status == Comment.Status.ERASED:
        Appeal.objects.filter(comment_id=comment_id).update(text="", answer="")


@receiver(comment_status_asked)
def say_where_to_appeal(*, comment: Comment, **kwargs: Any) -> dict[str, Any]:
    if not standing(comment, at=timezone.now()).may_appeal:
        return {}
    return {"appeal_url": appeal_path(comment.pk)}


def appeal_path(comment_id: UUID) -> str:
    """Where to appeal over the API, with the token that lets the commenter do so."""
    query = urlencode({"token": status_token(comment_id)})
    return f"{reverse('comment-appeal', args=[comment_id])}?{query}"
