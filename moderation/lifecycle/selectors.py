"""What the classifier pages show: versions, the shadow comparison, error rates from the audit sample."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMonth

from moderation.lifecycle.models import AuditSample, GateReport, Shadow, ShadowScore
from moderation.lifecycle.statistics import Share, mcnemar
from moderation.models import Decision, ModelVersion

SHOWN_DISAGREEMENTS = 50
STOPS = ("held", "rejected")  # What keeps a comment from readers.


# --- versions ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class VersionRow:
    version: ModelVersion
    is_shadow: bool
    gate: GateReport | None  # the newest against the version that is active now

    @property
    def may_be_promoted(self) -> bool:
        return not self.version.is_active and self.gate is not None and self.gate.passed


def version_rows() -> list[VersionRow]:
    """All versions, the active one first, then the newest."""
    shadowed = Shadow.objects.values_list("version_id", flat=True).first()
    versions = list(ModelVersion.objects.defer("artifact").select_related("activated_by"))
    active = next((version for version in versions if version.is_active), None)
    gates: dict[Any, GateReport] = {}
    for report in GateReport.objects.filter(against=active).order_by("at", "pk"):
        gates[report.version_id] = report
    rows = [
        VersionRow(version, version.pk == shadowed, gates.get(version.pk))
        for version in sorted(versions, key=lambda one: one.created_at, reverse=True)
    ]
    return sorted(rows, key=lambda row: not row.version.is_active)


# --- shadow --------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Comparison:
    """Candidate and active version on the same live comments.

    ``only_candidate``, ``only_active``: comments that only the one, only the other keeps from readers.
    """

    shadow: Shadow
    agreement: Share
    only_candidate: int
    only_active: int
    held_by_candidate: int
    held_by_active: int
    counts: list[tuple[str, str, int]]
    disagreements: list[ShadowScore]

    @property
    def p_value(self) -> float:
        return mcnemar(self.only_candidate, self.only_active)

    @property
    def more_held(self) -> int:
        return self.held_by_candidate - self.held_by_active

    @property
    def more_held_per_hundred(self) -> float:
        return 100 * self.more_held / self.agreement.of if self.agreement.of else 0.0


def shadow_comparison() -> Comparison | None:
    """The candidate in shadow beside the version that is active now; None without a candidate."""
    shadow = Shadow.objects.select_related("version", "started_by").defer("version__artifact").first()
    if shadow is None:
        return None
    scores = ShadowScore.objects.filter(version_id=shadow.version_id, active_version__is_active=True)
    if not settings.DEMO:
        scores = scores.filter(demo=False)
    pairs = Counter[tuple[str, str]]()
    for active, candidate, number in scores.values_list("active_outcome", "outcome").annotate(n=Count("pk")):
        pairs[active, candidate] += number
    differing = scores.exclude(outcome=F("active_outcome")).select_related("comment__article")
    return Comparison(
        shadow=shadow,
        agreement=Share(sum(n for (a, c), n in pairs.items() if a == c), pairs.total()),
        only_candidate=sum(n for (a, c), n in pairs.items() if c in STOPS and a not in STOPS),
        only_active=sum(n for (a, c), n in pairs.items() if a in STOPS and c not in STOPS),
        held_by_candidate=sum(n for (_, c), n in pairs.items() if c == "held"),
        held_by_active=sum(n for (a, _), n in pairs.items() if a == "held"),
        counts=[(a, c, n) for (a, c), n in sorted(pairs.items())],
        disagreements=list(differing.order_by("-at")[:SHOWN_DISAGREEMENTS]),
    )


# --- error rates -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Errors:
    """The machine's errors in one month or section, from judged samples. Positive = breaks the rules."""

    name: str
    rejected_rightly: int = 0
    rejected_wrongly: int = 0
    published_rightly: int = 0
    published_wrongly: int = 0

    @property
    def judged(self) -> int:
        return self.rejected_rightly + self.rejected_wrongly + self.published_rightly + self.published_wrongly

    @property
    def precision(self) -> Share:
        """Of what the machine rejected: breaks the rules."""
        return Share(self.rejected_rightly, self.rejected_rightly + self.rejected_wrongly)

    @property
    def miss_rate(self) -> Share:
        """Of what breaks the rules and did not go to a person: was published."""
        return Share(self.published_wrongly, self.published_wrongly + self.rejected_rightly)

    @property
    def false_positive_share(self) -> Share:
        """Of what breaks no rule and did not go to a person: was rejected."""
        return Share(self.rejected_wrongly, self.rejected_wrongly + self.published_rightly)

    @property
    def bad_among_published(self) -> Share:
        """Of what the machine published: breaks the rules."""
        return Share(self.published_wrongly, self.published_wrongly + self.published_rightly)


def judged_samples() -> QuerySet[AuditSample]:
    return AuditSample.objects.exclude(verdict="").filter(demo=False, comment__demo=False)


def errors_by_month() -> list[Errors]:
    """Newest month first. Months are those of the machine's decision."""
    rows = judged_samples().annotate(month=TruncMonth("decision__at"))
    return [
        _errors(f"{month:%B %Y}", tallies)
        for month, tallies in sorted(_tallies(rows, "month").items(), reverse=True)
    ]


def errors_by_section() -> list[Errors]:
    found = _tallies(judged_samples(), "comment__article__section__name")
    return [_errors(name or "no section", tallies) for name, tallies in sorted(found.items(), key=str)]


def errors_overall() -> Errors:
    return errors_of(judged_samples(), name="all")


def errors_of(samples: QuerySet[AuditSample], *, name: str) -> Errors:
    rows = samples.order_by().values_list("machine_outcome", "verdict").annotate(n=Count("pk"))
    return _errors(name, {(outcome, verdict): n for outcome, verdict, n in rows})


def _tallies(rows: QuerySet[AuditSample], by: str) -> dict[Any, dict[tuple[str, str], int]]:
    found: dict[Any, dict[tuple[str, str], int]] = defaultdict(dict)
    counted: Iterable[Any] = (
        rows.order_by().values_list(by, "machine_outcome", "verdict").annotate(n=Count("pk"))
    )
    for key, outcome, verdict, number in counted:
        found[key][outcome, verdict] = number
    return found


def _errors(name: str, tallies: dict[tuple[str, str], int]) -> Errors:
    rejected, published = Decision.Outcome.REJECTED.value, Decision.Outcome.PUBLISHED.value
    return Errors(
        name=name,
        rejected_rightly=tallies.get((rejected, "violation"), 0),
        rejected_wrongly=tallies.get((rejected, "ok"), 0),
        published_rightly=tallies.get((published, "ok"), 0),
        published_wrongly=tallies.get((published, "violation"), 0),
    )


# --- the review queue ----------------------------------------------------------------------------------
def waiting_samples(*, user_id: int) -> QuerySet[AuditSample]:
    """What this person may judge, oldest first: no comment that they decided about themselves."""
    decided = Decision.objects.filter(actor_id=user_id, comment_id=OuterRef("comment_id"))
    return (
        AuditSample.objects.filter(verdict="")
        .exclude(Q(comment__status="erased") | Exists(decided))
        .order_by("drawn_at", "pk")
    )
