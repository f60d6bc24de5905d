"""Our own batch of scores: up to 100 texts in one call, each with its reasons where they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.classifier import Classifier
from moderation.engine import engine
from moderation.ports.perspective import MOST_BYTES

MOST_TEXTS = 100
MOST_SPANS = 8


@dataclass(frozen=True, slots=True)
class Reason:
    """A slice of the text (code points) and what it added to the score's logit."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Scored:
    """One text's scores, or why it has none. ``reasons`` are those of the highest score, ``label``."""

    language: str
    scores: dict[str, float] | None
    unscorable: str | None = None
    label: str | None = None
    reasons: list[Reason] | None = None


def score_texts(texts: Sequence[str], *, with_reasons: bool) -> tuple[str, list[Scored]]:
    """The classifier's version, and the texts' scores in their order.

    Raises:
        ModelUnavailable: no classifier is active.
        DatabaseError: it is not known which one is.
    """
    classifier = engine.active().classifier
    return classifier.version, [
        _scored(classifier, text, found.values, found.language.code, is_foreign, with_reasons=with_reasons)
        for text, found in zip(texts, classifier.score(texts), strict=True)
        for is_foreign in [found.language.confident and not found.language.supported]
    ]


def _scored(
    classifier: Classifier,
    text: str,
    values: dict[str, float],
    language: str,
    is_foreign: bool,
    *,
    with_reasons: bool,
) -> Scored:
    language = "und" if language.startswith("und") else language
    unscorable = _unscorable(text, is_foreign=is_foreign)
    if unscorable:
        return Scored(language, None, unscorable)
    scores = {label: round(value, 6) for label, value in values.items()}
    if not with_reasons:
        return Scored(language, scores)
    label = max(values, key=lambda name: values[name])
    spans = sorted(classifier.explain(text, label).spans, key=lambda span: -abs(span.weight))[:MOST_SPANS]
    reasons = [Reason(span.start, span.end, round(span.weight, 4)) for span in spans]
    return Scored(language, scores, label=label, reasons=reasons)


def _unscorable(text: str, *, is_foreign: bool) -> str | None:
    if not text.strip():
        return "empty"
    if len(text.encode()) > MOST_BYTES:
        return "too_long"
    return "language" if is_foreign else None
