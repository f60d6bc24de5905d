"""Atom feeds of published comments: of one article, and of the whole site."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext, override
from django.views.decorators.http import require_safe

from articles.models import Site
from articles.selectors import readable_article, site_for
from comments.models import Comment, CommentQuerySet
from newsroom.api import is_match, strong_etag
from newsroom.pages.discussion import permalink
from newsroom.pages.text import comment_html

MOST_ENTRIES = 50


@require_safe
def article_feed(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest published comments of one article."""
    site = site_for(request)
    article = readable_article(site=site, slug=slug, at=timezone.now())
    with override(site.language):
        title = gettext("Comments on “%(headline)s”") % {"headline": article.headline}
        comments = Comment.objects.filter(article=article)
        path = article.get_absolute_url()
        return _feed(request, site=site, title=title, path=path, comments=comments)


@require_safe
def site_feed(request: HttpRequest) -> HttpResponse:
    """The newest published comments of all articles that readers may see."""
    site = site_for(request)
    with override(site.language):
        title = gettext("Comments in %(site)s") % {"site": site.name}
        comments = Comment.objects.filter(article__site=site).under_readable_articles(at=timezone.now())
        return _feed(request, site=site, title=title, path=reverse("pages:front"), comments=comments)


def _feed(
    request: HttpRequest, *, site: Site, title: str, path: str, comments: CommentQuerySet
) -> HttpResponse:
    newest = list(
        comments.published().select_related("article").order_by("-created_at", "-id")[:MOST_ENTRIES]
    )
    feed = _Feed(
        title=title,
        link=settings.NEWSROOM_BASE_URL + path,
        description="",
        language=site.language,
        feed_url=settings.NEWSROOM_BASE_URL + request.path,
    )
    for comment in newest:
        feed.add_item(
            title=gettext("%(name)s on “%(headline)s”")
            % {"name": comment.name, "headline": comment.article.headline},
            link=settings.NEWSROOM_BASE_URL + permalink(comment),
            description=comment_html(comment.body),
            author_name=comment.name,
            unique_id=comment.pk.urn,
            pubdate=comment.created_at,
            updateddate=comment.edited_at or comment.created_at,
        )
    body = feed.writeString("utf-8")
    etag = strong_etag("feed", body)
    headers = {"ETag": etag, "Cache-Control": "public, no-cache"}
    if is_match(request.headers.get("If-None-Match", ""), etag):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="application/atom+xml; charset=utf-8", headers=headers)


class _Feed(Atom1Feed):
    """Nothing in it depends on the moment it is asked for, so that its ETag holds while nothing changes."""

    def latest_post_date(self) -> datetime:
        dates = [item["updateddate"] for item in self.items]
        return max(dates, default=datetime(2000, 1, 1, tzinfo=timezone.get_default_timezone()))
