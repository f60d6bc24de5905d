"""The threshold workbench: what another threshold would have done with the last 30 days, and applying it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from articles.models import Site
from moderation.desk.control import save_policy
from moderation.lifecycle.models import AuditSample, GateReport
from moderation.models import Decision, ModelVersion, Policy
from moderation.policy import Finding, ResolvedPolicy, Thresholds, decide, validate_thresholds
from newsroom.errors import DomainError

WINDOW = timedelta(days=30)
MOST_ROWS = 50_000  # The newest; more would keep an editor waiting for a number that hardly changes.
CURVE_POINTS = 101


class PolicyChanged(DomainError):
    code = "policy_changed"
    title = "Somebody else changed the policy meanwhile: look at the effect again"


@dataclass(frozen=True, slots=True)
class Row:
    """One machine decision with its stored scores, and whether people found that it breaks the rules."""

    comment_id: UUID
    scores: Mapping[str, float]
    findings: tuple[Finding, ...]
    policy: ResolvedPolicy
    section_id: UUID | None
    article_id: UUID
    is_violation: bool | None  # None: nobody judged it


@dataclass(frozen=True, slots=True)
class Counts:
    """``missed``: published by the machine, found to break the rules. ``needless``: kept back, found fine."""

    held: int = 0
    rejected: int = 0
    missed: int = 0
    needless: int = 0


@dataclass(frozen=True, slots=True)
class Effect:
    rows: int
    judged: int
    before: Counts
    after: Counts

    @property
    def sentence(self) -> str:
        """Such as "214 more held, 3 fewer missed, 12 more held needlessly"."""
        parts = [
            _difference(self.after.held - self.before.held, "held"),
            _difference(self.after.rejected - self.before.rejected, "rejected"),
            _difference(self.after.missed - self.before.missed, "missed"),
            _difference(self.after.needless - self.before.needless, "kept back needlessly"),
        ]
        return ", ".join(part for part in parts if part) or "no difference"


def _difference(number: int, what: str) -> str:
    if number == 0:
        return ""
    return f"{abs(number):,} {'more' if number > 0 else 'fewer'} {what}"


# --- rows ------------------------------------------------------------------------------------------------
def recent_rows(site: Site, version: ModelVersion, *, now: datetime) -> list[Row]:
    """The machine's decisions about comments of ``site`` in the last 30 days with this version's scores."""
    decisions = Decision.objects.filter(
        actor_kind="machine", at__gt=now - WINDOW, model_version=version, comment__article__site=site
    ).exclude(scores={})
    if not settings.DEMO:
        decisions = decisions.filter(demo=False, comment__demo=False)
    found = list(
        decisions.order_by("-at").values(
            "comment_id",
            "revision",
            "scores",
            "findings",
            "policy",
            "comment__article_id",
            "comment__article__section_id",
        )[:MOST_ROWS]
    )
    judged = _judged(now)
    newest: dict[tuple[UUID, int], dict[str, Any]] = {}
    for row in found:
        newest.setdefault((row["comment_id"], row["revision"]), dict(row))
    return [
        Row(
            comment_id=row["comment_id"],
            scores=row["scores"],
            findings=tuple(
                Finding(f["code"], value=f.get("value"), data=f.get("data", {}))
                for f in row["findings"]
                if not f["code"].startswith("score:")
            ),
            policy=ResolvedPolicy.from_json(row["policy"]),
            section_id=row["comment__article__section_id"],
            article_id=row["comment__article_id"],
            is_violation=judged.get(key),
        )
        for key, row in newest.items()
    ]


def _judged(now: datetime) -> dict[tuple[UUID, int], bool]:
    """Texts that people judged, one by one: True if they break the rules. The newest judgement counts."""
    found: dict[tuple[UUID, int], bool] = {}
    people = Decision.objects.filter(actor_kind="person", is_bulk=False, at__gt=now - WINDOW).order_by("at")
    for comment, revision, outcome in people.values_list("comment_id", "revision", "outcome"):
        if outcome in {"published", "rejected", "removed"}:
            found[comment, revision] = outcome != "published"
        else:
            found.pop((comment, revision), None)
    samples = AuditSample.objects.exclude(verdict="").filter(drawn_at__gt=now - WINDOW)
    for comment, revision, verdict in samples.values_list("comment_id", "revision", "verdict"):
        found.setdefault((comment, revision), verdict == AuditSample.Verdict.VIOLATION)
    return found


# --- the effect -------------------------------------------------------------------------------------------
class Scopes:
    """The thresholds that hold for an article of one site: the classifier's, site's, section's, article's."""

    def __init__(self, site: Site, version: ModelVersion) -> None:
        self.shipped = {
            label: Thresholds(cut["hold"], cut["reject"])
            for label, cut in version.manifest.get("thresholds", {}).items()
        }
        self.supported: Mapping[str, bool] = version.manifest.get("supported", {})
        self.site_policy: Policy | None = None
        self._narrower: dict[UUID, dict[str, Thresholds]] = {}
        for policy in Policy.objects.filter(site=site):
            if policy.section_id is None and policy.article_id is None:
                self.site_policy = policy
            else:
                scope = policy.article_id or policy.section_id
                if scope is not None:
                    self._narrower[scope] = validate_thresholds(policy.thresholds)

    @property
    def of_site(self) -> dict[str, Thresholds]:
        own = validate_thresholds(self.site_policy.thresholds) if self.site_policy else {}
        return self.shipped | own

    def of_row(self, row: Row, base: Mapping[str, Thresholds]) -> dict[str, Thresholds]:
        section = self._narrower.get(row.section_id, {}) if row.section_id else {}
        return {**base, **section, **self._narrower.get(row.article_id, {})}


def effect_of(rows: list[Row], scopes: Scopes, *, label: str, cut: Thresholds) -> Effect:
    """What the site's policy did and would do with these rows if ``label`` had these thresholds."""
    proposed = scopes.of_site | {label: cut}
    return Effect(
        rows=len(rows),
        judged=sum(row.is_violation is not None for row in rows),
        before=_counts(rows, scopes, scopes.of_site),
        after=_counts(rows, scopes, proposed),
    )


