"""From articles to what the pages show of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse

from articles.models import Article, Section, Site
from newsroom.pages.context import ArticleCard, FrontPage, Link, Masthead, Picture
from newsroom.pages.pictures import HEIGHT, WIDTH, drawing
from newsroom.pages.times import moment

BESIDE = 3
ROW = 4
DISCUSSED = 4


def zone_of(site: Site) -> ZoneInfo:
    return ZoneInfo(site.time_zone)


def masthead(*, site: Site, sections: Sequence[Section], now: datetime, current: str = "") -> Masthead:
    return Masthead(
        name=site.name,
        tagline=site.tagline,
        language=site.language,
        zone=zone_of(site),
        now=now,
        sections=tuple(section_link(section, current=current) for section in sections),
    )


def section_link(section: Section, *, current: str = "") -> Link:
    return Link(
        label=section.name, url=reverse("pages:section", args=[section.slug]), current=section.slug == current
    )


def article_card(article: Article, *, comment_count: int, now: datetime, zone: ZoneInfo) -> ArticleCard:
    """The article as lists show it. Only a draft, in preview, has no date: it counts as new."""
    return ArticleCard(
        headline=article.headline,
        standfirst=article.standfirst,
        byline=article.byline,
        url=article.get_absolute_url(),
        section=section_link(article.section),
        published=moment(article.published_at or now, now=now, zone=zone),
        comment_count=comment_count,
        is_archival=article.is_from_archive,
        picture=own_picture(article) or drawing(section_slug=article.section.slug, article_slug=article.slug),
    )


def own_picture(article: Article) -> Picture | None:
    """The article's photograph. The style sheet crops every picture to one shape, so its room is known."""
    if not article.image:
        return None
    return Picture(url=article.image.url, alt=article.image_alt, width=WIDTH, height=HEIGHT)


def article_cards(
    articles: Sequence[Article], *, counts: Mapping[UUID, int], now: datetime, zone: ZoneInfo
) -> list[ArticleCard]:
    """Cards in the order of ``articles``; ``counts``: published comments by article id."""
    return [
        article_card(article, comment_count=counts.get(article.pk, 0), now=now, zone=zone)
        for article in articles
    ]


def front_page(cards: Sequence[ArticleCard]) -> FrontPage:
    """Lay out ``cards`` (newest first). What is from the archive stands apart, however new its row is."""
    current = [card for card in cards if not card.is_archival]
    by_talk = sorted(
        (card for card in current if card.comment_count), key=lambda card: card.comment_count, reverse=True
    )
    return FrontPage(
        lead=current[0] if current else None,
        beside=tuple(current[1 : 1 + BESIDE]),
        row=tuple(current[1 + BESIDE : 1 + BESIDE + ROW]),
        rest=tuple(current[1 + BESIDE + ROW :]),
        discussed=tuple(by_talk[:DISCUSSED]),
        archive=tuple(card for card in cards if card.is_archival),
    )
