"""What a policy inherits, what its cut points achieve, and what another one would have done in 30 days."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from articles.models import Article, Section, Site
from comments.models import Comment
from moderation.lifecycle.workbench import Row, recent_rows
from moderation.models import ModelVersion, Policy
from moderation.policy import (
    SETTINGS,
    Finding,
    Layer,
    ResolvedPolicy,
    Thresholds,
    decide,
    resolve,
    shipped_thresholds,
    validate_thresholds,
)

WINDOW = timedelta(days=30)
EXAMPLES = 12
ENOUGH_ROWS = 50  # Shares of fewer comments say little.
BUILT_IN = "built in"
# Between 0 and 1, closer where few comments lie; "never" is 1.
LADDER = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 1.0)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a policy is about: a whole site, one of its sections, or an article."""

    kind: str
    site: Site
    section: Section | None = None
    article: Article | None = None

    @property
    def target(self) -> Site | Section | Article:
        return self.article or (self.section if self.kind == "section" else None) or self.site

    @property
    def outer(self) -> list[tuple[str, str, UUID]]:
        """Kind, name and id of the scopes that it inherits from, the nearest first."""
        found = []
        if self.article is not None and self.section is not None:
            found.append(("section", str(self.section), self.section.pk))
        if self.kind != "site":
            found.append(("site", str(self.site), self.site.pk))
        return found

    def stored(self) -> Policy:
        """Its policy, or a new one that says nothing."""
        key = {
            "site": self.site,
            "section": self.section if self.kind == "section" else None,
            "article": self.article,
        }
        found = Policy.objects.filter(**key).first()
        return found or Policy(**key, version=0)


def scope_of(kind: str, pk: UUID) -> Scope | None:
    """The scope of this kind and id, if there is one."""
    if kind == "site":
        site = Site.objects.filter(pk=pk).first()
        return Scope(kind, site) if site else None
    if kind == "section":
        section = Section.objects.select_related("site").filter(pk=pk).first()
        return Scope(kind, section.site, section) if section else None
    article = Article.objects.select_related("site", "section").filter(pk=pk).first()
    return Scope("article", article.site, article.section, article) if article else None


# --- inheritance --------------------------------------------------------------------------------------
class Resolver:
    """The policy of any article of a site, all of them read once; ``draft`` stands in for its own scope's."""

    def __init__(self, site: Site, manifest: Mapping[str, Any], *, draft: Policy | None = None) -> None:
        self.shipped = shipped_thresholds(manifest)
        self._policies: dict[UUID, Policy] = {
            one.article_id or one.section_id or one.site_id: one for one in Policy.objects.filter(site=site)
        }
        self.site_id = site.pk
        if draft is not None:
            self._policies[draft.article_id or draft.section_id or draft.site_id] = draft
        self._kept: dict[tuple[UUID | None, UUID | None], ResolvedPolicy] = {}

    def own(self, pk: UUID) -> Policy | None:
        return self._policies.get(pk)

    def of(self, *, section_id: UUID | None = None, article_id: UUID | None = None) -> ResolvedPolicy:
        key = (section_id, article_id)
        if key not in self._kept:
            found = [self._policies.get(pk) for pk in (self.site_id, section_id, article_id) if pk]
            self._kept[key] = resolve(self.shipped, [_layer(one) for one in found if one])
        return self._kept[key]


def _layer(policy: Policy) -> Layer:
    return Layer(
        key=str(policy.pk),
        version=policy.version,
        thresholds=validate_thresholds(policy.thresholds),
        values={name: getattr(policy, name) for name in SETTINGS},
    )


@dataclass(frozen=True, slots=True)
class Inherited:
    """What holds where a scope says nothing itself, and who says so."""

    values: Mapping[str, tuple[Any, str]]
    thresholds: Mapping[str, tuple[Thresholds, str]]
    close_after_days: tuple[int, str]


def inherited_by(scope: Scope, resolver: Resolver) -> Inherited:
    """Each setting as the nearest outer scope that says something has it."""
    builtin = resolve(resolver.shipped, [])
    values = {name: (getattr(builtin, name), BUILT_IN) for name in SETTINGS}
    thresholds = {label: (cut, "the classifier") for label, cut in resolver.shipped.items()}
    age = (0, BUILT_IN)
    for kind, name, pk in reversed(scope.outer):
        days = (scope.site if kind == "site" else scope.section or scope.site).close_after_days
        age = (days, name) if days is not None else age
        policy = resolver.own(pk)
        if policy is None:
            continue
        layer = _layer(policy)
        values |= {key: (value, name) for key, value in layer.values.items() if value is not None}
        thresholds |= {label: (cut, name) for label, cut in layer.thresholds.items()}
    return Inherited(values, thresholds, age)


