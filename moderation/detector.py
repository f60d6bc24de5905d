"""From what the classifier says about a text to findings (pure: no Django, no database)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from moderation.policy import Finding, ResolvedPolicy

if TYPE_CHECKING:
    from moderation.classifier import Classifier, Language

MOST_SPANS = 8


def probabilities(values: Mapping[str, float]) -> dict[str, float]:
    """The scores, checked.

    Raises:
        ValueError: there are none, or one is not a probability.
    """
    scores = {label: float(score) for label, score in values.items()}
    if not scores or any(not math.isfinite(score) or not 0.0 <= score <= 1.0 for score in scores.values()):
        raise ValueError("a score is not a probability")
    return scores


def language_findings(language: Language) -> list[Finding]:
    """One for a confident other language or a script that the model does not know, else none."""
    if language.confident and not language.supported:
        return [Finding("language", where="body", data={"language": language.code})]
    return []


def labels_reached(scores: Mapping[str, float], policy: ResolvedPolicy) -> list[str]:
    """The labels whose score reached the policy's *hold*: a finding each."""
    return [
        label
        for label, score in scores.items()
        if label in policy.thresholds and score >= policy.thresholds[label].hold
    ]


def score_finding(classifier: Classifier, text: str, label: str, score: float, *, version: str) -> Finding:
    """The score with the spans that raised it most, strongest first."""
    spans = sorted(classifier.explain(text, label).spans, key=lambda span: -span.weight)
    raising = [span for span in spans[:MOST_SPANS] if span.weight > 0]
    return Finding(
        f"score:{label}",
        where="body",
        spans=tuple((span.start, span.end) for span in raising),
        value=round(score, 4),
        version=version,
        data={"weights": [round(float(span.weight), 3) for span in raising]},
    )
