"""Reading threads: in a fixed number of queries, whatever their size."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from comments.models import Comment, CommentQuerySet, Thread
from newsroom.errors import FieldError

SORTS = ("newest", "oldest", "top")
FIRST_REPLIES = 10
HIDDEN_BADGE = "removed"
MOST_PINNED = 3  # of one article


@dataclass(slots=True)
class Node:
    """One comment in a thread. A hidden one that still has replies is a tombstone: no name, no body."""

    id: UUID
    parent: UUID | None
    depth: int
    name: str | None
    body: str | None
    created_at: datetime
    edited_at: datetime | None
    reply_count: int
    votes: int
    badges: list[str]
    replies: list[Node] = field(default_factory=list)

    @property
    def is_hidden(self) -> bool:
        return self.name is None


@dataclass(frozen=True, slots=True)
class ThreadPage:
    count: int
    version: int
    sort: str
    results: list[Node]
    next_cursor: str | None


def thread_version(article_id: UUID) -> tuple[int, int]:
    """The thread's version and its count of published comments; (0, 0) for an article without comments."""
    version, count, _ = thread_state(article_id)
    return version, count


def thread_state(article_id: UUID) -> tuple[int, int, list[UUID]]:
    """Version, count of published comments, and the pinned ones."""
    columns = ("version", "published_count", "pinned")
    row = Thread.objects.filter(article_id=article_id).values_list(*columns).first()
    return row or (0, 0, [])


def published_counts(article_ids: Iterable[UUID]) -> dict[UUID, int]:
    return dict(
        Thread.objects.filter(article_id__in=list(article_ids)).values_list("article_id", "published_count")
    )


def check_place(sort: str, cursor: str | None) -> None:
    """Say whether there is such a place in a thread, without reading the thread.

    Raises:
        FieldError: an unknown sort, or a cursor that this list did not make.
    """
    if sort not in SORTS:
        raise FieldError("sort", f"Use one of {', '.join(SORTS)}.", code="invalid_choice")
    if cursor:
        _decode(sort, cursor)


def thread_page(
    article_id: UUID, *, sort: str = "newest", cursor: str | None = None, limit: int = 50
) -> ThreadPage:
    """One page of roots, each with its first ten replies nested; pinned ones stand before all others.

    At most four queries; five where something is pinned.

    Raises:
        FieldError: an unknown sort, or a cursor that this list did not make.
    """
    check_place(sort, cursor)
    version, count, pinned = thread_state(article_id)
    rows = _page_of_roots(article_id, sort, cursor, limit=limit, pinned=pinned)
    roots = [node_of(comment, pinned=pinned) for comment in rows[:limit]]
    _attach_replies(roots)
    following = cursor_of(sort, rows[limit - 1]) if len(rows) > limit else None
    return ThreadPage(count, version, sort, roots, following)


def root_page(
    article_id: UUID, *, sort: str = "newest", cursor: str | None = None, limit: int = 50
) -> list[Comment]:
    """The roots that ``thread_page`` shows, without their replies; tombstones are among them.

    Raises:
        FieldError: an unknown sort, or a cursor that this list did not make.
    """
    check_place(sort, cursor)
    _, _, pinned = thread_state(article_id)
    return _page_of_roots(article_id, sort, cursor, limit=limit, pinned=pinned)[:limit]


def roots_before(article_id: UUID, *, sort: str, cursor: str | None) -> int:
    """How many roots stand on the pages before this one. No query for the first page."""
    if not cursor:
        return 0
    _, _, pinned = thread_state(article_id)
    first, after = _pinned_roots(article_id, sort, cursor, pinned=pinned)
    here_and_behind = len(first) + _roots(article_id, sort, after).exclude(pk__in=pinned).count()
    return visible_roots(article_id).count() - here_and_behind


def _page_of_roots(
    article_id: UUID, sort: str, cursor: str | None, *, limit: int, pinned: list[UUID]
) -> list[Comment]:
    """The roots of a page, and one more where there is another page."""
    first, after = _pinned_roots(article_id, sort, cursor, pinned=pinned)
    first = first[:limit]
    others = _roots(article_id, sort, after)
    if pinned:
        others = others.exclude(pk__in=pinned)
    return [*first, *others[: limit - len(first) + 1]]


def _pinned_roots(
    article_id: UUID, sort: str, cursor: str | None, *, pinned: list[UUID]
) -> tuple[list[Comment], str | None]:
    """The pinned roots behind the cursor, and the cursor for the others: none while among the pinned."""
    if not pinned:
        return [], cursor
    after = _decode(sort, cursor)[1] if cursor else None
    if after is not None and after not in pinned:
        return [], cursor
    wanted = pinned[pinned.index(after) + 1 :] if after is not None else pinned
    visible = {comment.pk: comment for comment in visible_roots(article_id).filter(pk__in=wanted)}
    return [visible[pk] for pk in wanted if pk in visible], None


def replies_below(comment: Comment) -> QuerySet[Comment]:
    """Published comments below ``comment``, at any depth, in no order."""
    root = comment.ancestors[0] if comment.ancestors else comment.pk
    found = Comment.objects.published().filter(depth__gt=0, ancestors__0=root)
    return found.filter(ancestors__contains=[comment.pk]) if comment.ancestors else found


