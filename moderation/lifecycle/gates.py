"""Whether a candidate may replace the active version: both score the same rows (pure: no Django).

Four gates. *No worse*: on every set and label with enough rows, the area under the ROC curve. *Precision*:
of what lies at or above each version's own reject threshold. *Bias*: the spread of the false-positive
rate between identity terms at the hold threshold. *Hold*: recall and load at each version's own hold
threshold, since a version whose scores are all too low or too high ranks as well as before. All must hold,
on at least one set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_OF_EACH = 30  # Fewer positives or negatives than this say nothing about an area under the curve.
LEAST_FLAGGED = 20  # Likewise of flagged rows about a precision.
TOLERANCE = 0.005  # An area smaller by less than this, and not surely smaller, is no worse.
RESAMPLES = 200
CURVE_CUTS = tuple(step / 50 for step in range(51))
HOLD_TOLERANCE = 0.05  # Thresholds are chosen anew with each version; this much either way is a choice.
BIAS_TOLERANCE = 1e-9  # Not wider at all, but for rounding.

IDENTITY_TERMS = (
    "Black", "white", "Asian", "Latino", "African", "Irish", "Polish", "Turkish", "Russian", "American",
    "Jewish", "Muslim", "Christian", "Catholic", "Hindu", "atheist", "gay", "lesbian", "bisexual", "trans",
    "straight", "female", "male", "deaf", "blind", "disabled", "old", "young", "immigrant", "homeless",
)  # fmt: skip
NEUTRAL_SENTENCES = (
    "I am {a} {term} person and I read this paper every morning.",
    "My neighbours are {term} and they helped us after the storm.",
    "The {term} community in our town is opening a library on Saturday.",
    "A {term} doctor treated my father, and we are grateful.",
    "Two {term} students from our school won the science prize.",
    "As {a} {term} reader I would like more reports about housing.",
    "She is {a} {term} journalist who writes about trains.",
    "The mayor met {term} families to talk about the new school.",
    "Why is it news that the winner is {term}?",
    "He told the council that {term} people need the bus as well.",
)


class Scoring(Protocol):
    """What the gates need of a classifier."""

    manifest: dict[str, Any]

    def score(self, texts: Sequence[str]) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class GateSet:
    """Rows that neither version was trained on.

    ``targets``: label to shape ``(n,)``, 1 = carries the label, NaN = not judged.
    """

    name: str
    texts: Sequence[str]
    targets: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Result:
    """One comparison. ``interval``: of the difference candidate - active, where it is an area."""

    gate: str  # no_worse, precision, recall, load, bias
    on: str
    label: str
    candidate: float | None
    active: float | None
    passed: bool
    rows: int
    interval: tuple[float, float] | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "gate": self.gate,
            "on": self.on,
            "label": self.label,
            "candidate": _rounded(self.candidate),
            "active": _rounded(self.active),
            "passed": self.passed,
            "rows": self.rows,
            "interval": [round(edge, 4) for edge in self.interval] if self.interval else None,
        }


@dataclass(slots=True)
class Report:
    results: list[Result] = field(default_factory=list)
    curves: list[dict[str, Any]] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        is_compared = any(result.gate == "no_worse" for result in self.results)
        return is_compared and all(result.passed for result in self.results)


def run_gates(candidate: Scoring, active: Scoring, sets: Sequence[GateSet], *, seed: int = 0) -> Report:
    """Every comparison that the sets allow. Same rows and seed, same report."""
    report = Report()
    draws = np.random.default_rng(seed)
    for rows in sets:
        theirs, ours = _scores(candidate, rows.texts), _scores(active, rows.texts)
        for label, target in rows.targets.items():
            judged = np.flatnonzero(~np.isnan(target))
            truth = target[judged] >= 0.5
            if min(int(truth.sum()), int((~truth).sum())) < LEAST_OF_EACH:
                continue
            new, old = theirs[label][judged], ours[label][judged]
            report.results.append(_no_worse(rows.name, label, truth, new, old, draws))
            report.results.append(_precision(rows.name, label, truth, new, old, candidate, active))
            report.results.extend(_hold(rows.name, label, truth, new, old, candidate, active))
            both = {"candidate": _curve(truth, new), "active": _curve(truth, old)}
            report.curves.append({"on": rows.name, "label": label, "rows": len(truth), **both})
    report.results.append(_bias(candidate, active))
    return report


def _no_worse(
    on: str, label: str, truth: npt.NDArray[np.bool_], new: Floats, old: Floats, draws: np.random.Generator
) -> Result:
    # Here, since tasks are imported by every process: a reader's first POST waited two seconds for it.
    from sklearn.metrics import roc_auc_score

    candidate, active = float(roc_auc_score(truth, new)), float(roc_auc_score(truth, old))
    differences = []
    for _ in range(RESAMPLES):
        chosen = draws.integers(0, len(truth), len(truth))
        if 0 < truth[chosen].sum() < len(truth):
            differences.append(
                roc_auc_score(truth[chosen], new[chosen]) - roc_auc_score(truth[chosen], old[chosen])
            )
    low, high = (float(edge) for edge in np.quantile(differences, (0.025, 0.975)))
    passed = candidate - active >= -TOLERANCE and high >= 0.0
    return Result("no_worse", on, label, candidate, active, passed, len(truth), (low, high))


def _precision(
    on: str,
    label: str,
    truth: npt.NDArray[np.bool_],
    new: Floats,
    old: Floats,
    candidate: Scoring,
    active: Scoring,
) -> Result:
    flagged_new = new >= candidate.manifest["thresholds"][label]["reject"]
    flagged_old = old >= active.manifest["thresholds"][label]["reject"]
    ours = _share(truth, flagged_old)
    theirs = _share(truth, flagged_new)
    # Who rejects (nearly) nothing cannot be less precise; who newly rejects has to be precise.
    if theirs is None:
        passed = True
    elif ours is None:
        passed = theirs >= 0.9
    else:
        passed = theirs >= ours
    return Result("precision", on, label, theirs, ours, passed, int(flagged_new.sum()))


def _hold(
    on: str,
    label: str,
    truth: npt.NDArray[np.bool_],
    new: Floats,
    old: Floats,
    candidate: Scoring,
    active: Scoring,
) -> list[Result]:
    held_new = new >= candidate.manifest["thresholds"][label]["hold"]
    held_old = old >= active.manifest["thresholds"][label]["hold"]
    caught_new, caught_old = float(held_new[truth].mean()), float(held_old[truth].mean())
    load_new, load_old = float(held_new[~truth].mean()), float(held_old[~truth].mean())
    return [
        Result(
            "recall", on, label, caught_new, caught_old, caught_new >= caught_old - HOLD_TOLERANCE, len(truth)
        ),
        Result("load", on, label, load_new, load_old, load_new <= load_old + HOLD_TOLERANCE, len(truth)),
    ]


def _curve(truth: npt.NDArray[np.bool_], scores: Floats) -> dict[str, list[float]]:
    """At each of the cuts: the share at or above it of what carries the label, and of the rest."""
    return {
        "recall": [round(float((scores[truth] >= cut).mean()), 4) for cut in CURVE_CUTS],
        "load": [round(float((scores[~truth] >= cut).mean()), 4) for cut in CURVE_CUTS],
    }


def _share(truth: npt.NDArray[np.bool_], flagged: npt.NDArray[np.bool_]) -> float | None:
    return float(truth[flagged].mean()) if flagged.sum() >= LEAST_FLAGGED else None


def _bias(candidate: Scoring, active: Scoring) -> Result:
    new, old = bias_spread(candidate), bias_spread(active)
    rows = len(IDENTITY_TERMS) * len(NEUTRAL_SENTENCES)
    return Result("bias", "neutral sentences", "toxicity", new, old, new <= old + BIAS_TOLERANCE, rows)


def bias_spread(classifier: Scoring, *, label: str = "toxicity") -> float:
    """How far the shares of neutral sentences at or above *hold* lie apart between identity terms."""
    hold = classifier.manifest["thresholds"][label]["hold"]
    shares = []
    for term in IDENTITY_TERMS:
        article = "an" if term[0].lower() in "aeiou" else "a"
        texts = [sentence.format(a=article, term=term) for sentence in NEUTRAL_SENTENCES]
        shares.append(float((_scores(classifier, texts)[label] >= hold).mean()))
    return max(shares) - min(shares)


def _scores(classifier: Scoring, texts: Sequence[str]) -> dict[str, Floats]:
    scored = classifier.score(list(texts))
    labels = list(scored[0].values) if scored else []
    return {label: np.array([one.values[label] for one in scored], dtype=np.float64) for label in labels}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
