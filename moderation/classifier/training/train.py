"""The whole way from a folder of data sets to one artifact."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import sklearn
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from moderation.classifier import artifact as artifacts
from moderation.classifier import plain
from moderation.classifier.artifact import LABELS
from moderation.classifier.calibration import Calibration
from moderation.classifier.features import Columns, FeatureConfig, choose_columns, word_hash
from moderation.classifier.model import Classifier, load
from moderation.classifier.text import MatchForm, match_form
from moderation.classifier.training.fit import Floats, Head, fit_head, out_of_fold_logits
from moderation.classifier.training.golden import GOLDEN_TEXTS
from moderation.classifier.training.sources import SOURCES, Row, data_digest, read_training_rows
from moderation.classifier.training.thresholds import (
    NoSuchThreshold,
    achieved,
    threshold_for_precision,
)

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a training run may vary; all of it is written into the manifest."""

    seed: int = 20260101
    expected_violation_rate: float = 0.08
    spam_rate: float = 0.02
    at_least: int = 5
    lexicon_at_least: int = 20
    strength: float = 1.0
    folds: int = 3
    hold_precision: float = 0.35
    """Hold as much as possible while at least this share of what is held breaks the rules."""
    reject_precision: float = 0.9
    """Reject without a person only where this share does."""
    min_positives: int = 300
    min_auc: float = 0.85


@dataclass(frozen=True, slots=True)
class TrainingResult:
    path: Path
    digest: str
    manifest: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    rows: list[Row]
    grams: sparse.csr_matrix
    counted: Floats
    groups: npt.NDArray[np.int64]


def train(folder: Path, out: Path, *, settings: Settings | None = None, progress: Progress = print) -> TrainingResult:
    """Train all heads on ``folder`` and write ``en-news-<version>.safetensors`` into ``out``."""
    settings = settings or Settings()
    started = time.monotonic()

    def say(message: str) -> None:
        progress(f"[{time.monotonic() - started:6.1f} s] {message}")

    rows = read_training_rows(folder, seed=settings.seed)
    say(f"{len(rows):,} rows from {len(SOURCES)} sets")
    lexicon = build_lexicon(rows, at_least=settings.lexicon_at_least)
    forms = [match_form(row.text, lambda word: word_hash(word) in lexicon) for row in rows]
    columns = choose_columns([form.text for form in forms], FeatureConfig(), at_least=settings.at_least)
    say(f"{len(columns):,} n-grams in at least {settings.at_least} texts")
    prepared = prepare(rows, forms, columns)
    heads, learned = {}, {}
    for label in LABELS:
        heads[label], learned[label] = learn_label(label, prepared, settings)
        say(f"{label}: {learned[label]['metrics']}")
    manifest = describe(settings, columns, learned, data_digest(folder))
    tensors = to_tensors(columns, heads, lexicon)
    result = finish(manifest, tensors, out)
    say(f"wrote {result.path.name}, {result.path.stat().st_size:,} bytes")
    return result


def build_lexicon(rows: list[Row], *, at_least: int) -> frozenset[int]:
    """Hashes of the words that stand in ``at_least`` texts: they decide between readings of a disguise."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(set(match_form(row.text).text.split()))
    return frozenset(word_hash(w) for w, n in counts.items() if n >= at_least and w.isalpha() and w.isascii())


def prepare(rows: list[Row], forms: list[MatchForm], columns: Columns) -> Prepared:
    """The feature rows of a training set, 256 at a time."""
    parts = [columns.rows([f.text for f in forms[i : i + 256]]) for i in range(0, len(forms), 256)]
    counted = plain.plain_rows([row.text for row in rows], forms)
    # The words of a text, sorted: copies that differ in order, case or signs share a fold.
    groups = np.array([word_hash(" ".join(sorted(set(f.text.split())))) for f in forms], dtype=np.int64)
    return Prepared(rows, sparse.vstack(parts).tocsr(), counted, groups)


def row_weight(row: Row, label: str) -> float:
    """How much ``row`` counts for the head of ``label``; 0 = not at all."""
    source = SOURCES[row.source]
    if label not in row.labels:
        return 0.0
    if label == "spam":
        return source.spam_weight or (1.0 if source.is_ham else 0.0)
    return source.toxic_weight


def learn_label(label: str, data: Prepared, settings: Settings) -> tuple[Head, dict[str, Any]]:
    """The head of one label, its calibration, its thresholds and what they achieve on held-out rows."""
    weight = np.array([row_weight(row, label) for row in data.rows])
    used = np.flatnonzero(weight > 0)
    grams, counted, weight = data.grams[used], data.counted[used], weight[used]
    target = np.array([data.rows[i].labels[label] for i in used])
    head = fit_head(grams, counted, target, weight, strength=settings.strength)
    held_out = out_of_fold_logits(
        grams, counted, target, weight, data.groups[used], strength=settings.strength, folds=settings.folds
    )
    sources = np.array([data.rows[i].source for i in used])
    judged = np.isin(sources, JUDGED_ON[label])
    balance = balanced_weights(sources[judged])
    rate = base_rate(label, data.rows, settings)
    calibration = fit_calibration(held_out[judged], target[judged], balance)
    probability = np.array([calibration.probability(v, rate=rate) for v in held_out[judged]])
    positives = int((target[judged] >= 0.5).sum())
    auc = float(roc_auc_score(target[judged] >= 0.5, held_out[judged], sample_weight=balance))
    return head, {
        "rate": rate,
        "calibration": calibration,
        "thresholds": choose_thresholds(probability, target[judged], balance, rate, settings),
        "supported": positives >= settings.min_positives and auc >= settings.min_auc,
        "metrics": {"rows": len(used), "positives": positives, "held_out_auc": round(auc, 4)},
    }


def base_rate(label: str, rows: list[Row], settings: Settings) -> float:
    """The share of comments expected to carry ``label``: the violation rate times the label's share of it.

    That share comes from the one set in which every kind was judged at a natural rate.
    """
    if label in ("toxicity", "spam"):
        return settings.spam_rate if label == "spam" else settings.expected_violation_rate
    judged = [row.labels for row in rows if row.source == "jigsaw_wiki" and label in row.labels]
    toxic = sum(labels["toxicity"] for labels in judged)
    return settings.expected_violation_rate * sum(labels[label] for labels in judged) / toxic


JUDGED_ON: dict[str, list[str]] = {
    label: ["civil_toxic_spans", "jigsaw_wiki"]
    for label in ("severe_toxicity", "obscene", "insult", "threat", "identity_attack")
} | {
    "toxicity": ["civil_toxic_spans", "jigsaw_wiki", "wiki_cat_large"],
    "spam": ["civil_toxic_spans", "jigsaw_wiki", "wiki_cat_large", "youtube_spam", "scamspot_instagram", "janitr_x"],
}
"""Comments and posts that people wrote for each other: calibration and thresholds rest on these."""

def balanced_weights(sources: npt.NDArray[Any]) -> Floats:
    """Weights under which every source counts the same in sum."""
    sizes = Counter(sources.tolist())
    return np.array([len(sources) / len(sizes) / sizes[s] for s in sources.tolist()])


def fit_calibration(logits: Floats, target: Floats, weight: Floats) -> Calibration:
    """Platt's curve through held-out rows with soft targets."""
    both = np.concatenate([logits, logits]).reshape(-1, 1)
    truth = np.concatenate([np.ones(len(logits)), np.zeros(len(logits))])
    weights = np.concatenate([weight * target, weight * (1 - target)])
    model = LogisticRegression(C=1e6).fit(both, truth, sample_weight=weights)
    rate = float((weight * target).sum() / weight.sum())
    return Calibration(float(model.coef_[0, 0]), float(model.intercept_[0]), rate)


