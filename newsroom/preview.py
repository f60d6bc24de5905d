"""An article, or an ad on one, as readers will see it, for staff, before it is out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from ads.booking_form import BookingForm
from ads.desk_views import TO_BOOK, own_site
from ads.models import Creative
from ads.selectors import FilledSlot, sites_of
from articles.models import Article
from newsroom.pages.advertisements import ABOVE, block
from newsroom.pages.article_page import Asked, article_context
from newsroom.pages.cards import zone_of
from newsroom.pages.context import Ad

HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def article_preview(request: HttpRequest, article_id: UUID) -> HttpResponse:
    """The public page of any article, without form and advertisements: nothing is sent or counted."""
    if not request.user.has_perm("articles.view_article"):
        raise PermissionDenied
    article = Article.objects.select_related("site", "section").filter(pk=article_id).first()
    if article is None:
        raise Http404
    planned_for = article.published_at
    article.published_at = planned_for or timezone.now()
    return _page(request, article, planned_for=planned_for, ad=None)


def ad_preview(request: HttpRequest, creative_id: UUID, article_id: UUID) -> HttpResponse:
    """A real article with one creative above it, as readers would see both; nothing is counted."""
    if not request.user.has_perm("ads.view_creative"):
        raise PermissionDenied
    creatives = Creative.objects.select_related("line_item__campaign__advertiser__site", "image")
    creative = creatives.filter(
        pk=creative_id, line_item__campaign__advertiser__site__in=sites_of(request.user)
    ).first()
    if creative is None:
        raise Http404
    site = creative.line_item.campaign.advertiser.site
    article = Article.objects.select_related("site", "section").filter(pk=article_id, site=site).first()
    if article is None or not article.is_readable(at=timezone.now()):
        raise Http404
    return _page(request, article, planned_for=article.published_at, ad=previewed_ad(creative))


def booking_preview(request: HttpRequest) -> HttpResponse:
    """What the booking form holds, on the article chosen in it; nothing is stored but its picture."""
    site = own_site(request)
    if request.method != "POST" or not request.user.has_perms(TO_BOOK):
        raise PermissionDenied
    form = BookingForm(request.POST, request.FILES, site=site, actor=request.user)
    article = form.cleaned_data.get("article") if form.is_valid() else None
    if form.order is None or article is None:
        words = "; ".join(f"{name}: {' '.join(map(str, errors))}" for name, errors in form.errors.items())
        return HttpResponse(
            words or "Choose an article.", status=400, content_type="text/plain; charset=utf-8"
        )
    return _page(request, article, planned_for=article.published_at, ad=previewed_ad(form.order.unsaved()))


def previewed_ad(creative: Creative) -> Ad:
    """A creative, stored or not yet, as it would stand above an article."""
    advertiser = creative.line_item.campaign.advertiser
    site = advertiser.site
    filled = FilledSlot(
        code="preview",
        position=ABOVE,
        size=creative.size,
        creative=creative,
        sponsor=advertiser.name,
        disclosure=site.disclosure,
        label=site.ad_label,
    )
    return block(filled, creative)


def _page(
    request: HttpRequest, article: Article, *, planned_for: datetime | None, ad: Ad | None
) -> HttpResponse:
    context = article_context(article, asked=Asked.from_query(request.GET), refused=None, now=timezone.now())
    context |= {"form": None, "ad_top": ad, "ad_bottom": None, "is_private": True}
    context |= {
        "previewed": article,
        "planned_for": planned_for,
        "is_of_ad": ad is not None,
        "closed_note": "Readers will find the comments here.",
    }
    with timezone.override(zone_of(article.site)):
        return HttpResponse(render_to_string("admin/preview.html", context, request=request), headers=HEADERS)
