"""Everything that the article page shows, gathered in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext

from articles.models import Article, Section
from articles.opening import Opening, opening
from articles.selectors import readable_articles
from comments.models import Comment
from comments.nudging import is_nudged
from comments.selectors import published_counts
from comments.tokens import is_sent_token, is_status_token
from newsroom.pages.advertisements import NO_ADS, PageAds
from newsroom.pages.cards import article_card, article_cards, masthead, own_picture, zone_of
from newsroom.pages.context import ArticleCard, ArticlePage, Form, Sent, Thread
from newsroom.pages.discussion import (
    DEFAULT_SORT,
    SORTS,
    Place,
    Viewing,
    answered,
    as_uuid,
    discussion,
    permalink,
)
from newsroom.pages.forms import Refused, Typed
from newsroom.pages.private_page import just_sent_url, wait_words
from newsroom.pages.text import article_html, comment_html, first_sentences
from newsroom.pages.words import FIELD_PROBLEMS, PROBLEMS, REASONS, reason_words

MORE_ARTICLES = 6
DESCRIPTION_CHARS = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query string asks of an article page."""

    place: Place
    reply_to: str = ""
    sent: str = ""
    token: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> Asked:
        sort = query.get("sort", DEFAULT_SORT)
        return cls(
            place=Place(
                sort=sort if sort in SORTS else DEFAULT_SORT,
                cursor=query.get("cursor") or None,
                replies_of=as_uuid(query.get("replies_of", "")),
                comment=as_uuid(query.get("comment", "")),
                voted={"1": 1, "-1": -1}.get(query.get("voted", ""), 0),
            ),
            reply_to=query.get("reply_to", ""),
            sent=query.get("sent", ""),
            token=query.get("token", ""),
        )


def article_context(
    article: Article,
    *,
    asked: Asked,
    refused: Refused | None,
    now: datetime,
    ads: Callable[[Thread], PageAds] = lambda _: NO_ADS,
) -> dict[str, Any]:
    """The template's context.

    Args:
        refused: the form comes back with what was typed.
        ads: chosen for all slots of the page at once, so after its thread is known.
    """
    zone = zone_of(article.site)
    now_open = opening(article, at=now)
    is_open = now_open.is_open
    thread = discussion(article, place=asked.place, viewing=Viewing(now, zone, is_open))
    shown = ads(thread)
    typed = refused.typed if refused else Typed.empty(article, at=now, parent=asked.reply_to)
    return {
        "masthead": masthead(
            site=article.site,
            sections=list(Section.objects.filter(site=article.site)),
            now=now,
            current=article.section.slug,
        ),
        "page": _page(article, comment_count=thread.count, now=now),
        "ad_top": shown.above,
        "ad_bottom": shown.below,
        "has_ads": shown.are_any,
        "thread": _with_ads(thread, shown),
        "form": _form(article, typed=typed, refused=refused, place=asked.place)
        if is_open or refused
        else None,
        "closed_note": _closed_note(now_open, now=now, zone=zone),
        "sent": _sent(article, asked=asked, now=now),
        "is_private": bool(asked.token),
        "more": _more_articles(article, now=now),
        "reasons": REASONS,
        "problems": PROBLEMS,
        "field_problems": FIELD_PROBLEMS,
    }


def _closed_note(found: Opening, *, now: datetime, zone: ZoneInfo) -> str:
    """Why there is no form, and since when there is one again, in the title's own time."""
    if found.reopens_at is None:
        return gettext("Comments on this article are closed.")
    opens = found.reopens_at.astimezone(zone)
    time = date_format(opens, "H:i")
    if opens.date() != now.astimezone(zone).date():
        time = gettext("%(day)s, %(time)s") % {"day": date_format(opens, "l, j F"), "time": time}
    return gettext("Comments are closed for now. They open again at %(time)s.") % {"time": time}


def _with_ads(thread: Thread, shown: PageAds) -> Thread:
    if not shown.between:
        return thread
    return replace(thread, rows=tuple(replace(row, ad=shown.between.get(row.id)) for row in thread.rows))


def _page(article: Article, *, comment_count: int, now: datetime) -> ArticlePage:
    card = article_card(article, comment_count=comment_count, now=now, zone=zone_of(article.site))
    return ArticlePage(
        card=card,
        slug=article.slug,
        picture=own_picture(article),  # Drawings stand on lists only: over a text they would say nothing.
        body=article_html(article.body),
        canonical_url=article.canonical_url or settings.NEWSROOM_BASE_URL + article.get_absolute_url(),
        description=first_sentences(article.standfirst or article.body, chars=DESCRIPTION_CHARS),
        tags=tuple(article.tags.values_list("name", flat=True)),
    )


def _form(article: Article, *, typed: Typed, refused: Refused | None, place: Place) -> Form:
    return Form(
        action=article.get_absolute_url(),
        api_url=f"/api/v1/articles/{article.slug}/comments/",
        token_url=f"/api/v1/embeds/?{urlencode({'article': article.slug})}",
        token=typed.token,
        key=typed.key,
        name=typed.name,
        email=typed.email,
        body=typed.body,
        errors=dict(refused.errors) if refused else {},
        summary=refused.summary if refused else "",
        reply_to=answered(article, comment_id=typed.parent, place=place) if typed.parent else None,
        preview=comment_html(refused.preview) if refused and refused.preview else None,
    )


def _sent(article: Article, *, asked: Asked, now: datetime) -> Sent | None:
    """What became of the comment that was just sent from this page; None without its token."""
    identifier = as_uuid(asked.sent)
    if identifier is None or not (
        is_sent_token(identifier, asked.token) or is_status_token(identifier, asked.token)
    ):
        return None
    comment = Comment.objects.filter(article=article, pk=identifier).select_related("article").first()
    if comment is None:
        return None
    is_shown, is_held = comment.status == Comment.Status.PUBLISHED, comment.status == Comment.Status.HELD
    return Sent(
        status=comment.status,
        private_url=just_sent_url(comment, asked.token, at=now),
        comment_url=permalink(comment) if is_shown else "",
        reason=reason_words(comment.reason_code),
        wait=wait_words(article.site, now=now) if is_held else "",
        is_nudged=is_nudged(comment, at=now),
    )


def _more_articles(article: Article, *, now: datetime) -> list[ArticleCard]:
    others = list(readable_articles(site=article.site, at=now).exclude(pk=article.pk)[:MORE_ARTICLES])
    counts = published_counts(other.pk for other in others)
    return article_cards(others, counts=counts, now=now, zone=zone_of(article.site))
