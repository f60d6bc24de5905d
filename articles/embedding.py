"""Pages elsewhere that show an article's comments: which may, and the article that such a page stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from articles.models import Article, Section, Site
from articles.origins import canonical, origin_of
from articles.services import free_slug
from articles.sites import all_sites
from newsroom.audit.services import record
from newsroom.errors import DomainError


class OriginNotAllowed(DomainError):
    code = "origin_not_allowed"
    status = 403
    title = "This site's comments may not be embedded there"


class NoSection(DomainError):
    code = "no_section"
    status = 409
    title = "The site has no section yet for the article to stand in"


def allowed_origins(site: Site) -> frozenset[str]:
    """Origins of pages that may show this site's comments, its own domain among them."""
    return frozenset(site.embed_origins.split()) | {f"https://{site.domain.lower()}"}


def is_allowed_anywhere(origin: str, sites: Iterable[Site] | None = None) -> bool:
    """Whether some site lets pages of this origin show its comments."""
    return any(origin in allowed_origins(site) for site in (all_sites() if sites is None else sites))


def article_at(site: Site, url: str, *, at: datetime) -> Article | None:
    """The readable article with this canonical address; one from the CMS before a stub."""
    found = Article.objects.filter(site=site, canonical_url=canonical(url)).published(at=at)
    return found.select_related("site", "section").order_by("is_stub", "-published_at").first()


def stub_article(
    site: Site, url: str, *, at: datetime, count_one: Callable[[], None] = lambda: None
) -> tuple[Article, bool]:
    """The article at this address, made if it is unknown; whether it was made. Safe to run twice at once.

    A stub is on no list, its comments are read by a person first, and it carries house ads only, until the
    CMS or an editor fills it. Its headline is the address: what a page calls itself is not believed.

    Args:
        count_one: called before one is made; what it raises stops that.

    Raises:
        OriginNotAllowed: the page's origin is not on the site's list.
        NoSection, FieldError.
    """
    address = canonical(url)
    if origin_of(address) not in allowed_origins(site):
        raise OriginNotAllowed("Add the page's origin to the site's embed origins.")
    known = article_at(site, address, at=at)
    if known is not None:
        return known, False
    section = Section.objects.filter(site=site).first()
    if section is None:
        raise NoSection
    count_one()
    try:
        with transaction.atomic():
            article = _make(site, section, address, at)
    except IntegrityError:  # Another reader opened the same page at the same moment.
        return Article.objects.select_related("site", "section").get(
            site=site, canonical_url=address, is_stub=True
        ), False
    return article, True


def _make(site: Site, section: Section, address: str, at: datetime) -> Article:
    parts = urlsplit(address)
    article = Article.objects.create(
        site=site,
        section=section,
        headline=f"{parts.netloc}{parts.path}"[:200],
        slug=free_slug(site, parts.path.rstrip("/").rpartition("/")[2] or parts.netloc),
        canonical_url=address,
        status=Article.Status.PUBLISHED,
        published_at=at,
        is_stub=True,
    )
    record(action="article.stub", object_type="article", object_id=article.pk, actor_kind="system")
    return article
