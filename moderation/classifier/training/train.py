"""The whole way from a folder of data sets to one artifact."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
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
from moderation.classifier.features import (
    Columns,
    FeatureConfig,
    choose_columns,
    meaning_buckets,
    tokens_of,
    windows_of,
    word_hash,
)
from moderation.classifier.identities import groups_alike
from moderation.classifier.model import Classifier, load
from moderation.classifier.text import match_form
from moderation.classifier.training.duplicates import near_duplicate_groups
from moderation.classifier.training.fit import Examples, Features, Floats, Head, fit_head, out_of_fold_logits
from moderation.classifier.training.golden import GOLDEN_TEXTS
from moderation.classifier.training.recipes import RECIPES
from moderation.classifier.training.sources import SOURCES, Row, data_digest, read_training_rows
from moderation.classifier.training.templates import template_rows
from moderation.classifier.training.thresholds import (
    NoSuchThreshold,
    achieved,
    threshold_for_precision,
)
from moderation.classifier.training.vectors import WordVectors, read_vectors

Progress = Callable[[str], None]


STEPS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98)  # Closer where few lie.


@dataclass(frozen=True, slots=True)
class Settings:
    """What a training run may vary; all of it is written into the manifest."""

    seed: int = 20260101
    expected_violation_rate: float = 0.08
    spam_rate: float = 0.02
    at_least: int = 5
    lexicon_at_least: int = 20
    folds: int = 3
    hold_margin: float = 1 / 6
    """Hold where one comment in six breaks the rules: missing one costs as much as reading five in vain."""
    toxicity_hold_precision: float = 0.75
    """Of what toxicity holds, three in four break the rules: most of the desk's work is there."""
    reject_precision: float = 0.95
    """Reject without a person only where this share of what is rejected breaks the rules."""
    min_positives: int = 300
    min_auc: float = 0.85


