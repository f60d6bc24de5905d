"""News of comments: a publication may bring letters."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.dispatch import receiver
from django.utils import timezone

from comments.models import Comment
from comments.rights.notices import note_publication
from comments.signals import comment_changed


@receiver(comment_changed)
def write_letters(*, comment_id: UUID, status: str, **kwargs: Any) -> None:
    if status == Comment.Status.PUBLISHED:
        note_publication(comment_id, at=timezone.now())
