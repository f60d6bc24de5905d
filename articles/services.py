"""Creating and updating articles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from articles.models import Article, Risk, Section, Sensitivity, Site, Tag
from articles.origins import canonical
from articles.proposals import RISKS, Proposal, propose
from articles.selectors import proposed_sensitivities, sensitivities
from newsroom.audit.services import record
from newsroom.errors import DomainError, FieldError

RESERVED_SLUGS = {"by-source"}  # A path of the API.


class SourceConflict(DomainError):
    code = "source_conflict"
    status = 409
    title = "Two writers created this article at once; send it again"


def save_from_source(
    *, site: Site, external_id: str, fields: Mapping[str, Any], actor: Any, at: datetime
) -> tuple[Article, bool]:
    """Create or update the article with this id in the content management system; whether it was created.

    Sending the same again changes nothing. Fields that are absent stay as they are.

    Raises:
        FieldError: the section is unknown.
        SourceConflict: another call created the same article at the same moment.
    """
    section = Section.objects.filter(site=site, slug=fields["section"]).first()
    if section is None:
        raise FieldError("section", f"This site has no section {fields['section']!r}.", code="does_not_exist")
    try:
        with transaction.atomic():
            return _save(site, section, external_id, fields, actor, at)
    except IntegrityError:  # Another call made the article, or took the slug, a moment ago: now it is seen.
        pass
    try:
        with transaction.atomic():
            return _save(site, section, external_id, fields, actor, at)
    except IntegrityError as error:
        raise SourceConflict from error


def _save(
    site: Site, section: Section, external_id: str, fields: Mapping[str, Any], actor: Any, at: datetime
) -> tuple[Article, bool]:
    article = Article.objects.select_for_update().filter(site=site, external_id=external_id).first()
    is_new = article is None
    if article is None:
        article = _filled_stub(site, external_id, fields["url"])
        is_new = article is None
    if article is None:
        slug = free_slug(
            site, urlsplit(fields["url"]).path.rstrip("/").rpartition("/")[2] or fields["headline"]
        )
        article = Article(
            site=site, external_id=external_id, slug=slug, status=Article.Status.PUBLISHED, published_at=at
        )
    wanted = {"section": section, "headline": fields["headline"], "canonical_url": fields["url"]}
    wanted |= {
        name: fields[name] for name in ("body", "standfirst", "byline", "published_at") if name in fields
    }
    changed = [name for name, value in wanted.items() if is_new or getattr(article, name) != value]
    if is_new or changed:
        for name, value in wanted.items():
            setattr(article, name, value)
        article.save()
    if _set_tags(article, fields["tags"]):
        changed.append("tags")
        article.save(update_fields=["updated_at"])  # The tags are part of what readers are given.
    source = Sensitivity.Source.CMS
    if not fields.get("sensitivity") and (is_new or changed):
        propose_sensitivity(article)
    changed += [
        "sensitivity"
        for entry in fields.get("sensitivity", [])
        if set_sensitivity(article=article, **entry, source=source, actor=actor)
    ]
    if is_new or changed:
        action = "article.create" if is_new else "article.update"
        record(
            action=action,
            object_type="article",
            object_id=article.pk,
            actor_kind="person",
            actor=actor,
            data={"fields": sorted(set(changed))},
        )
    return article, is_new


def _filled_stub(site: Site, external_id: str, url: str) -> Article | None:
    """The stub that stood for this page: readers came to it before the CMS did, and their comments stay."""
    stubs = Article.objects.select_for_update().filter(site=site, is_stub=True)
    article = stubs.filter(canonical_url__in={url, canonical(url)}).first()
    if article is not None:
        article.external_id, article.is_stub = external_id, False
        article.save(update_fields=["external_id", "is_stub"])
    return article


def set_sensitivity(
    *, article: Article, topic: str, risk: str, source: str, actor: Any = None, reason: str = ""
) -> bool:
    """Note a topic's risk; whether it changed. Earlier rows stay, as history."""
    latest = Sensitivity.objects.filter(article=article, topic=topic).order_by("-at", "-id").first()
    is_confirmed = source == Sensitivity.Source.EDITOR and latest is not None and latest.source != source
    if latest is not None and latest.risk == risk and not is_confirmed:
        return False
    before = sensitivities(article).get(topic, "")
    Sensitivity.objects.create(
        article=article, topic=topic, risk=risk, source=source, set_by=actor, reason=reason
    )
    record(
        action="article.sensitivity",
        object_type="article",
        object_id=article.pk,
        actor_kind="person" if actor else "system",
        actor=actor,
        data={"topic": topic, "before": before, "after": risk},
    )
    return True


def propose_sensitivity(article: Article) -> list[Proposal]:
    """Note what words and section speak for, where no person and no CMS has said anything. Safe to run twice.

    Risks are raised, never lowered: a word that an edit took out does not make an article harmless.
    """
    if Sensitivity.objects.filter(article=article).exclude(source=Sensitivity.Source.PROPOSED).exists():
        return []
    known = sensitivities(article) if Sensitivity.objects.filter(article=article).exists() else {}
    proposals = propose(
        top=f"{article.headline}. {article.standfirst}",
        body=article.body,
        default_topic=article.section.default_topic,
        default_risk=article.section.default_risk,
        language=article.site.language,
    )
    for proposal in proposals:
        noted = known.get(proposal.topic)
        if noted is not None and RISKS.index(noted) >= RISKS.index(proposal.risk):
            continue
        set_sensitivity(
            article=article,
            topic=proposal.topic,
            risk=proposal.risk,
            source=Sensitivity.Source.PROPOSED,
            reason=", ".join(proposal.because)[:300],
        )
    return proposals


def answer_proposal(*, article: Article, is_right: bool, actor: Any) -> int:
    """Confirm what was proposed, or say that it is of low risk; how many topics that settles."""
    proposed = proposed_sensitivities(article)
    for row in proposed:
        set_sensitivity(
            article=article,
            topic=row.topic,
            risk=row.risk if is_right else Risk.LOW,
            source=Sensitivity.Source.EDITOR,
            actor=actor,
            reason="proposal confirmed" if is_right else "proposal refused",
        )
    return len(proposed)


def _set_tags(article: Article, names: Sequence[str]) -> bool:
    wanted = {}
    for name in names:
        slug = slugify(name)[:80]
        if slug:
            wanted[slug] = name
    tags = []
    for slug, name in wanted.items():
        tag, _ = Tag.objects.get_or_create(site=article.site, slug=slug, defaults={"name": name})
        tags.append(tag)
    current = set(article.tags.values_list("slug", flat=True))
    if current == set(wanted):
        return False
    article.tags.set(tags)
    return True


def free_slug(site: Site, text: str) -> str:
    """A slug from a text that no article of the site has yet."""
    base = slugify(text)[:100] or "article"
    similar = Article.objects.filter(site=site, slug__startswith=base).values_list("slug", flat=True)
    taken = RESERVED_SLUGS | set(similar)
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"
