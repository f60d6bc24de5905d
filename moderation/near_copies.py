"""Near-copies of a text: what a wave is made of (pure: no Django, no database)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Hashable, Iterable, Iterator
from datetime import timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from moderation.classifier.text import match_form
from moderation.policy import Finding
from moderation.text_rules import links

if TYPE_CHECKING:
    from datasketch import MinHash

WAVE_WINDOW = timedelta(hours=24)
WAVE_COMMENTERS = 2  # near-copies by this many *other* commenters make a wave
WAVE_ARTICLES = 3  # near-copies of one's own under this many *other* articles make one too
WAVE_SIMILARITY = 0.8
WAVE_MIN_WORDS = 8  # "RIP" and "Well said" are not waves
PERMUTATIONS, BANDS = 64, 16


@lru_cache(maxsize=8)  # Judging and storing ask for the same one.
def sketch(text: str) -> tuple[tuple[int, ...], bytes] | None:
    """LSH bands (16 signed 64-bit) and MinHash signature (64 × uint32) of a text.

    None if the text is too short to compare.
    """
    signature = signature_of(text)
    return (tuple(_band_key(*band) for band in bands_of(signature)), signature) if signature else None


def signature_of(text: str) -> bytes | None:
    """MinHash signature (64 × uint32) of a text; None if it is too short to compare.

    Source: Broder 1997; three-word shingles of the match form.
    """
    words = re.findall(r"\w+", match_form(text).text)
    if len(words) < WAVE_MIN_WORDS and not links(text):
        return None
    shingles = {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))}
    minhash = _empty_sketch().copy()
    minhash.update_batch([shingle.encode() for shingle in sorted(shingles)])
    return bytes(minhash.hashvalues.astype(np.uint32).tobytes())


def bands_of(signature: bytes) -> Iterator[tuple[int, bytes]]:
    """The pieces of a signature of which near-copies have one in common, each with its number."""
    size = len(signature) // BANDS
    for band in range(BANDS):
        yield band, signature[band * size : (band + 1) * size]


@cache
def _empty_sketch() -> MinHash:
    """Kept, since drawing permutations takes longer than using them. The import takes a second and SciPy."""
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, seed=1)


def _band_key(band: int, values: bytes) -> int:
    digest = hashlib.blake2b(values, digest_size=8, salt=bytes([band])).digest()
    return int.from_bytes(digest, "big", signed=True)


def wave_findings(
    signature: bytes,
    near: Iterable[tuple[Hashable, bytes]],
    *,
    own: Iterable[tuple[Hashable, bytes]] = (),
    commenters: int = WAVE_COMMENTERS,
) -> list[Finding]:
    """One finding if near-copies by enough other commenters, or under enough articles, make a wave of this.

    Args:
        near: commenter and signature of texts by others within `WAVE_WINDOW` that share a band with it.
        own: article and signature of such texts by the same commenter elsewhere.
        commenters: so many others are enough; 0: none ever are.
    """
    mine = np.frombuffer(signature, dtype=np.uint32)
    others, articles = _alike(mine, near), _alike(mine, own)
    if not commenters or (len(others) < commenters and len(articles) < WAVE_ARTICLES):
        return []
    data = {"hours": 24} | ({"articles": len(articles)} if articles else {})
    return [Finding("near_duplicates", where="body", value=len(others), data=data)]


def _alike(mine: np.ndarray, texts: Iterable[tuple[Hashable, bytes]]) -> set[Hashable]:
    """Whose texts are near-copies."""
    return {
        whose
        for whose, stored in texts
        if (np.frombuffer(stored, dtype=np.uint32) == mine).mean() >= WAVE_SIMILARITY
    }