def replies_page(comment: Comment, *, cursor: str | None, limit: int) -> tuple[list[Node], str | None]:
    """Published comments below ``comment`` at any depth, oldest first, flat; and the next cursor."""
    found = replies_below(comment)
    if cursor:
        created_at, identifier, _ = _decode("replies", cursor)
        found = found.filter(Q(created_at__gt=created_at) | Q(created_at=created_at, id__gt=identifier))
    rows = list(found.order_by("created_at", "id")[: limit + 1])
    following = cursor_of("replies", rows[limit - 1]) if len(rows) > limit else None
    return [node_of(row) for row in rows[:limit]], following


def oldest_pending_age_s() -> float:
    """Seconds that the oldest pending comment has waited, by the database's clock; 0 when none waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(coalesce(edited_at, created_at))), 0)"
            " FROM comments_comment WHERE status = 'pending'"
        )
        return max(0.0, float(cursor.fetchone()[0]))


ORDERINGS: dict[str, tuple[str, ...]] = {
    "newest": ("-created_at", "-id"),
    "oldest": ("created_at", "id"),
    "top": ("-votes", "-created_at", "-id"),
}


def visible_roots(article_id: UUID) -> CommentQuerySet:
    """What a thread lists: published top-level comments, and tombstones over published replies."""
    return Comment.objects.filter(article_id=article_id, depth=0).visible()


def _roots(article_id: UUID, sort: str, cursor: str | None) -> CommentQuerySet:
    roots = visible_roots(article_id)
    if cursor:
        created_at, identifier, votes = _decode(sort, cursor)
        roots = roots.filter(_behind(sort, created_at, identifier, votes))
    return roots.order_by(*ORDERINGS[sort])


def _behind(sort: str, created_at: datetime, identifier: UUID, votes: int) -> Q:
    """What follows this position in this order."""
    if sort == "oldest":
        return Q(created_at__gt=created_at) | Q(created_at=created_at, id__gt=identifier)
    older = Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=identifier)
    return older if sort == "newest" else Q(votes__lt=votes) | Q(votes=votes) & older


_REPLIES_SQL = """
SELECT reply.* FROM unnest(%s::uuid[]) AS root(id)
CROSS JOIN LATERAL (
    SELECT c.id, c.parent_id, c.ancestors, c.depth, c.name, c.body, c.created_at, c.edited_at, c.reply_count,
        c.votes, c.status, c.by_staff, c.is_pick
    FROM comments_comment c
    WHERE c.ancestors[1] = root.id AND c.status = 'published' AND c.depth > 0
    ORDER BY c.created_at, c.id LIMIT %s
) AS reply
"""


def _attach_replies(roots: list[Node]) -> None:
    with_replies = [root.id for root in roots if root.reply_count > 0]
    if not with_replies:
        return
    replies = list(Comment.objects.raw(_REPLIES_SQL, [with_replies, FIRST_REPLIES]))
    nodes = {root.id: root for root in roots}
    nodes |= {reply.pk: node_of(reply) for reply in replies}
    missing = {ancestor for reply in replies for ancestor in reply.ancestors} - set(nodes)
    if missing:  # Hidden comments between a root and a published reply: tombstones.
        nodes |= {comment.pk: node_of(comment) for comment in Comment.objects.filter(pk__in=missing)}
    for node in sorted(nodes.values(), key=lambda node: (node.created_at, node.id)):
        if node.parent is not None:
            nodes[node.parent].replies.append(node)


def node_of(comment: Comment, *, pinned: Collection[UUID] = ()) -> Node:
    """The comment as readers may see it: nothing but its place, if it is hidden."""
    hidden = comment.status != Comment.Status.PUBLISHED
    return Node(
        id=comment.pk,
        parent=comment.parent_id,
        depth=comment.depth,
        name=None if hidden else comment.name,
        body=None if hidden else comment.body,
        created_at=comment.created_at,
        edited_at=None if hidden else comment.edited_at,
        reply_count=comment.reply_count,
        votes=0 if hidden else comment.votes,
        badges=[HIDDEN_BADGE] if hidden else list(_badges(comment, pinned)),
    )


def _badges(comment: Comment, pinned: Collection[UUID]) -> Iterator[str]:
    if comment.pk in pinned:
        yield "pinned"
    if comment.is_pick:
        yield "pick"
    if comment.by_staff:
        yield "staff"


def cursor_of(sort: str, comment: Comment) -> str:
    """The cursor that leads to what follows this comment in a list of this order."""
    document = [sort, comment.created_at.isoformat(), str(comment.pk), comment.votes]
    return base64.urlsafe_b64encode(json.dumps(document, separators=(",", ":")).encode()).decode().rstrip("=")


def _decode(sort: str, cursor: str) -> tuple[datetime, UUID, int]:
    try:
        document = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        made_for, created_at, identifier, votes = document
        position = datetime.fromisoformat(created_at), UUID(identifier), int(votes)
        if made_for != sort or position[0].utcoffset() != timedelta(0) or abs(position[2]) > 2**31 - 1:
            raise ValueError
    except (ValueError, TypeError, OverflowError, AttributeError, RecursionError) as error:
        raise FieldError("cursor", "This cursor was not made by this list.") from error
    return position
