"""Having a comment in hand: two moderators never work on the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from comments.models import Comment
from moderation.desk.models import Claim, Escalation
from newsroom.audit.services import record
from newsroom.errors import DomainError

CLAIM_LASTS = timedelta(seconds=90)  # Renewed by the page every 30 s while its comment is the current one.


class ClaimedByAnother(DomainError):
    code = "claimed_by_another"
    status = 409
    title = "A colleague has this comment in hand"


class NoSuchText(DomainError):
    code = "no_such_text"
    status = 409
    title = "The comment has changed since it was looked at"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a comment in hand, until when."""

    user_id: int
    name: str
    until: datetime


def claim(*, comment_id: UUID, user: Any) -> Holder:
    """Take a comment in hand, or keep it, if it is free; who has it now. One statement: one of two wins."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO desk_claim (comment_id, user_id, until)"
            " SELECT id, %s, clock_timestamp() + make_interval(secs => %s)"
            " FROM comments_comment WHERE id = %s"
            " ON CONFLICT (comment_id) DO UPDATE SET user_id = EXCLUDED.user_id, until = EXCLUDED.until"
            " WHERE desk_claim.user_id = EXCLUDED.user_id OR desk_claim.until < clock_timestamp()",
            [user.pk, CLAIM_LASTS.total_seconds(), comment_id],
        )
    held = holders([comment_id]).get(comment_id)
    return held or Holder(user.pk, user.get_username(), timezone.now())


def holders(comment_ids: Sequence[UUID]) -> dict[UUID, Holder]:
    """Who has which of these comments in hand now, in one query."""
    rows = Claim.objects.filter(comment_id__in=comment_ids, until__gt=Now()).select_related("user")
    return {row.comment_id: Holder(row.user_id, _name(row.user), row.until) for row in rows}


def refuse_if_in_other_hands(*, comment_id: UUID, user: Any) -> None:
    """
    Raises:
        ClaimedByAnother: somebody else has it in hand.
    """
    other = holders([comment_id]).get(comment_id)
    if other is not None and other.user_id != user.pk:
        raise ClaimedByAnother(f"{other.name} has this comment in hand.")


def let_go(*, comment_id: UUID, user: Any) -> None:
    """Free a comment that this user had in hand. Safe to run twice."""
    Claim.objects.filter(comment_id=comment_id, user=user).delete()


# --- asking a colleague ------------------------------------------------------------------------------
@transaction.atomic
def escalate(*, comment_id: UUID, seen_revision: int, note: str, user: Any) -> Escalation:
    """Put a comment before a colleague, with a question. A second question replaces the first.

    Raises:
        NoSuchText: the text changed since it was shown.
    """
    comment = Comment.objects.select_for_update().get(pk=comment_id)
    if comment.revision != seen_revision:
        raise NoSuchText
    close_escalation(comment_id=comment_id)
    made = Escalation.objects.create(comment=comment, revision=comment.revision, by=user, note=note)
    record(
        action="comment.escalate",
        object_type="comment",
        object_id=comment_id,
        actor_kind="person",
        actor=user,
        data={"revision": comment.revision},
    )
    let_go(comment_id=comment_id, user=user)
    return made


def close_escalation(*, comment_id: UUID) -> None:
    Escalation.objects.filter(comment_id=comment_id, closed_at=None).update(closed_at=Now())


def open_escalations(comment_ids: Sequence[UUID]) -> dict[UUID, Escalation]:
    rows = Escalation.objects.filter(comment_id__in=comment_ids, closed_at=None).select_related("by")
    return {row.comment_id: row for row in rows}


def _name(user: Any) -> str:
    return str(user.get_short_name() or user.get_username())
