"""The nudge: whether an author is asked, once, to reword before a person reads what was held for its tone."""

from __future__ import annotations

from datetime import datetime

from comments.models import Comment, CommentSettings
from comments.services import EDIT_WINDOW

# Reason codes of a detector. The author is told none of them, and no score: a nudge is no oracle.
TONE = frozenset({"insult", "hate", "threat", "obscene", "toxic"})


def is_nudged(comment: Comment, *, at: datetime) -> bool:
    """Whether to ask now. Once: the reworded text is a later revision, which is not asked about again."""
    is_for_tone = (
        comment.status == Comment.Status.HELD
        and comment.held_by == Comment.HeldBy.DETECTOR
        and comment.reason_code in TONE
    )
    if not is_for_tone or comment.revision > 1 or not is_editable(comment, at=at):
        return False
    return CommentSettings.objects.filter(site=comment.article.site_id, nudge=True).exists()


def is_editable(comment: Comment, *, at: datetime) -> bool:
    """Whether ``edit_comment`` would take a new text now."""
    states = {Comment.Status.PENDING, Comment.Status.PUBLISHED, Comment.Status.HELD}
    return comment.status in states and comment.reply_count == 0 and at - comment.created_at <= EDIT_WINDOW
