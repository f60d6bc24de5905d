"""Near copies of a text, so that they never stand on both sides of a split."""

import numpy as np
import numpy.typing as npt
from datasketch import MinHash, MinHashLSH

from moderation.classifier.features import tokens_of

SIMILARITY = 0.7
_PERMUTATIONS = 32


def near_duplicate_groups(texts: list[str]) -> npt.NDArray[np.int64]:
    """A number for each text; texts that share about 70 % of their words, directly or by a chain, share it.

    Texts under four words are only grouped with exact copies.
    """
    parent = np.arange(len(texts))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = int(parent[node])
        return node

    def join(one: int, other: int) -> None:
        # The smallest number stands for all, whatever order copies are met in.
        low, high = sorted((root(one), root(other)))
        parent[high] = low

    blank = MinHash(num_perm=_PERMUTATIONS, seed=1)
    index = MinHashLSH(threshold=SIMILARITY, num_perm=_PERMUTATIONS)
    first_of: dict[frozenset[str], int] = {}
    for number, text in enumerate(texts):
        words = frozenset(token for token in tokens_of(text) if token.isalnum())
        if words in first_of:
            join(number, first_of[words])
            continue
        first_of[words] = number
        if len(words) < 4:
            continue
        sketch = blank.copy()
        sketch.update_batch([word.encode() for word in sorted(words)])
        for other in index.query(sketch):
            join(number, int(other))
        index.insert(str(number), sketch)
    groups: npt.NDArray[np.int64] = np.array([root(number) for number in range(len(texts))])
    return groups
