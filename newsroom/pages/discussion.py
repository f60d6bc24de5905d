"""From a thread's nodes to what the page shows: rows in document order, links, the one that is answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from articles.models import Article
from comments.locating import locate, visible_comment
from comments.models import Comment
from comments.selectors import Node, ThreadPage, node_of, replies_page, thread_page, thread_state
from comments.voting import takes_downvotes
from newsroom.errors import FieldError
from newsroom.pages.context import CommentRow, Link, ReplyTo, Thread
from newsroom.pages.text import comment_html, first_sentences
from newsroom.pages.times import moment
from newsroom.pages.words import BADGES

DEFAULT_SORT = "newest"
SORTS = ("newest", "oldest", "top")
ROOTS_PER_PAGE = 30
REPLIES_PER_PAGE = 100
EXCERPT_CHARS = 200
# Replies of replies of replies, where there are several, are folded: one click opens them.
FOLDED_BELOW_DEPTH = 2
FOLDED_FROM = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the discussion the reader is, from the query string; what is not understood is left out."""

    sort: str = DEFAULT_SORT
    cursor: str | None = None
    replies_of: UUID | None = None
    comment: UUID | None = None  # a permalink: the page on which this one stands
    voted: int = 0  # on that comment, a moment ago

    def query(self, **changes: str) -> str:
        """The query string that leads back to this place, with ``changes``."""
        parts = {
            "sort": "" if self.sort == DEFAULT_SORT else self.sort,
            "replies_of": str(self.replies_of or ""),
            "cursor": self.cursor or "",
        }
        kept = {name: value for name, value in (parts | changes).items() if value}
        return f"?{urlencode(kept)}" if kept else "?"


@dataclass(frozen=True, slots=True)
class Viewing:
    """The moment and zone that times are told in, and whether one may reply."""

    now: datetime
    zone: ZoneInfo
    is_open: bool
    has_downvotes: bool = False
    shown: UUID | None = None  # to be seen: nothing above it is folded
    voted: int = 0


def permalink(comment: Comment) -> str:
    """The address that opens the page of the thread on which this comment stands then."""
    return f"{comment.article.get_absolute_url()}?comment={comment.pk}#comment-{comment.pk}"


def discussion(article: Article, *, place: Place, viewing: Viewing) -> Thread:
    """The part of the thread that this place names; the first part when it names none that exists."""
    viewing = replace(
        viewing,
        has_downvotes=takes_downvotes(article.site_id),
        shown=place.comment,
        voted=place.voted,
    )
    place = _located(article, place)
    if place.replies_of is not None:
        below = _below_one_comment(article, place.replies_of, place=place, viewing=viewing)
        if below is not None:
            return below
    page, place = _page(article, place)
    return Thread(
        count=page.count,
        rows=tuple(rows(page.results, place=place, viewing=viewing)),
        sorts=_sort_links(page.sort),
        sort=page.sort,
        more_url=place.query(cursor=page.next_cursor) + "#comments" if page.next_cursor else "",
        first_url=place.query(cursor="") + "#comments" if place.cursor else "",
        is_open=viewing.is_open,
        has_downvotes=viewing.has_downvotes,
        cursor=place.cursor or "",
    )


def _located(article: Article, place: Place) -> Place:
    """Where the comment stands that a permalink names; the place itself without one."""
    if place.comment is None:
        return place
    comment = visible_comment(article.pk, place.comment)
    if comment is None:
        return Place(sort=place.sort)
    found = locate(comment, sort=place.sort, roots_per_page=ROOTS_PER_PAGE, replies_per_page=REPLIES_PER_PAGE)
    return Place(sort=place.sort, cursor=found.cursor, replies_of=found.replies_of)


def answered(article: Article, *, comment_id: str, place: Place) -> ReplyTo | None:
    """The published comment that the form answers, or None."""
    identifier = as_uuid(comment_id)
    if identifier is None:
        return None
    comment = Comment.objects.published().filter(article=article, pk=identifier).only("name", "body").first()
    if comment is None:
        return None
    excerpt = first_sentences(comment.body, chars=EXCERPT_CHARS)
    return ReplyTo(
        id=str(identifier), name=comment.name, excerpt=excerpt, cancel_url=place.query() + "#reply"
    )


def rows(nodes: Sequence[Node], *, place: Place, viewing: Viewing) -> Iterator[CommentRow]:
    """The nodes and all that is nested in them, in document order."""
    flat: list[_Flat] = []
    for node in nodes:
        _flatten(node, answers=None, into=flat)
    for entry in flat:
        yield _row(entry, place=place, viewing=viewing)


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@dataclass(slots=True)
class _Flat:
    node: Node
    answers: Node | None
    closes: int = 0