# --- what cut points achieve --------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Cut:
    """One cut point of a label on one's own comments, or on the classifier's held-out ones.

    Attributes:
        caught: the share of all comments at or above it.
        finds: the share of those that carry the label; expected, since scores are calibrated probabilities.
        right: of those at or above it, the share that carries the label; expected likewise.
        ordinary: the share of those without the label at or above it; told of held-out comments alone.
    """

    at: float
    caught: float | None = None
    finds: float | None = None
    right: float | None = None
    ordinary: float | None = None


def cuts_of(
    rows: Sequence[Row], label: str, *, also: Collection[float], manifest: Mapping[str, Any] | None = None
) -> list[Cut]:
    """The ladder of cut points, and those that are in use, with what each achieves on ``rows``.

    Where there are too few rows, it is what the classifier's ``manifest`` says of held-out comments.
    """
    if len(rows) < ENOUGH_ROWS:
        held_out = held_out_cuts(label, manifest or {})
        return [held_out.get(at, Cut(at)) for at in sorted({*LADDER, *also, *held_out})]
    scores = sorted((row.scores.get(label, 0.0) for row in rows), reverse=True)
    everything = sum(scores)
    found = []
    for at in sorted({*LADDER, *also}):
        above = [score for score in scores if score >= at]
        if at >= 1.0:
            found.append(Cut(at, 0.0, 0.0, None))
            continue
        found.append(
            Cut(
                at,
                caught=len(above) / len(scores),
                finds=sum(above) / everything if everything else None,
                right=sum(above) / len(above) if above else None,
            )
        )
    return found


def held_out_cuts(label: str, manifest: Mapping[str, Any]) -> dict[float, Cut]:
    """What cut points of a label achieve on held-out comments, as far as the classifier's training noted."""
    stated = manifest.get("thresholds", {}).get(label, {})
    steps = [*stated.get("steps", [])]
    steps += [
        {"at": stated[name], **stated[f"{name}_achieves"]}
        for name in ("hold", "reject")
        if f"{name}_achieves" in stated and stated[name] < 1.0
    ]
    return {
        step["at"]: Cut(
            step["at"],
            finds=step.get("recall"),
            right=step.get("precision"),
            ordinary=step.get("ordinary_share"),
        )
        for step in steps
    }


# --- preview --------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Tally:
    """``missed``: published, and people found it bad. ``needless``: kept back, and people found it fine."""

    published: int = 0
    held: int = 0
    rejected: int = 0
    missed: int = 0
    needless: int = 0


@dataclass(frozen=True, slots=True)
class Changed:
    comment: Comment
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What the stored and the proposed policy make of the last 30 days."""

    rows: int
    judged: int
    before: Tally
    after: Tally
    changed: int
    examples: Sequence[Changed]
    came_too_late: int  # They came after the closing age, and would not have been taken.


def rows_in(scope: Scope, version: ModelVersion, *, now: datetime) -> list[Row]:
    """The machine's decisions of the last 30 days under articles of this scope."""
    rows = recent_rows(scope.site, version, now=now)
    if scope.article is not None:
        return [row for row in rows if row.article_id == scope.article.pk]
    if scope.kind == "section" and scope.section is not None:
        return [row for row in rows if row.section_id == scope.section.pk]
    return rows


def preview(
    scope: Scope,
    draft: Policy,
    rows: Sequence[Row],
    version: ModelVersion,
    *,
    days: int | None,
    now: datetime,
) -> Preview:
    """Decide about past comments again, as the policies are and as they would be."""
    manifest = version.manifest
    stored, proposed = Resolver(scope.site, manifest), Resolver(scope.site, manifest, draft=draft)
    supported: Mapping[str, bool] = manifest.get("supported", {})
    published = _published_before([row.comment_id for row in rows])
    before: list[str] = []
    after: list[str] = []
    for row in rows:
        for resolver, outcomes in ((stored, before), (proposed, after)):
            policy = resolver.of(section_id=row.section_id, article_id=row.article_id)
            findings = _findings_under(row.findings, policy, published.get(row.comment_id))
            done = decide(findings=findings, scores=row.scores, supported=supported, policy=policy)
            outcomes.append(done.status)
    changed = [index for index in range(len(rows)) if before[index] != after[index]]
    shown = [rows[index].comment_id for index in changed[:EXAMPLES]]
    comments = Comment.objects.filter(pk__in=shown).select_related("article").defer("article__body").in_bulk()
    return Preview(
        rows=len(rows),
        judged=sum(row.is_violation is not None for row in rows),
        before=_tally(rows, before),
        after=_tally(rows, after),
        changed=len(changed),
        examples=[
            Changed(comments[rows[index].comment_id], before[index], after[index])
            for index in changed[:EXAMPLES]
            if rows[index].comment_id in comments
        ],
        came_too_late=_came_too_late(scope, days, now=now),
    )


