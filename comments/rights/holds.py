"""What a legal hold keeps from being erased."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from comments.models import Comment, Mailbox
from comments.rights.models import LegalHold


def held_comments(*, at: datetime) -> QuerySet[Comment]:
    """Comments that must be kept: themselves on hold, or their author is."""
    live = LegalHold.objects.filter(expires_on__gt=at.date())
    return Comment.objects.filter(
        Q(pk__in=live.filter(comment__isnull=False).values("comment"))
        | Q(private__mailbox__in=live.filter(mailbox__isnull=False).values("mailbox"))
    )


def held_mailboxes(*, at: datetime) -> QuerySet[Mailbox]:
    """Mailboxes that must be kept: on hold, or with a comment that is."""
    return Mailbox.objects.filter(
        Q(pk__in=LegalHold.objects.filter(expires_on__gt=at.date(), mailbox__isnull=False).values("mailbox"))
        | Q(comments__comment__in=held_comments(at=at))
    ).distinct()


def is_held(comment_id: UUID, *, at: datetime) -> bool:
    return held_comments(at=at).filter(pk=comment_id).exists()