def _counts(rows: list[Row], scopes: Scopes, base: Mapping[str, Thresholds]) -> Counts:
    held = rejected = missed = needless = 0
    for row, status in zip(rows, _outcomes(rows, scopes, base), strict=True):
        held += status == "held"
        rejected += status == "rejected"
        missed += status == "published" and row.is_violation is True
        needless += status != "published" and row.is_violation is False
    return Counts(held, rejected, missed, needless)


def _outcomes(rows: list[Row], scopes: Scopes, base: Mapping[str, Thresholds]) -> Iterator[str]:
    for row in rows:
        policy = replace(row.policy, thresholds=scopes.of_row(row, base))
        yield decide(
            findings=row.findings, scores=row.scores, supported=scopes.supported, policy=policy
        ).status


@dataclass(frozen=True, slots=True)
class Curve:
    """At each of 101 hold thresholds: the share at or above it of all comments, and of those found bad."""

    cuts: npt.NDArray[np.float64]
    held: npt.NDArray[np.float64]
    caught: npt.NDArray[np.float64] | None  # None: nobody found anything bad


def curve_of(rows: list[Row], label: str) -> Curve:
    cuts = np.linspace(0.0, 1.0, CURVE_POINTS)
    scores = np.sort([row.scores.get(label, 0.0) for row in rows])
    bad = np.sort([row.scores.get(label, 0.0) for row in rows if row.is_violation])
    return Curve(cuts, _share_from(scores, cuts), _share_from(bad, cuts) if len(bad) else None)


def _share_from(ordered: npt.NDArray[np.float64], cuts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if not len(ordered):
        return np.zeros(len(cuts))
    return 1.0 - np.searchsorted(ordered, cuts, side="left") / len(ordered)


def gate_curves(version: ModelVersion, label: str) -> list[dict[str, Any]]:
    """The version's curves of ``label`` on the gate sets, from the newest report that it was part of."""
    reports = GateReport.objects.filter(Q(version=version) | Q(against=version)).exclude(curves=[])
    report = reports.order_by("-at", "-pk").first()
    if report is None:
        return []
    side = "candidate" if report.version_id == version.pk else "active"
    return [
        {"on": one["on"], "rows": one["rows"], **one[side]} for one in report.curves if one["label"] == label
    ]


# --- applying ---------------------------------------------------------------------------------------------
@transaction.atomic
def apply_thresholds(
    *, site: Site, label: str, cut: Thresholds, seen_version: int, actor: Any, reason: str
) -> Policy:
    """Write one label's thresholds into the site's policy, with a new version and an audit row.

    Args:
        seen_version: of the site's policy when its effect was shown; 0 if it had none.

    Raises:
        PolicyChanged: it has another version by now.
    """
    Site.objects.select_for_update().get(pk=site.pk)  # Two who make the first policy of a site take turns.
    policy = (
        Policy.objects.select_for_update(of=("self",)).filter(site=site, section=None, article=None).first()
    )
    if (policy.version if policy else 0) != seen_version:
        raise PolicyChanged
    policy = policy or Policy(site=site)
    policy.thresholds = policy.thresholds | {label: {"hold": cut.hold, "reject": cut.reject}}
    validate_thresholds(policy.thresholds)
    save_policy(policy, actor=actor, reason=reason)
    return policy