@dataclass(frozen=True, slots=True)
class TrainingResult:
    path: Path
    digest: str
    manifest: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A training set as numbers. ``groups``: rows that are near copies of each other share one."""

    rows: list[Row]
    features: Features
    groups: npt.NDArray[np.int64]
    columns: Columns
    vectors: npt.NDArray[np.float32]
    lexicon: frozenset[int]


def train(
    folder: Path,
    out: Path,
    *,
    own: Sequence[Row] = (),
    settings: Settings | None = None,
    progress: Progress = print,
) -> TrainingResult:
    """Train all heads on ``folder`` and write ``en-news-<version>.safetensors`` into ``out``.

    Args:
        own: a newsroom's own labelled rows, each with its weight and author.
    """
    settings = settings or Settings()
    started = time.monotonic()

    def say(message: str) -> None:
        progress(f"[{time.monotonic() - started:6.1f} s] {message}")

    rows = [*read_training_rows(folder, seed=settings.seed), *template_rows(), *own]
    say(f"{len(rows):,} rows from {len(SOURCES)} sets, {len(own):,} of them the newsroom's own")
    data = prepare(rows, settings, read_vectors())
    say(f"{len(data.columns):,} n-grams in at least {settings.at_least} texts")
    heads, learned = {}, {}
    for label in LABELS:
        heads[label], learned[label] = learn_label(label, data, settings)
        say(f"{label}: {learned[label]['metrics']}")
    manifest = describe(settings, data.columns, learned, data_digest(folder, own))
    for name, count in sorted(Counter(row.source for row in own).items()):
        manifest["sources"][name] = f"own, {count} rows"
    result = finish(manifest, to_tensors(data.columns, heads, data.lexicon), out)
    say(f"wrote {result.path.name}, {result.path.stat().st_size:,} bytes")
    return result


def build_lexicon(rows: list[Row], *, at_least: int) -> frozenset[int]:
    """Hashes of the words that stand in ``at_least`` texts: they decide between readings of a disguise."""
    counts: Counter[str] = Counter()
    for text in one_text_an_author(rows, [match_form(row.text).text for row in rows]):
        counts.update(set(tokens_of(text)))
    return frozenset(word_hash(w) for w, n in counts.items() if n >= at_least and w.isalpha() and w.isascii())


def one_text_an_author(rows: Sequence[Row], texts: Sequence[str]) -> list[str]:
    """``texts`` of ``rows``, those of one author joined: an author counts once in the vocabulary.

    So no n-gram enters that fewer than ``at_least`` writers used, however often one of them wrote it.
    """
    joined: dict[str, list[str]] = {}
    for number, (row, text) in enumerate(zip(rows, texts, strict=True)):
        joined.setdefault(f"author {row.author}" if row.author else f"row {number}", []).append(text)
    return ["\n".join(parts) for parts in joined.values()]


def prepare(rows: list[Row], settings: Settings, vectors: WordVectors) -> Prepared:
    """Match forms, columns and feature rows of a training set."""
    lexicon = build_lexicon(rows, at_least=settings.lexicon_at_least)
    forms = [match_form(row.text, lambda word: word_hash(word) in lexicon) for row in rows]
    texts = [groups_alike(form.text).text for form in forms]
    config = FeatureConfig()
    columns = choose_columns(
        one_text_an_author(rows, texts), config, at_least=settings.at_least, meaning=vectors.hashes
    )
    cuts = [windows_of(text) for text in texts]
    windows = [text[start:end] for text, parts in zip(texts, cuts, strict=True) for start, end in parts]
    features = Features(
        _feature_rows(columns, texts),
        plain.plain_rows([row.text for row in rows], forms),
        _feature_rows(columns, windows),
        np.array([len(parts) for parts in cuts]),
    )
    return Prepared(
        rows, features, near_duplicate_groups(texts), columns, align(columns, config, vectors), lexicon
    )


def align(columns: Columns, config: FeatureConfig, vectors: WordVectors) -> npt.NDArray[np.float32]:
    """The vector of each meaning column, in the order of the columns."""
    buckets = meaning_buckets(vectors.hashes, config)
    # Two words in one bucket share a column; the later one gives its vector.
    of_bucket = dict(zip(buckets.tolist(), range(len(buckets)), strict=True))
    return vectors.vectors[[of_bucket[b] for b in columns.buckets[: columns.ends[0]].tolist()]]


def _feature_rows(columns: Columns, texts: list[str]) -> sparse.csr_matrix:
    return sparse.vstack([columns.rows(texts[i : i + 256]) for i in range(0, len(texts), 256)]).tocsr()


def rows_for(label: str, data: Prepared) -> npt.NDArray[np.int64]:
    """The rows that an expert of this label learns from, or that the label is judged on."""
    experts = RECIPES[label]
    wanted = {(expert.label or label, name) for expert in experts for name in expert.weights}
    wanted |= {(label, name) for name in JUDGED_ON[label]}
    labels = {of for of, _ in wanted}
    return np.array(
        [
            i
            for i, row in enumerate(data.rows)
            if any((of, row.source) in wanted and of in row.labels for of in labels)
        ]
    )


def examples_for(label: str, data: Prepared, used: npt.NDArray[np.int64]) -> Examples:
    """The rows ``used``, with their targets for the label and for those that its experts learn."""
    labels = {label, *(expert.label or label for expert in RECIPES[label])}
    return Examples(
        data.features.take(used),
        {of: np.array([data.rows[i].labels.get(of, np.nan) for i in used]) for of in sorted(labels)},
        np.array([data.rows[i].source for i in used]),
        np.array([data.rows[i].weight for i in used]),
    )


def learn_label(label: str, data: Prepared, settings: Settings) -> tuple[Head, dict[str, Any]]:
    """The head of one label, its calibration, its thresholds and what they achieve on held-out rows."""
    used = rows_for(label, data)
    examples = examples_for(label, data, used)
    head = fit_head(label, examples, RECIPES[label], data.vectors)
    held_out = out_of_fold_logits(
        label, examples, data.groups[used], RECIPES[label], data.vectors, folds=settings.folds
    )
    known = ~np.isnan(examples.targets[label])
    rate = base_rate(label, data.rows, settings)
    return head, judge(
        label, held_out[known], examples.targets[label][known], examples.sources[known], rate, settings
    )


def judge(
    label: str,
    held_out: Floats,
    target: Floats,
    sources: npt.NDArray[np.str_],
    rate: float,
    settings: Settings,
) -> dict[str, Any]:
    """Calibration, thresholds and figures of a head, from the logits of rows that it never saw.

    A probability states how likely *most* raters are to say that a comment carries the label, so
    shares of raters count as yes from one half.
    """
    judged = np.isin(sources, JUDGED_ON[label])
    logits, outcome = held_out[judged], (target[judged] >= 0.5).astype(np.float64)
    balance = balanced_weights(sources[judged])
    calibration = fit_calibration(logits, outcome, balance)
    probability = np.array([calibration.probability(v, rate=rate) for v in logits])
    positives = int((target >= 0.5).sum())
    auc = float(roc_auc_score(outcome, logits, sample_weight=balance))
    return {
        "rate": rate,
        "calibration": calibration,
        "thresholds": choose_thresholds(label, probability, outcome, balance, rate, settings),
        "supported": positives >= settings.min_positives and auc >= settings.min_auc,
        "metrics": {"rows": len(target), "positives": positives, "held_out_auc": round(auc, 4)},
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


JUDGED_ON: dict[str, list[str]] = {label: ["jigsaw_wiki"] for label in LABELS} | {
    "spam": [
        "civil_toxic_spans",
        "jigsaw_wiki",
        "wiki_cat_large",
        "youtube_spam",
        "scamspot_instagram",
        "janitr_x",
    ],
}
"""The sets that calibration and thresholds rest on.

