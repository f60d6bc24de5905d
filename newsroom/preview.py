"""An article as readers will see it, for staff, before it is out."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from articles.models import Article
from newsroom.pages.article_page import Asked, article_context
from newsroom.pages.cards import zone_of

HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def article_preview(request: HttpRequest, article_id: UUID) -> HttpResponse:
    """The public page of any article, without form and advertisements: nothing is sent or counted."""
    if not request.user.has_perm("articles.view_article"):
        raise PermissionDenied
    article = Article.objects.select_related("site", "section").filter(pk=article_id).first()
    if article is None:
        raise Http404
    now = timezone.now()
    planned_for = article.published_at
    article.published_at = planned_for or now
    context = article_context(article, asked=Asked.from_query(request.GET), refused=None, now=now)
    context |= {"form": None, "ad_top": None, "ad_bottom": None, "is_private": True}
    context |= {
        "previewed": article,
        "planned_for": planned_for,
        "closed_note": "Readers will find the comments here.",
    }
    with timezone.override(zone_of(article.site)):
        return HttpResponse(render_to_string("admin/preview.html", context, request=request), headers=HEADERS)
