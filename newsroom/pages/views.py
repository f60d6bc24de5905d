"""Public pages. Reading sets no cookie and needs no script."""

from __future__ import annotations

import sys
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from ads.readers import reader_of
from articles.models import Article, Section
from articles.selectors import readable_article, readable_articles, site_for
from comments.models import Comment
from comments.selectors import published_counts
from comments.tokens import is_author_token, is_status_token, sent_token
from newsroom.pages.advertisements import PageAds, page_ads
from newsroom.pages.answering import (
    FRESH,
    PRIVATE,
    answer_page,
    comes_from_elsewhere,
    see_other,
    site_masthead,
)
from newsroom.pages.appealing import appeal_part
from newsroom.pages.article_page import Asked, article_context
from newsroom.pages.cards import article_cards, front_page, section_link, zone_of
from newsroom.pages.context import Masthead, Thread
from newsroom.pages.discussion import permalink
from newsroom.pages.forms import MAX_BYTES, Refused, Typed, send_reply
from newsroom.pages.private_page import act, private_url, status_page
from newsroom.pages.waiting import wait_for_decision

FRONT_ARTICLES = 20
SECTION_ARTICLES = 20


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    site, now = site_for(request), timezone.now()
    articles = list(readable_articles(site=site, at=now)[:FRONT_ARTICLES])
    counts = published_counts(article.pk for article in articles)
    context = {
        "masthead": site_masthead(site),
        "page": front_page(article_cards(articles, counts=counts, now=now, zone=zone_of(site))),
        "canonical_url": settings.NEWSROOM_BASE_URL + reverse("pages:front"),
    }
    return answer_page("pages/front.html", context)


@require_safe
def section(request: HttpRequest, slug: str) -> HttpResponse:
    site, now = site_for(request), timezone.now()
    found = get_object_or_404(Section, site=site, slug=slug)
    number = _page_number(request.GET.get("page", "1"))
    start = (number - 1) * SECTION_ARTICLES
    articles = list(
        readable_articles(site=site, at=now).filter(section=found)[start : start + SECTION_ARTICLES + 1]
    )
    if number > 1 and not articles:
        raise Http404
    shown = articles[:SECTION_ARTICLES]
    path = reverse("pages:section", args=[found.slug])
    context = {
        "masthead": site_masthead(site, current=found.slug),
        "section": section_link(found, current=found.slug),
        "cards": article_cards(
            shown, counts=published_counts(a.pk for a in shown), now=now, zone=zone_of(site)
        ),
        "more_url": f"{path}?page={number + 1}" if len(articles) > SECTION_ARTICLES else "",
        "canonical_url": settings.NEWSROOM_BASE_URL + path + (f"?page={number}" if number > 1 else ""),
    }
    return answer_page("pages/section.html", context)


# No cookie stands for anybody here, so there is no session to ride on: the signed form token and
# the check below take the place of Django's cookie, which would be set for every reader.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def article(request: HttpRequest, slug: str) -> HttpResponse:
    found = readable_article(site=site_for(request), slug=slug, at=timezone.now())
    if request.method == "POST":
        return _reply(request, found)
    return _article(request, found)


# As above; here the token in the address is what another site cannot know.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def comment_status(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """The author's own page about one comment; without a token, the way to where it stands."""
    if request.method != "POST" and "token" not in request.GET:
        readable = Comment.objects.under_readable_articles(at=timezone.now()).select_related("article")
        comment = get_object_or_404(readable.visible(), pk=comment_id)
        return HttpResponseRedirect(permalink(comment), headers=FRESH)
    token = request.GET.get("token", "")
    if not is_status_token(comment_id, token):
        raise Http404
    related = ("article__site", "article__section")
    comment = get_object_or_404(Comment.objects.select_related(*related), pk=comment_id)
    not_done = None
    if request.method == "POST":
        if not is_author_token(comment_id, token) or comes_from_elsewhere(request):
            raise PermissionDenied
        not_done = act(request, comment, at=timezone.now())
        if not_done is None:
            wait_for_decision(comment_id)
            return see_other(private_url(comment, is_author=True))
    page = status_page(comment, token=token, not_done=not_done, now=timezone.now())
    headers = dict(PRIVATE)
    if not_done and not_done.retry_after_s:
        headers["Retry-After"] = str(not_done.retry_after_s)
    appeal = appeal_part(comment, token=token)
    context = {"masthead": site_masthead(comment.article.site), "page": page, "appeal": appeal}
    return answer_page(
        "pages/status.html", context, status=not_done.status if not_done else HTTPStatus.OK, headers=headers
    )


