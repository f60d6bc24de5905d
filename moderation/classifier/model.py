"""The classifier as the rest of the product sees it: texts in, calibrated scores and reasons out."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from moderation.classifier import artifact as artifacts
from moderation.classifier import plain
from moderation.classifier.artifact import LABELS, ArtifactError
from moderation.classifier.calibration import Calibration
from moderation.classifier.features import (
    Columns,
    FeatureConfig,
    char_grams,
    windows_of,
    word_grams,
    word_hash,
)
from moderation.classifier.identities import groups_alike, read_alike
from moderation.classifier.language import Language, detect_language
from moderation.classifier.sums import CHARACTERS, Sums
from moderation.classifier.text import MAX_CHARACTERS, MatchForm, match_form

KINDS = tuple(label for label in LABELS if label not in ("toxicity", "spam"))
GOLDEN_TOLERANCE = 1e-6
_CHUNK = re.compile(r"\S+")
_BATCH = 256
"""Texts scored at once; more only costs memory."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Calibrated probabilities of one text, higher = worse, and what they may be trusted for."""

    values: dict[str, float]
    supported: dict[str, bool]
    language: Language


@dataclass(frozen=True, slots=True)
class Span:
    """A slice of the original text and what it added to the logit; ``read_as``: the disguise undone."""

    start: int
    end: int
    weight: float
    read_as: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """``logit == bias + sum(span weights) + sum(other values)``, before calibration."""

    label: str
    spans: list[Span]
    bias: float
    other: dict[str, float]
    logit: float


class Classifier:
    """A trained model. Holds no text that it was given; safe to share between threads."""

    def __init__(self, artifact: artifacts.Artifact) -> None:
        self.digest = artifact.digest
        self.version: str = artifact.digest[:12]
        self.manifest: dict[str, Any] = artifact.manifest
        self.labels: tuple[str, ...] = LABELS
        self._language: str = artifact.manifest["language"]
        self._rates: dict[str, float] = artifact.manifest["base_rate"]
        self._supported = {label: bool(artifact.manifest["supported"][label]) for label in LABELS}
        if artifact.manifest["plain_features"] != list(plain.NAMES):
            raise ArtifactError("the model counts other plain features than this program")
        self._calibrations = {
            label: Calibration(**artifact.manifest["calibration"][label]) for label in LABELS
        }
        # A rate of 0 or 1 fails here, not at the first comment.
        self._curves: dict[str, Callable[[float], float]] = {
            label: self._calibrations[label].curve(rate=self._rates[label]) for label in LABELS
        }
        tensors = artifact.tensors
        config = FeatureConfig(**artifact.manifest["feature_config"])
        self._columns = Columns(config, tensors["buckets"], tensors["idf"], artifact.manifest["view_ends"])
        self._weights = tensors["weights"]
        self._sums = Sums(self._columns, self._weights)
        self._plain_weights: list[list[float]] = tensors["plain_weights"].astype(np.float64).tolist()
        self._bias: list[float] = tensors["bias"].astype(np.float64).tolist()
        self._lexicon = frozenset(tensors["lexicon"].tolist())

    def knows(self, word: str) -> bool:
        """Whether ``word`` was common in training; decides between readings of a disguise."""
        return word_hash(word) in self._lexicon

    def match_form(self, text: str) -> MatchForm:
        """The form of ``text`` that this model reads."""
        return match_form(text, self.knows)

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Scores in the order of ``texts``; each is the same alone and in any batch."""
        scored: list[Scores] = []
        for part in _batches(texts):
            logits = self._logits(part)
            scored.extend(self._scores(text, row) for text, row in zip(part, logits, strict=True))
        return scored

    def _scores(self, text: str, logits: list[float]) -> Scores:
        values = {
            label: curve(logit) for (label, curve), logit in zip(self._curves.items(), logits, strict=True)
        }
        # Each kind of attack is a part of toxicity: none can be more likely than the whole.
        toxicity = values["toxicity"]
        for kind in KINDS:
            if values[kind] > toxicity:
                values[kind] = toxicity
        return Scores(values, self._supported, detect_language(text, self._language))

    def _logits(self, texts: list[str]) -> list[list[float]]:
        forms = [self.match_form(text) for text in texts]
        parts, counts = [], []
        for form in forms:
            read = read_alike(form.text)
            cuts = windows_of(read)
            parts += [read[start:end] for start, end in cuts]
            counts.append(len(cuts))
        windows = iter(self._sums.of(parts).tolist())
        return [
            self._logits_of(list(islice(windows, count)), plain.plain_features(text, form))
            for text, form, count in zip(texts, forms, counts, strict=True)
        ]

    def _logits_of(self, windows: list[list[float]], counted: list[float]) -> list[float]:
        """In Python, number by number, so that no sum depends on how an array is laid out."""
        from_counts = [0.0] * len(LABELS)
        for value, weights in zip(counted, self._plain_weights, strict=True):
            if value:
                from_counts = [s + value * weight for s, weight in zip(from_counts, weights, strict=True)]
        from_text = windows[0]
        if len(windows) > 1:
            from_text = [log_mean_exp(of_label) for of_label in zip(*windows, strict=True)]
        return [a + b + c for a, b, c in zip(from_text, from_counts, self._bias, strict=True)]

    def explain(self, text: str, label: str) -> Explanation:
        """What raised and lowered one score of ``text``. Slower than scoring: only when asked.

        The sentences of a long text count by how bad they are; what that weighting itself takes
        away from the plain sum stands under ``sentences`` in ``other``.
        """
        which = LABELS.index(label)
        form = self.match_form(text)
        read = groups_alike(form.text)
        cuts = windows_of(read.text)
        parts = [read.text[start:end] for start, end in cuts]
        rows = self._columns.rows(parts)
        of_window = self._sums.of(parts)[:, which]
        share = np.exp(of_window - of_window.max())
        share /= share.sum()
        per_character = np.zeros(len(read.text))
        for number, (start, end) in enumerate(cuts):
            per_character[start:end] = share[number] * self._per_character(parts[number], rows[number], which)
        spans = [self._span(text, form, read, chunk, per_character) for chunk in _CHUNK.finditer(read.text)]
        counted = plain.plain_features(text, form)
        other = {
            name: value * self._plain_weights[row][which]
            for row, (name, value) in enumerate(zip(plain.NAMES, counted, strict=True))
            if value
        }
        if len(cuts) > 1:
            other["sentences"] = log_mean_exp(of_window.tolist()) - float((share * of_window).sum())
        bias = self._bias[which]
        logit = bias + math.fsum(span.weight for span in spans) + math.fsum(other.values())
        return Explanation(label, spans, bias, other, logit)

    @staticmethod
    def _span(
        text: str,
        form: MatchForm,
        read: MatchForm,
        chunk: re.Match[str],
        per_character: npt.NDArray[np.float64],
    ) -> Span:
        inside = read.span(*chunk.span())
        start, end = form.span(*inside)
        weight = float(per_character[chunk.start() : chunk.end()].sum())
        undone = form.text[slice(*inside)]
        return Span(start, end, weight, None if text[start:end].lower() == undone else undone)

    def _per_character(self, text: str, row: sparse.csr_matrix, which: int) -> npt.NDArray[np.float64]:
        """Every n-gram's contribution, spread evenly over the visible characters that it covers."""
        of_column = np.zeros(len(self._columns))
        of_column[row.indices] = row.data * self._weights[row.indices, which].astype(np.float64)
        config = self._columns.config
        visible = np.array([not c.isspace() for c in text], dtype=bool)
        seen_before = np.concatenate([[0], np.cumsum(visible)])
        steps = np.zeros(len(text) + 1)
        grams = (*word_grams([text], config, spans=True), *char_grams([text], config, spans=True))
        columns = np.concatenate([self._columns.lookup(g) for g in grams])
        known = columns >= 0
        columns = columns[known]
        starts = np.concatenate([g.starts for g in grams if g.starts is not None])[known].clip(0)
        ends = np.concatenate([g.ends for g in grams if g.ends is not None])[known].clip(None, len(text))
        times = np.bincount(columns, minlength=len(of_column))[columns]
        share = of_column[columns] / times / np.maximum(seen_before[ends] - seen_before[starts], 1)
        np.add.at(steps, starts, share)
        np.add.at(steps, ends, -share)
        per_character: npt.NDArray[np.float64] = np.cumsum(steps)[:-1] * visible
        return per_character