def choose_thresholds(
    probability: Floats, target: Floats, weight: Floats, rate: float, settings: Settings
) -> dict[str, Any]:
    """Where to hold and where to reject, with what each achieves on the held-out rows."""
    cuts = []
    for precision in (settings.hold_precision, settings.reject_precision):
        try:
            cut = threshold_for_precision(
                probability, target, weight, precision=precision, rate=rate, least_recall=0.005
            )
        except NoSuchThreshold:
            cut = 1.0  # Out of reach: this label alone never holds, or never rejects.
        cuts.append(cut)
    hold, reject = cuts
    return {
        "hold": hold,
        "reject": reject,
        "hold_achieves": achieved(hold, probability, target, weight, rate=rate).as_dict(),
        "reject_achieves": achieved(reject, probability, target, weight, rate=rate).as_dict(),
    }


def describe(settings: Settings, columns: Columns, learned: dict[str, Any], digest: str) -> dict[str, Any]:
    """The manifest, but for the golden scores."""
    calibrations = {label: learned[label]["calibration"] for label in LABELS}
    return {
        "format": artifacts.FORMAT,
        "name": "en-news",
        "language": "en",
        "labels": list(LABELS),
        "feature_config": columns.config.as_dict(),
        "word_columns": columns.words,
        "plain_features": list(plain.NAMES),
        "seed": settings.seed,
        "settings": {name: getattr(settings, name) for name in Settings.__slots__},
        "data_digest": digest,
        "sources": {name: source.licence for name, source in sorted(SOURCES.items())},
        "trained_with": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
        "expected_violation_rate": settings.expected_violation_rate,
        "base_rate": {label: learned[label]["rate"] for label in LABELS},
        "calibration": {
            label: {"slope": c.slope, "offset": c.offset, "fitted_rate": c.fitted_rate}
            for label, c in calibrations.items()
        },
        "thresholds": {label: learned[label]["thresholds"] for label in LABELS},
        "supported": {label: learned[label]["supported"] for label in LABELS},
        "metrics": {label: learned[label]["metrics"] for label in LABELS},
        "golden": [],
    }


def to_tensors(columns: Columns, heads: dict[str, Head], lexicon: frozenset[int]) -> artifacts.Tensors:
    return {
        "buckets": columns.buckets,
        "idf": columns.idf,
        "weights": np.stack([heads[label].columns for label in LABELS], axis=1).astype(np.float16),
        "plain_weights": np.stack([heads[label].plain for label in LABELS], axis=1).astype(np.float32),
        "bias": np.array([heads[label].bias for label in LABELS], dtype=np.float32),
        "lexicon": np.array(sorted(lexicon), dtype=np.uint32),
    }


def finish(manifest: dict[str, Any], tensors: artifacts.Tensors, out: Path) -> TrainingResult:
    """Score the golden texts, write the file, and load it again as a worker would."""
    draft = Classifier(artifacts.Artifact("0" * 64, manifest, tensors))
    manifest["golden"] = [
        {"text": text, "scores": scores.values}
        for text, scores in zip(GOLDEN_TEXTS, draft.score(GOLDEN_TEXTS), strict=True)
    ]
    data, digest = artifacts.write(manifest, tensors)
    load(data)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{manifest['name']}-{digest[:12]}.safetensors"
    path.write_bytes(data)
    return TrainingResult(path, digest, manifest)
