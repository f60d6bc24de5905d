"""How findings become an outcome (pure: no Django). All findings are collected first, then this decides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

LABELS = ("toxicity", "severe_toxicity", "obscene", "insult", "threat", "identity_attack", "spam")

# What an author and an editor are told when this label is the one that decided.
REASON_OF_LABEL = {
    "toxicity": "toxic",
    "severe_toxicity": "toxic",
    "obscene": "obscene",
    "insult": "insult",
    "threat": "threat",
    "identity_attack": "hate",
    "spam": "spam",
}

# Rules in the order in which the first that applies names the outcome.
REJECTING_RULES = {"banned_word": "banned_word", "honeypot": "spam"}
HOLDING_RULES = {
    "premoderated": "premoderated",
    "blocked_author": "blocked_author",
    "new_author": "new_author",
    "threat_words": "threat",
    "suspect_word": "suspect_word",
    "blocked_domain": "links",
    "too_many_links": "links",
    "shortened_link": "links",
    "marked_spam": "spam",
    "near_duplicates": "wave",
    "flood": "flood",
    "rejection_rate": "history",
    "form_too_fast": "form",
    "disposable_address": "address",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found about a text. Points into it by offset and never quotes it.

    ``spans`` are half-open code-point ranges of the revision's ``where`` (``body`` or ``name``).
    """

    code: str
    where: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    value: float | None = None
    version: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"code": self.code}
        if self.where:
            document["where"] = self.where
        if self.spans:
            document["spans"] = [list(span) for span in self.spans]
        if self.value is not None:
            document["value"] = self.value
        if self.version:
            document["version"] = self.version
        if self.data:
            document["data"] = dict(self.data)
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Finding:
        return cls(
            code=document["code"],
            where=document.get("where", ""),
            spans=tuple((start, end) for start, end in document.get("spans", [])),
            value=document.get("value"),
            version=document.get("version", ""),
            data=document.get("data", {}),
        )


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Two cut points on the probability that a text carries a label."""

    hold: float
    reject: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.hold <= self.reject <= 1.0:
            raise ValueError(f"need 0 <= hold <= reject <= 1, got {self.hold} and {self.reject}")


@dataclass(frozen=True, slots=True)
class ResolvedPolicy:
    """The policy of one article, everything inherited filled in. Stored with each decision, for replay."""

    thresholds: Mapping[str, Thresholds]
    premoderate: bool = False
    auto_reject: bool = False
    max_links: int = 2
    flood_limit: int = 8
    new_authors: int = 0
    tightened: bool = False
    versions: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        document["thresholds"] = {
            label: {"hold": cut.hold, "reject": cut.reject} for label, cut in self.thresholds.items()
        }
        document["versions"] = dict(self.versions)
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ResolvedPolicy:
        thresholds = {label: Thresholds(**cut) for label, cut in document["thresholds"].items()}
        return cls(**{**document, "thresholds": thresholds})


def shipped_thresholds(manifest: Mapping[str, Any]) -> dict[str, Thresholds]:
    """What a classifier's manifest states for each label: the policy of a site that sets nothing."""
    stated = manifest.get("thresholds", {})
    return {label: Thresholds(cut["hold"], cut["reject"]) for label, cut in stated.items()}


# What a site, a section or an article may say about itself, besides thresholds.
SETTINGS = ("premoderate", "auto_reject", "max_links", "flood_limit", "new_authors")


@dataclass(frozen=True, slots=True)
class Layer:
    """What one scope says itself; what it does not say (None, a label without thresholds) is inherited."""

    key: str
    version: int
    thresholds: Mapping[str, Thresholds]
    values: Mapping[str, Any]


def resolve(shipped: Mapping[str, Thresholds], layers: Sequence[Layer]) -> ResolvedPolicy:
    """The policy of an article: its own values, else its section's, its site's, else what is shipped.

    Args:
        layers: from the widest scope to the narrowest, so that the narrowest wins.
    """
    thresholds = dict(shipped)
    values: dict[str, Any] = {}
    for layer in layers:
        thresholds |= layer.thresholds
        values |= {name: value for name, value in layer.values.items() if value is not None}
    versions = {layer.key: layer.version for layer in layers}
    return ResolvedPolicy(thresholds=thresholds, versions=versions, **values)


def tightened(policy: ResolvedPolicy) -> ResolvedPolicy:
    """The policy while nobody is at the desk: what is published unread may carry half the risk.

    Scores are calibrated probabilities, so halving a threshold halves the greatest risk that is taken.
    """
    thresholds = {label: Thresholds(cut.hold / 2, cut.reject) for label, cut in policy.thresholds.items()}
    return replace(policy, thresholds=thresholds, tightened=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    status: str  # published, held, rejected
    held_by: str = ""  # failure, rule, detector
    reason_code: str = ""


def decide(
    *,
    findings: Sequence[Finding],
    scores: Mapping[str, float] | None,
    supported: Mapping[str, bool],
    policy: ResolvedPolicy,
) -> Outcome:
    """What happens to a text on these findings and scores. Fails closed: no scores, no publication.

    Order: rules that reject; a missing or unusable model; rules that hold; the detector. The cut-offs
    are on the stricter side (a score equal to a threshold has reached it). A detector rejects only
    where the policy allows it to; elsewhere what it would reject is held, with its reason.
    """
    codes = {finding.code for finding in findings}
    for rule, reason in REJECTING_RULES.items():
        if rule in codes:
            return Outcome("rejected", reason_code=reason)
    if scores is None or any(not math.isfinite(score) for score in scores.values()):
        return Outcome("held", "failure", "model_unavailable")
    for rule, reason in HOLDING_RULES.items():
        if rule in codes:
            return Outcome("held", "rule", reason)
    if "language" in codes:
        return Outcome("held", "detector", "language")
    judged = {
        label: score
        for label, score in scores.items()
        if supported.get(label, True) and label in policy.thresholds
    }
    if not judged:
        return Outcome("held", "failure", "model_unavailable")
    worst = max(judged, key=lambda label: _severity(judged[label], policy.thresholds[label]))
    reached = policy.thresholds[worst]
    if policy.auto_reject and any(judged[label] >= policy.thresholds[label].reject for label in judged):
        return Outcome("rejected", reason_code=REASON_OF_LABEL.get(worst, "other"))
    if judged[worst] >= reached.hold:
        return Outcome("held", "detector", REASON_OF_LABEL.get(worst, "other"))
    return Outcome("published")


def _severity(score: float, thresholds: Thresholds) -> float:
    """How far past its thresholds a score is: below 1 under *hold*, from 2 at *reject*; for any label."""
    if score >= thresholds.reject:
        return 2.0 + (score - thresholds.reject)
    if score >= thresholds.hold:
        return 1.0 + (score - thresholds.hold) / max(thresholds.reject - thresholds.hold, 1e-9)
    return score / max(thresholds.hold, 1e-9) * 0.999


def validate_thresholds(document: Mapping[str, Any]) -> dict[str, Thresholds]:
    """The thresholds of a policy as typed by a person.

    Raises:
        ValueError: an unknown label, a missing cut point, or a wrong order; says which.
    """
    if not isinstance(document, Mapping):
        raise ValueError("Give an object of labels.")
    result = {}
    for label, cut in document.items():
        if label not in LABELS:
            raise ValueError(f"{label} is no label; use {', '.join(LABELS)}.")
        if not isinstance(cut, Mapping) or set(cut) != {"hold", "reject"}:
            raise ValueError(f"{label} needs exactly hold and reject.")
        try:
            result[label] = Thresholds(float(cut["hold"]), float(cut["reject"]))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{label}: {error}") from error
    return result