A shift of the base rate mends another share of bad comments, not another choice of comments. Civil's rows
were all flagged once: a curve through them is one for flagged comments. Jigsaw's were drawn as they came,
and ten people judged each.
"""


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


def _cut(probability: Floats, outcome: Floats, weight: Floats, precision: float, rate: float) -> float | None:
    """The lowest cut point above which this share breaks the rules; None where that is out of reach."""
    try:
        return threshold_for_precision(
            probability, outcome, weight, precision=precision, rate=rate, least_recall=0.005
        )
    except NoSuchThreshold:
        return None


def choose_thresholds(
    label: str, probability: Floats, outcome: Floats, weight: Floats, rate: float, settings: Settings
) -> dict[str, Any]:
    """Where to hold and where to reject, with what each achieves on the held-out rows.

    Probabilities are calibrated, so the comment that breaks the rules in one case of six is the one
    that scores 1/6: the cut point follows from what a miss costs, not from any one set's mix of rows.
    A cut point that is out of reach is 1: that label alone never rejects.
    """
    hold = float(settings.hold_margin)
    if label == "toxicity":
        least = settings.toxicity_hold_precision
        hold = max(hold, _cut(probability, outcome, weight, least, rate) or hold)
    reject = max(hold, _cut(probability, outcome, weight, settings.reject_precision, rate) or 1.0)
    return {
        "hold": hold,
        "reject": reject,
        "hold_achieves": achieved(hold, probability, outcome, weight, rate=rate).as_dict(),
        "reject_achieves": achieved(reject, probability, outcome, weight, rate=rate).as_dict(),
        # For editors who choose another step on a title that has no comments of its own yet.
        "steps": [
            {"at": at, **achieved(at, probability, outcome, weight, rate=rate).as_dict()} for at in STEPS
        ],
    }


def held_out_spam_logits(folder: Path, settings: Settings, *, folds: int) -> tuple[list[Row], Floats]:
    """Rows of the spam head and the logit of each from a head that never saw it nor a near copy of it."""
    data = prepare(read_training_rows(folder, seed=settings.seed), settings, read_vectors())
    used = rows_for("spam", data)
    logits = out_of_fold_logits(
        "spam",
        examples_for("spam", data, used),
        data.groups[used],
        RECIPES["spam"],
        data.vectors,
        folds=folds,
    )
    return [data.rows[i] for i in used], logits


def describe(settings: Settings, columns: Columns, learned: dict[str, Any], digest: str) -> dict[str, Any]:
    """The manifest, but for the golden scores."""
    calibrations = {label: learned[label]["calibration"] for label in LABELS}
    return {
        "format": artifacts.FORMAT,
        "name": "en-news",
        "language": "en",
        "labels": list(LABELS),
        "feature_config": columns.config.as_dict(),
        "view_ends": list(columns.ends),
        "plain_features": list(plain.NAMES),
        "seed": settings.seed,
        "settings": {name: getattr(settings, name) for name in Settings.__slots__},
        "data_digest": digest,
        "sources": {name: source.licence for name, source in sorted(SOURCES.items())} | {"templates": "own"},
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
