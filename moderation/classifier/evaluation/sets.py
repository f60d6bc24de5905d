"""Rows that a model is judged on. Nothing here is ever trained, calibrated or tuned on."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LICENCES = {
    "c3_news": "CC BY-NC-SA, evaluate only",
    "unhealthy_news": "CC BY-NC-SA, evaluate only",
    "kaggle_insults": "unknown, evaluate only",
    "wiki_cat_small": "Apache-2.0, test",
    "ethos": "GPL-3.0, evaluate only",
    "bias_madlibs_en": "Apache-2.0, test",
    "seo_spintax": "unknown, evaluate only",
    "germeval21_de": "unknown, evaluate only",
    "told_br_pt": "CC BY-SA, evaluate only",
    "kocohub_ko": "CC BY-SA, evaluate only",
    "kmhas_ko": "unknown, evaluate only",
}
"""Sets that no shipped model may learn from. Parts marked valid or test of the training sets come on top."""

IDENTITY_TERMS = (
    "lesbian",
    "gay",
    "bisexual",
    "transgender",
    "trans",
    "queer",
    "lgbt",
    "lgbtq",
    "homosexual",
    "straight",
    "heterosexual",
    "male",
    "female",
    "nonbinary",
    "african",
    "african american",
    "black",
    "white",
    "european",
    "hispanic",
    "latino",
    "latina",
    "latinx",
    "mexican",
    "canadian",
    "american",
    "asian",
    "indian",
    "middle eastern",
    "chinese",
    "japanese",
    "christian",
    "muslim",
    "jewish",
    "buddhist",
    "catholic",
    "protestant",
    "sikh",
    "taoist",
    "old",
    "older",
    "young",
    "younger",
    "teenage",
    "millenial",
    "middle aged",
    "elderly",
    "blind",
    "deaf",
    "paralyzed",
)
"""The terms of the bias test, spelled as it spells them."""


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    id: str
    text: str
    split: str
    fields: dict[str, Any]
    extra: dict[str, Any]


def read_set(folder: Path, name: str, *, splits: tuple[str, ...] | None = None) -> list[EvaluationRow]:
    """The rows of one set, those of ``splits`` only if given.

    Raises:
        FileNotFoundError: the set is not in the folder.
    """
    path = folder / f"{name}.jsonl.gz"
    if not path.exists():
        raise FileNotFoundError(f"{path.name} is not in {folder}")
    rows = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            raw = json.loads(line)
            split = raw.get("split") or "train"
            if splits is None or split in splits:
                extra = raw.get("extra") or {}
                extra = json.loads(extra) if isinstance(extra, str) else extra
                rows.append(EvaluationRow(str(raw["id"]), raw["text"], split, raw, extra))
    return rows