def _flatten(node: Node, *, answers: Node | None, into: list[_Flat]) -> None:
    into.append(_Flat(node, answers))
    for reply in node.replies:
        _flatten(reply, answers=node, into=into)
    if node.replies:
        into[-1].closes += 1  # This node's replies end behind the last of them.


def _row(entry: _Flat, *, place: Place, viewing: Viewing) -> CommentRow:
    node = entry.node
    posted = moment(node.created_at, now=viewing.now, zone=viewing.zone)
    edited = moment(node.edited_at, now=viewing.now, zone=viewing.zone) if node.edited_at else None
    below = _published_below(node)
    more = max(0, node.reply_count - below) if node.depth == 0 and place.replies_of is None else 0
    is_folded = node.depth >= FOLDED_BELOW_DEPTH and below >= FOLDED_FROM and not _holds(node, viewing.shown)
    return CommentRow(
        id=str(node.id),
        name=node.name or "",
        label=_label(node, entry.answers, posted.ago),
        body=comment_html(node.body) if node.body else SafeString(),
        posted=posted,
        edited=edited,
        depth=node.depth,
        badges=() if node.is_hidden else tuple(str(BADGES.get(badge, badge)) for badge in node.badges),
        reply_url=""
        if node.is_hidden or not viewing.is_open
        else place.query(reply_to=str(node.id)) + "#reply",
        is_hidden=node.is_hidden,
        opens=bool(node.replies),
        replies=below,
        is_folded=is_folded,
        votes=node.votes,
        voted=viewing.voted if node.id == viewing.shown else 0,
        closes=range(entry.closes),
        more_replies=more,
        more_replies_url=Place(sort=place.sort, replies_of=node.id).query() + "#comments" if more else "",
    )


def _label(node: Node, answers: Node | None, ago: str) -> str:
    name = node.name or gettext("Removed comment")
    if answers is None:
        return gettext("%(name)s, %(ago)s") % {"name": name, "ago": ago}
    to = answers.name or gettext("a removed comment")
    return gettext("%(name)s, reply to %(to)s, %(ago)s") % {"name": name, "to": to, "ago": ago}


def _holds(node: Node, wanted: UUID | None) -> bool:
    """Whether the wanted comment stands somewhere below this one."""
    return wanted is not None and any(reply.id == wanted or _holds(reply, wanted) for reply in node.replies)


def _published_below(node: Node) -> int:
    return sum((not reply.is_hidden) + _published_below(reply) for reply in node.replies)


def _page(article: Article, place: Place) -> tuple[ThreadPage, Place]:
    """The page of roots at this place; the first one when its cursor is not of this list."""
    try:
        return thread_page(article.pk, sort=place.sort, cursor=place.cursor, limit=ROOTS_PER_PAGE), place
    except FieldError:
        first = Place(sort=place.sort)
        return thread_page(article.pk, sort=first.sort, limit=ROOTS_PER_PAGE), first


def _below_one_comment(article: Article, root_id: UUID, *, place: Place, viewing: Viewing) -> Thread | None:
    root = visible_comment(article.pk, root_id)
    if root is None:
        return None
    try:
        replies, following = replies_page(root, cursor=place.cursor, limit=REPLIES_PER_PAGE)
    except FieldError:
        replies, following = replies_page(root, cursor=None, limit=REPLIES_PER_PAGE)
    _, count, pinned = thread_state(article.pk)
    top = node_of(root, pinned=pinned)
    known = {top.id: top} | {reply.id: reply for reply in replies}
    for reply in replies:
        # A parent that is hidden, or stands on an earlier page, is not here: show the reply under the top.
        known.get(reply.parent or top.id, top).replies.append(reply)
    return Thread(
        count=count,
        rows=tuple(rows([top], place=place, viewing=viewing)),
        sorts=(),
        sort=place.sort,
        more_url=place.query(cursor=following) + "#comments" if following else "",
        first_url=Place(sort=place.sort).query() + "#comments",
        is_open=viewing.is_open,
        has_downvotes=viewing.has_downvotes,
    )


def _sort_links(current: str) -> tuple[Link, ...]:
    labels = {"newest": gettext("Newest"), "oldest": gettext("Oldest"), "top": gettext("Top")}
    return tuple(
        Link(label=labels[sort], url=Place(sort=sort).query() + "#comments", current=sort == current)
        for sort in SORTS
    )
