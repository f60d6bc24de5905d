"""What the templates are given: plain values, so that a page can be rendered without a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from comments.text import clean_name


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Masthead:
    """What every page of a site shows around its content; all its times are told in ``zone``."""

    name: str
    tagline: str
    language: str
    zone: ZoneInfo
    now: datetime
    sections: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """``width`` and ``height`` reserve the room before the picture arrives; empty ``alt``: decoration."""

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in the site's zone, absolute and as a distance from now (``is_recent``: under a week)."""

    at: datetime
    ago: str
    is_recent: bool

    @property
    def iso(self) -> str:
        return self.at.isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class ArticleCard:
    headline: str
    standfirst: str
    byline: str
    url: str
    section: Link
    published: Moment
    comment_count: int
    is_archival: bool
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class FrontPage:
    """The newest articles laid out: one lead, three beside it, a row of pictures, the rest."""

    lead: ArticleCard | None
    beside: tuple[ArticleCard, ...]
    row: tuple[ArticleCard, ...]
    rest: tuple[ArticleCard, ...]
    discussed: tuple[ArticleCard, ...]
    archive: tuple[ArticleCard, ...]


@dataclass(frozen=True, slots=True)
class ArticlePage:
    card: ArticleCard
    slug: str
    body: SafeString
    canonical_url: str
    description: str
    picture: Picture | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ad:
    """Words and perhaps a picture, or a picture alone (``is_picture``); never anybody's markup.

    Args:
        words: the house's own, in the room of an ad that could not be chosen; the script may fill it later
            for ``article`` of ``site``.
        view: the page view, so that what the script asks for later knows what stands here.
    """

    slot: str
    label: str
    disclosure: str = ""
    headline: str = ""
    text: str = ""
    call_to_action: str = ""
    url: str = ""
    picture: Picture | None = None
    is_picture: bool = False
    notice: str = ""
    impression_url: str = ""
    viewable_url: str = ""
    reference: str = ""
    words: str = ""
    article: str = ""
    site: str = ""
    view: str = ""


@dataclass(frozen=True, slots=True)
class CommentRow:
    """One comment of a thread flattened to document order, so that one loop renders any depth.

    Args:
        opens: replies follow, nested in this one.
        is_hidden: a tombstone: taken down, but its replies stand.
        closes: how many open threads end after this row (a range, to loop over).
        replies: published ones that follow, nested in this one.
        voted: what the reader of this page has just said about it: 1, -1, or 0 for nothing known.
    """

    id: str
    name: str
    label: str
    body: SafeString
    posted: Moment
    edited: Moment | None
    depth: int
    badges: tuple[str, ...]
    reply_url: str
    opens: bool
    closes: range
    is_hidden: bool = False
    replies: int = 0
    is_folded: bool = False
    votes: int = 0
    voted: int = 0
    more_replies_url: str = ""
    more_replies: int = 0
    ad: Ad | None = None  # stands before this row


@dataclass(frozen=True, slots=True)
class Thread:
    count: int
    rows: tuple[CommentRow, ...]
    sorts: tuple[Link, ...]
    sort: str = "newest"
    more_url: str = ""
    first_url: str = ""
    is_open: bool = True
    has_downvotes: bool = False
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class ReplyTo:
    id: str
    name: str
    excerpt: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class Form:
    """*Leave a reply*, as the reader left it. ``errors``: messages by field; ``summary``: about the whole."""

    action: str
    api_url: str
    token_url: str
    token: str
    key: str
    name: str = ""
    email: str = ""
    body: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    reply_to: ReplyTo | None = None
    preview: SafeString | None = None

    @property
    def preview_name(self) -> str:
        """The name as it will be stored: without what turns the direction of writing around."""
        return clean_name(self.name)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the comment that this reader has just sent."""

    status: str
    private_url: str
    comment_url: str = ""
    reason: str = ""
    wait: str = ""
    is_nudged: bool = False


@dataclass(frozen=True, slots=True)
class Reword:
    """The article's form, begun with a refused text."""

    action: str
    token: str
    key: str
    name: str
    body: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class StatusPage:
    """What became of one comment. Without ``action`` (a token that can only look) nothing can be changed."""

    status: str
    reason: str
    name: str
    text: str
    article: Link
    comment_url: str
    sent: Moment
    action: str = ""
    wait: str = ""
    edit_until: Moment | None = None
    edit_text: str = ""
    can_withdraw: bool = False
    is_nudged: bool = False
    problem: str = ""
    reword: Reword | None = None
