"""Recommending comments: one vote per reader, which may be changed or taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from comments.models import Comment, CommentSettings, Thread, Vote
from comments.networks import pseudonym_of_the_day
from comments.retention import kept_for
from comments.services import lock_comment
from newsroom.errors import DomainError, FieldError


class CommentGone(DomainError):
    code = "not_found"
    status = 404
    title = "There is no such published comment"


@transaction.atomic
def vote(*, comment_id: UUID, network: str, value: int, at: datetime) -> int:
    """Set this reader's vote on a published comment (1, -1, or 0 to take it back); returns the sum of all.

    A reader is a network on one day: two of one household share a vote. Safe to run twice.

    Raises:
        CommentGone: it is not published (any more).
        FieldError: -1 where the site takes no downvotes.
    """
    comment = lock_comment(comment_id)
    if comment.status != Comment.Status.PUBLISHED:
        raise CommentGone
    if value < 0 and not takes_downvotes(comment.article.site_id):
        raise FieldError("value", "Use 1 to recommend, or 0 to take that back.", code="invalid_choice")
    voter = pseudonym_of_the_day(network, purpose="vote", at=at)
    mine = Vote.objects.filter(comment=comment, voter=voter)
    before = mine.values_list("value", flat=True).first() or 0
    if value == before:
        return comment.votes
    if value == 0:
        mine.delete()
    else:
        Vote.objects.update_or_create(comment=comment, voter=voter, defaults={"value": value, "at": at})
    Comment.objects.filter(pk=comment.pk).update(votes=F("votes") + value - before)
    Thread.objects.filter(article_id=comment.article_id).update(version=F("version") + 1)
    return comment.votes + value - before


def takes_downvotes(site_id: UUID) -> bool:
    return CommentSettings.objects.filter(site_id=site_id, downvotes=True).exists()


def forget_votes(*, kept: timedelta | None = None, at: datetime | None = None) -> int:
    """Delete who voted, once that can match nobody; the sums stay. Returns how many rows went."""
    before = (at or timezone.now()) - (kept or kept_for("votes"))
    return Vote.objects.filter(at__lt=before).delete()[0]