@require_safe
def about_comments(request: HttpRequest) -> HttpResponse:
    return answer_page("pages/about_comments.html", {"masthead": site_masthead(site_for(request))})


@require_safe
def ads_txt(request: HttpRequest) -> HttpResponse:
    """Who may sell this title's space, from its settings; 404 where they say nothing."""
    text = site_for(request).ads_txt.strip()
    if not text:
        raise Http404
    headers = {"Cache-Control": "public, max-age=3600"}
    return HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8", headers=headers)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(
        request,
        HTTPStatus.FORBIDDEN,
        heading=gettext("You may not do that here"),
        explanation=gettext(
            "If you were writing a comment: go back, reload the page, and send it from there."
        ),
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(
        request,
        HTTPStatus.NOT_FOUND,
        heading=gettext("There is no such page"),
        explanation=gettext("Perhaps the address was mistyped, or what stood here is no longer published."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort: nothing here reads the database. 503 when it was the database that did not answer."""
    is_away = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_away else HTTPStatus.INTERNAL_SERVER_ERROR
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "5"} if is_away else {})
    return answer_page("500.html", {"status": int(status)}, status=status, headers=headers)


def _article(request: HttpRequest, article: Article, *, refused: Refused | None = None) -> HttpResponse:
    now = timezone.now()
    reader = reader_of(request)

    def ads(thread: Thread) -> PageAds:
        return page_ads(article, thread, at=now, reader=reader)

    asked = Asked.from_query(request.GET)
    context = article_context(article, asked=asked, refused=refused, now=now, ads=ads)
    headers = dict(PRIVATE if context["is_private"] or refused else FRESH)
    if refused and refused.retry_after_s:
        headers["Retry-After"] = str(refused.retry_after_s)
    return answer_page(
        "pages/article.html", context, status=refused.status if refused else 200, headers=headers
    )


def _reply(request: HttpRequest, article: Article) -> HttpResponse:
    if comes_from_elsewhere(request):
        raise PermissionDenied
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        return _error(
            request,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            heading=gettext("That is too long"),
            explanation=gettext(
                "A comment may have 5,000 characters. Go back: your browser still has the text."
            ),
        )
    answer = send_reply(request, article=article, typed=Typed.from_post(request.POST), at=timezone.now())
    if isinstance(answer, Refused):
        return _article(request, article, refused=answer)
    wait_for_decision(answer)
    query = urlencode({"sent": str(answer), "token": sent_token(answer)})
    return see_other(f"{article.get_absolute_url()}?{query}#sent")


def _page_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 6 or int(text) < 1:
        raise Http404
    return int(text)


def _error(request: HttpRequest, status: HTTPStatus, *, heading: str, explanation: str) -> HttpResponse:
    """An error page in the site's dress; a bare one where the site itself cannot be read."""
    try:
        top = site_masthead(site_for(request))
    except (Http404, DatabaseError):
        top = Masthead(
            name="Newsroom",
            tagline="",
            language=settings.LANGUAGE_CODE,
            zone=ZoneInfo(settings.TIME_ZONE),
            now=timezone.now(),
        )
    context = {"masthead": top, "status": int(status), "heading": heading, "explanation": explanation}
    return answer_page("pages/error.html", context, status=status, headers={"Cache-Control": "no-store"})
