"""The demo title: site, sections, tags and articles. What is already there stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.text import slugify

from articles.models import Article, Section, Sensitivity, Site, Tag
from seeds.clock import published_at
from seeds.content import ArticleText, load


def seed_site() -> Site:
    """The demo site, the default one unless another already is."""
    facts = load().site
    is_default = not Site.objects.filter(is_default=True).exists()
    site, _ = Site.objects.get_or_create(
        code=facts["code"], defaults=facts | {"is_default": is_default, "demo": True}
    )
    return site


def seed_sections(site: Site) -> dict[str, Section]:
    """The sections by slug, in the order of the file."""
    sections = {}
    for position, facts in enumerate(load().sections):
        ((topic, risk),) = facts["default"].items()
        defaults = {"name": facts["name"], "position": position, "default_topic": topic, "default_risk": risk}
        section, _ = Section.objects.get_or_create(site=site, slug=facts["slug"], defaults=defaults)
        sections[section.slug] = section
    return sections


def seed_articles(site: Site, sections: dict[str, Section], *, now: datetime) -> dict[str, Article]:
    """The articles that were not there yet, by the key of their text."""
    texts = load().articles
    known = set(Article.objects.filter(site=site).values_list("slug", flat=True))
    new = {text.key: _article(text, site, sections, now=now) for text in texts if text.slug not in known}
    Article.objects.bulk_create(new.values())
    Sensitivity.objects.bulk_create(_sensitivities(texts, new))
    _tag(site, [text for text in texts if text.key in new], new)
    return new


def _article(text: ArticleText, site: Site, sections: dict[str, Section], *, now: datetime) -> Article:
    at = published_at(text.published, now=now, zone=ZoneInfo(site.time_zone))
    return Article(
        site=site,
        section=sections[text.section],
        headline=text.headline,
        standfirst=text.standfirst,
        body=text.body,
        byline=text.byline,
        slug=text.slug,
        external_id=f"demo-{text.key}",
        status=Article.Status.ARCHIVED if text.is_archive else Article.Status.PUBLISHED,
        published_at=at,
        demo=True,
    )


def _sensitivities(texts: Iterable[ArticleText], articles: dict[str, Article]) -> Iterator[Sensitivity]:
    for text in texts:
        article = articles.get(text.key)
        if article is None or article.published_at is None:
            continue
        for topic, risk in text.sensitivity.items():
            yield Sensitivity(article=article, topic=topic, risk=risk, at=article.published_at)


def _tag(site: Site, texts: list[ArticleText], articles: dict[str, Article]) -> None:
    names = {slugify(name): name for text in texts for name in text.tags}
    wanted = [Tag(site=site, slug=slug, name=name) for slug, name in sorted(names.items())]
    Tag.objects.bulk_create(wanted, ignore_conflicts=True)
    tags = {tag.slug: tag for tag in Tag.objects.filter(site=site, slug__in=names)}
    Article.tags.through.objects.bulk_create(
        Article.tags.through(article_id=articles[text.key].pk, tag_id=tags[slugify(name)].pk)
        for text in texts
        for name in text.tags
    )
