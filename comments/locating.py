"""Where in a thread a comment stands, so that a link to it can open the right part."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from comments.models import Comment
from comments.selectors import FIRST_REPLIES, ORDERINGS, cursor_of, replies_below, thread_state, visible_roots


@dataclass(frozen=True, slots=True)
class Location:
    """A page of roots; or, with ``replies_of``, a page of the replies below that root."""

    cursor: str | None = None
    replies_of: UUID | None = None


def visible_comment(article_id: UUID, comment_id: UUID) -> Comment | None:
    """A published comment of this article, or a tombstone; None for what readers cannot see."""
    found = Comment.objects.visible().filter(article_id=article_id, pk=comment_id)
    return found.select_related("article").first()


def locate(comment: Comment, *, sort: str, roots_per_page: int, replies_per_page: int) -> Location:
    """The page on which a visible comment stands. At most five queries, whatever the thread's size.

    A reply that does not stand among its root's first ten is found on the page of that root's replies.
    """
    if comment.ancestors:
        root = visible_roots(comment.article_id).filter(pk=comment.ancestors[0]).first()
        if root is None:
            return Location()
        earlier = replies_below(root).filter(
            Q(created_at__lt=comment.created_at) | Q(created_at=comment.created_at, id__lt=comment.pk)
        )
        position = earlier.count()
        if position >= FIRST_REPLIES:
            last = _last_before(position, replies_per_page)
            rows = earlier.order_by("created_at", "id")[last : last + 1] if last is not None else []
            return Location(next((cursor_of("replies", row) for row in rows), None), root.pk)
    else:
        root = comment
    _, _, pinned = thread_state(root.article_id)
    if root.pk in pinned:
        return Location()  # Pinned ones stand on the first page.
    listed = visible_roots(root.article_id).exclude(pk__in=pinned).filter(_ahead(sort, root))
    pinned_shown = visible_roots(root.article_id).filter(pk__in=pinned).count() if pinned else 0
    last = _last_before(pinned_shown + listed.count(), roots_per_page)
    if last is None:
        return Location()
    return Location(cursor_of(sort, listed.order_by(*ORDERINGS[sort])[last - pinned_shown]))


def _ahead(sort: str, root: Comment) -> Q:
    """What stands before this root in this order."""
    if sort == "oldest":
        return Q(created_at__lt=root.created_at) | Q(created_at=root.created_at, id__lt=root.pk)
    newer = Q(created_at__gt=root.created_at) | Q(created_at=root.created_at, id__gt=root.pk)
    return newer if sort == "newest" else Q(votes__gt=root.votes) | Q(votes=root.votes) & newer


def _last_before(position: int, per_page: int) -> int | None:
    """The place of the row whose cursor leads to the page of ``position``; None for the first page."""
    start = position // per_page * per_page
    return start - 1 if start else None
