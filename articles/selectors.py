"""Reading sites and articles."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest

from articles.models import Article, ArticleQuerySet, Risk, Section, Sensitivity, Site, Topic
from articles.sites import site_by_code, site_by_host
from newsroom.prepared import row_of

_RISK_ORDER = [Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.NO_ADS]


def site_for(request: HttpRequest) -> Site:
    """The site named by ``?site=``, else by Host, else the default one.

    Raises:
        Http404: ``?site=`` names no site, or there is none at all.
    """
    code = request.GET.get("site")
    site = site_by_code(code) if code is not None else site_by_host(request.get_host())
    if site is None:
        raise Http404
    return site


def readable_articles(*, site: Site, at: datetime) -> ArticleQuerySet:
    """What lists show: not the stubs that stand for pages elsewhere."""
    found = Article.objects.filter(site=site, is_stub=False).published(at=at)
    return found.newest_first().select_related("section")


def readable_article(*, site: Site, slug: str, at: datetime) -> Article:
    """One article that readers may see.

    Raises:
        Http404: no such article, or not public at ``at``.
    """
    article = (
        Article.objects.filter(site=site, slug=slug)
        .published(at=at)
        .select_related("site", "section")
        .first()
    )
    if article is None:
        raise Http404
    return article


_ARTICLE = (  # In the model's order, as `Model.from_db` wants it.
    "id", "site_id", "section_id", "headline", "slug", "published_at",
    "comments_close_at", "comments_open", "close_after_days",
)  # fmt: skip
_SECTION = ("id", "comments_open", "close_after_days")
_COMMENTABLE = f"""
SELECT {", ".join(f"article.{each}" for each in _ARTICLE)},
    {", ".join(f"section.{each}" for each in _SECTION)}
FROM articles_article AS article JOIN articles_section AS section ON section.id = article.section_id
WHERE article.site_id = %s AND article.slug = %s AND article.status IN ('published', 'scheduled', 'archived')
    AND article.published_at <= %s
"""  # noqa: S608  (names of columns)


def commentable_article(*, site: Site, slug: str, at: datetime) -> Article:
    """The same article with only what accepting a comment asks of it. In SQL: a POST's dearest query.

    Raises:
        Http404: no such article, or not public at ``at``.
    """
    row = row_of(_COMMENTABLE, [site.pk, slug, at])
    if row is None:
        raise Http404
    article = Article.from_db("default", _ARTICLE, row[: len(_ARTICLE)])
    article.section = Section.from_db("default", _SECTION, row[len(_ARTICLE) :])
    article.site = site
    return article


def sensitivities(article: Article) -> dict[str, str]:
    """Risk per sensitive topic: the latest row per topic, else the section's default, else empty (medium)."""
    rows = Sensitivity.objects.filter(article=article).order_by("topic", "-at", "-id").distinct("topic")
    found = {row.topic: row.risk for row in rows}
    if not found and article.section.default_topic:
        found = {article.section.default_topic: article.section.default_risk}
    return found


def proposed_sensitivities(article: Article) -> list[Sensitivity]:
    """The topics of which only the machine has spoken so far."""
    rows = Sensitivity.objects.filter(article=article).order_by("topic", "-at", "-id").distinct("topic")
    return [row for row in rows if row.source == Sensitivity.Source.PROPOSED]


def effective_sensitivity(article: Article) -> dict[str, str]:
    """Risk per sensitive topic: its own, else its section's default, else *medium* for every topic."""
    return sensitivities(article) or dict.fromkeys(Topic.values, str(Risk.MEDIUM))


def sensitivities_of(articles: Collection[Article]) -> dict[UUID, dict[str, str]]:
    """``effective_sensitivity`` of many articles in one query; their sections must be loaded."""
    rows = Sensitivity.objects.filter(article__in=articles).order_by("article", "topic", "-at", "-id")
    own: dict[UUID, dict[str, str]] = {article.pk: {} for article in articles}
    for row in rows.distinct("article", "topic"):
        own[row.article_id][row.topic] = row.risk
    for article in articles:
        section = article.section
        if not own[article.pk]:
            default = {section.default_topic: section.default_risk} if section.default_topic else {}
            own[article.pk] = default or dict.fromkeys(Topic.values, str(Risk.MEDIUM))
    return own


def highest_risk(article: Article) -> str:
    """The highest risk over all topics; *medium* where nothing is known."""
    return max(
        sensitivities(article).values(), key=lambda risk: _RISK_ORDER.index(Risk(risk)), default=Risk.MEDIUM
    )


def articles_by_slug(*, site: Site, slugs: Iterable[str], at: datetime) -> dict[str, UUID]:
    """Ids of those that readers may see, by slug."""
    found = Article.objects.published(at=at).filter(site=site, slug__in=list(slugs))
    return dict(found.values_list("slug", "id"))