def log_mean_exp(logits: Sequence[float]) -> float:
    """The soft maximum over windows."""
    top = max(logits)
    return top + math.log(math.fsum([math.exp(v - top) for v in logits]) / len(logits))


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Texts that are read together, in their order: not too many, and not too long in sum."""
    part: list[str] = []
    characters = 0
    for text in texts:
        length = min(len(text), MAX_CHARACTERS)
        if part and (len(part) == _BATCH or characters + length > CHARACTERS):
            yield part
            part, characters = [], 0
        part.append(text)
        characters += length
    if part:
        yield part


def load(source: str | Path | bytes) -> Classifier:
    """A classifier from a file or its bytes, after every check that it can be given.

    Raises:
        ArtifactError: the file is not a model, was altered, or does not score its golden texts as stated.
    """
    checked = artifacts.read(source)
    try:
        classifier = Classifier(checked)
        golden = checked.manifest["golden"]
        texts = [str(case["text"]) for case in golden]
        expected = [{label: float(case["scores"][label]) for label in LABELS} for case in golden]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ArtifactError(f"the manifest is incomplete or wrong: {error}") from error
    if not texts:
        raise ArtifactError("the model has no golden texts, so nothing shows that it works here")
    for number, (scores, wanted) in enumerate(zip(classifier.score(texts), expected, strict=True), start=1):
        for label in LABELS:
            found = scores.values[label]
            if not abs(found - wanted[label]) <= GOLDEN_TOLERANCE:
                raise ArtifactError(
                    f"golden text {number}: {label} is {found:.6f}, the manifest says {wanted[label]:.6f}"
                )
    return classifier
