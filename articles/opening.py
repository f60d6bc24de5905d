"""When an article takes comments: the switches of site, section and article, and times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from articles.models import Article


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether comments are taken, and, where they are closed only for now, when they are again."""

    is_open: bool
    reopens_at: datetime | None = None


OPEN, CLOSED = Opening(True), Opening(False)


def opening(article: Article, *, at: datetime) -> Opening:
    """Whether an article takes comments at ``at``; its site and section must be loaded."""
    site = article.site
    if not (site.comments_open and article.section.comments_open and article.comments_open):
        return CLOSED
    if article.comments_close_at is not None and at >= article.comments_close_at:
        return CLOSED
    if site.comments_closed_until is not None and at < site.comments_closed_until:
        return Opening(False, site.comments_closed_until)
    return OPEN
