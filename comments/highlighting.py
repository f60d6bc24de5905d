"""Pinned comments and editors' picks: chosen by people, shown as badges, written to the audit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from comments.models import Comment, Thread
from comments.selectors import MOST_PINNED
from comments.services import lock_comment
from newsroom.audit.services import record
from newsroom.errors import DomainError


class NotPinnable(DomainError):
    code = "not_pinnable"
    status = 409
    title = "Only published top-level comments can be pinned, three of an article"


class NotPickable(DomainError):
    code = "not_pickable"
    status = 409
    title = "Only published comments can be editors' picks"


@transaction.atomic
def pin_comment(*, comment_id: UUID, actor: Any, is_pinned: bool) -> None:
    """Put a top-level comment before all others of its article, or back in its place. Safe to run twice.

    Raises:
        NotPinnable: a reply, not published, or the article has three already.
    """
    comment = lock_comment(comment_id)
    thread = Thread.objects.get(article_id=comment.article_id)
    if (comment.pk in thread.pinned) == is_pinned:
        return
    if is_pinned:
        if comment.depth or comment.status != Comment.Status.PUBLISHED or len(thread.pinned) >= MOST_PINNED:
            raise NotPinnable
        thread.pinned.append(comment.pk)
    else:
        thread.pinned.remove(comment.pk)
    thread.version += 1
    thread.save(update_fields=["pinned", "version"])
    _record(comment, actor, "pin" if is_pinned else "unpin")


@transaction.atomic
def pick_comment(*, comment_id: UUID, actor: Any, is_pick: bool) -> None:
    """Mark a published comment as an editors' pick, or take the mark away. Safe to run twice.

    Raises:
        NotPickable: it is not published.
    """
    comment = lock_comment(comment_id)
    if comment.is_pick == is_pick:
        return
    if is_pick and comment.status != Comment.Status.PUBLISHED:
        raise NotPickable
    Comment.objects.filter(pk=comment.pk).update(is_pick=is_pick)
    Thread.objects.filter(article_id=comment.article_id).update(version=F("version") + 1)
    _record(comment, actor, "pick" if is_pick else "unpick")


def _record(comment: Comment, actor: Any, what: str) -> None:
    record(
        action=f"comment.{what}",
        object_type="comment",
        object_id=comment.pk,
        actor_kind="person",
        actor=actor,
    )