def _tally(rows: Sequence[Row], outcomes: Sequence[str]) -> Tally:
    pairs = list(zip(rows, outcomes, strict=True))
    return Tally(
        published=outcomes.count("published"),
        held=outcomes.count("held"),
        rejected=outcomes.count("rejected"),
        missed=sum(row.is_violation is True and status == "published" for row, status in pairs),
        needless=sum(row.is_violation is False and status != "published" for row, status in pairs),
    )


_AS_SET = {"too_many_links", "new_author", "flood"}


def _findings_under(
    findings: Sequence[Finding], policy: ResolvedPolicy, published_before: int | None
) -> list[Finding]:
    """Recorded findings as another policy's limits would have had them. A flood below the limit of that day
    was not recorded, so a stricter limit finds no more of them here."""
    kept = []
    for finding in findings:
        is_ours = finding.code == "premoderated" and finding.data.get("by") != "author"
        if not is_ours and finding.code not in _AS_SET:
            kept.append(finding)
        value = finding.value or 0
        if finding.code == "links" and value > policy.max_links:
            kept.append(Finding("too_many_links"))
        if finding.code == "flood" and value > policy.flood_limit:
            kept.append(finding)
    if policy.premoderate:
        kept.append(Finding("premoderated"))
    if published_before is not None and published_before < policy.new_authors:
        kept.append(Finding("new_author"))
    return kept


_PUBLISHED_BEFORE = """
SELECT mine.comment_id, CASE WHEN mailbox.verified_at IS NULL THEN 0 ELSE (
    SELECT count(*) FROM comments_commentprivate AS others JOIN comments_comment AS earlier
        ON earlier.id = others.comment_id
    WHERE others.mailbox_id = mailbox.id AND earlier.status = 'published' AND earlier.id < mine.comment_id
) END
FROM comments_commentprivate AS mine JOIN comments_mailbox AS mailbox ON mailbox.id = mine.mailbox_id
WHERE mine.comment_id = ANY(%s) AND NOT mailbox.trusted
"""


def _published_before(comment_ids: list[UUID]) -> dict[UUID, int]:
    """How many published comments of its author came before each; none for trusted authors."""
    with connection.cursor() as cursor:
        cursor.execute(_PUBLISHED_BEFORE, [comment_ids])
        return dict(cursor.fetchall())


def _came_too_late(scope: Scope, days: int | None, *, now: datetime) -> int:
    """Comments of the last 30 days that came more than ``days`` after their article."""
    if not days:
        return 0
    late = Comment.objects.filter(
        Q(created_at__gt=F("article__published_at") + timedelta(days=days)),
        article__site=scope.site,
        article__comments_close_at=None,
        created_at__gt=now - WINDOW,
    )
    if scope.kind == "section":
        late = late.filter(article__section=scope.section)
    if scope.article is not None:
        late = late.filter(article=scope.article)
    return late.count()


def with_draft(policy: Policy, *, thresholds: Mapping[str, Thresholds], values: Mapping[str, Any]) -> Policy:
    """``policy`` as typed; not stored."""
    policy.thresholds = {label: {"hold": cut.hold, "reject": cut.reject} for label, cut in thresholds.items()}
    for name in SETTINGS:
        setattr(policy, name, values.get(name))
    return policy


def cut_with(cut: Thresholds, *, hold: float | None, reject: float | None) -> Thresholds:
    """A pair of cut points where one or both are typed; *reject* never lies below *hold*."""
    found = replace(cut) if hold is None and reject is None else None
    if found is not None:
        return found
    wanted = cut.hold if hold is None else hold
    return Thresholds(wanted, max(cut.reject, wanted) if reject is None else reject)
