"""The data sets a shipped model may learn from, and the rows in them.

Only what is named here is ever read for training, calibration or thresholds. Sets whose licence
does not allow that are named in `moderation.classifier.evaluation`, which never trains.
"""

import gzip
import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from moderation.classifier.artifact import LABELS


@dataclass(frozen=True, slots=True)
class Source:
    """One data set marked *train*."""

    licence: str
    about: str
    keep: float = 1.0
    """The share of its rows that is read: half of a large, weak set teaches as much as all of it."""
    is_ham: bool = False
    """Ordinary comments, taken as spam = 0: nobody labelled them, but spam is rare there."""


OWN = ("own_decisions", "imported_states")
"""A newsroom's own rows: what its people decided, and what an earlier system's states were taken to say."""

SOURCES: dict[str, Source] = {
    "civil_toxic_spans": Source("CC0", "reader comments on news sites, once flagged", is_ham=True),
    "jigsaw_wiki": Source("CC0 labels, CC BY-SA text", "talk page comments, ten raters", is_ham=True),
    "wiki_cat_large": Source(
        "Apache-2.0", "talk page comments at a natural base rate", keep=0.5, is_ham=True
    ),
    "paradetox": Source("CC0", "toxic sentences and neutral rewrites", keep=0.4),
    "hatemoji_build": Source("CC BY 4.0", "adversarial hate with emoji"),
    "youtube_spam": Source("CC BY 4.0", "comment spam 2013-15"),
    "scamspot_instagram": Source("MIT", "investment scam comments 2022-23"),
    "janitr_x": Source("MIT", "phishing, airdrops, lead generation 2026"),
    "sms_spam": Source("CC BY 4.0", "short messages 2006-11"),
    "spamassassin_email": Source("PDDL", "e-mail of 2002, for its vocabulary", keep=0.3),
    "tgspam_telegram": Source("MIT", "chat spam"),
}
"""The sets marked *train*; the licences are repeated in the model card."""


@dataclass(slots=True)
class Row:
    """One labelled text. A label that is absent was not judged: it is never read as 0."""

    source: str
    id: str
    text: str
    split: str
    labels: dict[str, float] = field(default_factory=dict)
    """Label to a value in [0, 1]: the share of raters where that is known, else 0 or 1."""
    weight: float = 1.0
    """How much the row counts beside the others of its source."""
    author: str = ""
    """Who wrote it, where that is known: one author counts once in the vocabulary."""


class DataMissing(FileNotFoundError):
    """A data set that training needs is not in the folder."""


def _labels_of(source: str, raw: dict[str, Any]) -> dict[str, float]:
    labels = {label: float(raw[label]) for label in LABELS if raw.get(label) is not None}
    if source == "civil_toxic_spans" and raw.get("toxicity_score") is not None and "toxicity" in labels:
        labels["toxicity"] = float(raw["toxicity_score"])
    if source == "hatemoji_build" and raw.get("hate") is not None:
        labels["identity_attack"] = float(raw["hate"])
    if SOURCES[source].is_ham:
        labels["spam"] = 0.0
    return labels


def read_source(folder: Path, name: str) -> Iterator[Row]:
    """The rows of one set, in file order.

    Raises:
        DataMissing: the file is not there.
    """
    path = folder / f"{name}.jsonl.gz"
    if not path.exists():
        raise DataMissing(f"{path.name} is not in {folder}; its licence and origin are in the model card")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            raw = json.loads(line)
            labels = _labels_of(name, raw)
            if labels:
                yield Row(name, str(raw["id"]), raw["text"], raw.get("split") or "train", labels)


def data_digest(folder: Path, own: Sequence[Row] = ()) -> str:
    """SHA-256 over the files that training reads, and over a newsroom's own rows."""
    digest = hashlib.sha256()
    for name in sorted(SOURCES):
        path = folder / f"{name}.jsonl.gz"
        if not path.exists():
            raise DataMissing(f"{path.name} is not in {folder}; its licence and origin are in the model card")
        with gzip.open(path, "rb") as content:
            digest.update(name.encode() + b"\n")
            digest.update(hashlib.file_digest(content, "sha256").digest())
    for row in own:
        digest.update(json.dumps(asdict(row), sort_keys=True).encode())
    return digest.hexdigest()


def read_training_rows(folder: Path, *, seed: int) -> list[Row]:
    """Every row that may be trained on, in an order that depends on ``seed`` alone."""
    chance = random.Random(seed)  # noqa: S311 - a sample and an order, no secret.
    rows = [
        row
        for name in sorted(SOURCES)
        for row in read_source(folder, name)
        if row.split == "train" and chance.random() < SOURCES[name].keep
    ]
    chance.shuffle(rows)
    return rows
