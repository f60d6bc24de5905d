"""What the demo's editors chose: under the liveliest articles one pinned comment and one pick."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from articles.models import Article
from comments.highlighting import pick_comment, pin_comment
from comments.models import Comment, Thread

ARTICLES = 3


def seed_highlights(articles: Iterable[Article], *, editor: Any) -> None:
    """Of articles that were just made: later ones are the editors' own affair."""
    threads = Thread.objects.filter(article__in=[article.pk for article in articles])
    for thread in threads.order_by("-published_count", "pk")[:ARTICLES]:
        shown = Comment.objects.published().filter(article=thread.article_id)
        most_answered = shown.filter(depth=0).order_by("-reply_count", "created_at").first()
        if most_answered is None:
            continue
        pin_comment(comment_id=most_answered.pk, actor=editor, is_pinned=True)
        liked = shown.exclude(pk=most_answered.pk).order_by("-votes", "created_at").first()
        if liked is not None:
            pick_comment(comment_id=liked.pk, actor=editor, is_pick=True)
