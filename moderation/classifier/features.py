"""What the models see of a comment: hashed word and character n-grams, and a few plain counts.

All of a batch is hashed at once in numpy; no n-gram is ever stored as text, so an artifact holds
no readable vocabulary. Each comment's features depend on that comment alone: its scores are the
same, bit for bit, alone and in any batch.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

UInt32 = npt.NDArray[np.uint32]
Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

_PRIME = np.uint32(0x01000193)
_MIX = np.uint32(0x85EBCA6B)
_SPACE = np.uint32(32)
MEANING_SEED = 7
_TOKEN = re.compile(r"\w+(?:['*@$]+\w+)*\**|[^\w\s]")


@dataclass(frozen=True, slots=True)
class FeatureConfig:
    """Which n-grams are read. ``bits``: size of the hash space, shared by all views."""

    bits: int = 22
    word_max: int = 2
    char_min: int = 2
    char_max: int = 5

    def __post_init__(self) -> None:
        if not (
            12 <= self.bits <= 24 and 1 <= self.word_max <= 3 and 2 <= self.char_min <= self.char_max <= 8
        ):
            raise ValueError(f"no model reads such features: {self}")

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Grams:
    """Every n-gram occurrence of one view: row of the batch, bucket, and where it stands in its text."""

    rows: Int32
    buckets: UInt32
    starts: Int32 | None = None
    ends: Int32 | None = None


class _WordHashes(dict[str, int]):
    """CRC-32 of a word, remembered for the first 50,000 different words."""

    def __missing__(self, word: str) -> int:
        value = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        if len(self) < 50_000:
            self[word] = value
        return value


_WORD_HASHES = _WordHashes()


def word_hash(word: str) -> int:
    """The number that stands for ``word`` in an artifact's lexicon."""
    return _WORD_HASHES[word]


def _seed(seed: int) -> np.uint32:
    return np.uint32((seed * 0x9E3779B1) & 0xFFFFFFFF)


def _bucket(hashes: UInt32, seed: int, bits: int) -> UInt32:
    return _mixed(hashes ^ _seed(seed), bits)


def _mixed(mixed: UInt32, bits: int) -> UInt32:
    """The buckets of hashes that know their seed; changes what it is given."""
    mixed ^= mixed >> np.uint32(16)
    mixed *= _MIX
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed >>= np.uint32(32 - bits)
    return mixed


def tokens_of(text: str) -> list[str]:
    """The words and signs of a match form."""
    return _TOKEN.findall(text)


def word_grams(texts: Sequence[str], config: FeatureConfig, *, spans: bool = False) -> list[Grams]:
    """Word n-grams of match forms: single words for the meaning view, then one `Grams` for each n."""
    tokens = [_TOKEN.findall(text) for text in texts]
    counts = np.fromiter(map(len, tokens), dtype=np.int64, count=len(tokens))
    rows = np.repeat(np.arange(len(texts), dtype=np.int32), counts)
    lookup = _WORD_HASHES
    words = np.fromiter(map(lookup.__getitem__, [t for row in tokens for t in row]), dtype=np.uint32)
    starts = ends = None
    if spans:
        places = [m.span() for text in texts for m in _TOKEN.finditer(text)]
        both = np.array(places, dtype=np.int32).reshape(-1, 2)
        starts, ends = both[:, 0], both[:, 1]
    views = [Grams(rows, _bucket(words, MEANING_SEED, config.bits), starts, ends)]
    hashes = words
    for n in range(1, config.word_max + 1):
        if n > 1:
            hashes = hashes[:-1] * _PRIME + words[n - 1 :]
        count = len(hashes)
        inside = np.flatnonzero(rows[:count] == rows[n - 1 :])  # Both ends in one text.
        views.append(
            Grams(
                rows[:count][inside],
                _bucket(hashes[inside], n, config.bits),
                None if starts is None else starts[:count][inside],
                None if ends is None else ends[n - 1 :][inside],
            )
        )
    return views


def pair_buckets(first: UInt32, second: UInt32, config: FeatureConfig) -> UInt32:
    """The buckets of word pairs, from the hashes of their words."""
    return _bucket(first * _PRIME + second, 2, config.bits)


def meaning_buckets(word_hashes: UInt32, config: FeatureConfig) -> UInt32:
    """Where the words with these hashes stand in the meaning view."""
    return _bucket(word_hashes, MEANING_SEED, config.bits)


def char_grams(texts: Sequence[str], config: FeatureConfig, *, spans: bool = False) -> list[Grams]:
    """Character n-grams inside words, the blanks around a word included, one `Grams` for each n."""
    joined = "".join([f" {text} " for text in texts])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 2
    rows = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
    first = np.repeat(np.cumsum(lengths) - lengths, lengths) + 1  # Offset of each text's first character.
    is_space = codes == _SPACE
    views = []
    hashes = codes * _PRIME
    unbroken = np.ones(len(codes), dtype=bool)  # No blank strictly inside the n-gram.
    for n in range(2, config.char_max + 1):
        count = len(codes) - n + 1
        if count <= 0:
            break
        hashes = (hashes[:count] ^ (hashes[:count] >> np.uint32(15))) * _PRIME + codes[n - 1 :]
        unbroken = unbroken[:count] & ~is_space[n - 2 : n - 2 + count] if n > 2 else unbroken[:count]
        if n < config.char_min:
            continue
        chosen = (
            np.flatnonzero(unbroken & ~(is_space[:count] & is_space[n - 1 :]))
            if n == 2
            else (np.flatnonzero(unbroken))
        )
        at = None
        if spans:
            at = (chosen - first[chosen]).astype(np.int32)
        views.append(
            Grams(
                rows[chosen],
                _bucket(hashes[chosen], 16 + n, config.bits),
                at,
                None if at is None else at + np.int32(n),
            )
        )
    return views


def gram_hashes(chunks: Sequence[str], config: FeatureConfig) -> tuple[UInt32, Int64, UInt32]:
    """Every n-gram of `word_grams` and `char_grams` at once, of texts that hold a word and no blank.

    Returns:
        The bucket of each n-gram; the number of its chunk; and, shape ``(2, len(chunks))``, the hashes of the
        last and of the first word of each chunk.
    """
    sizes = np.arange(config.char_min, config.char_max + 1)
    codes = np.frombuffer(
        "".join([f" {chunk} " for chunk in chunks]).encode("utf-32-le", "surrogatepass"), dtype=np.uint32
    )
    lengths = np.array([len(chunk) + 2 for chunk in chunks])
    of_code = np.repeat(np.arange(len(chunks)), lengths)
    room = np.cumsum(lengths)[of_code] - np.arange(len(codes))  # Characters from here to the chunk's end.
    chars = np.empty((len(sizes), len(codes)), dtype=np.uint32)
    hashes = codes * _PRIME
    for n in range(2, config.char_max + 1):
        hashes ^= hashes >> np.uint32(15)
        hashes *= _PRIME
        hashes[: 1 - n] += codes[n - 1 :]  # What reaches over the end is left out below.
        if n >= config.char_min:
            np.bitwise_xor(hashes, _seed(16 + n), out=chars[n - config.char_min])
    fits = room >= sizes[:, None]
    tokens = [_TOKEN.findall(chunk) for chunk in chunks]
    counts = np.array(list(map(len, tokens)))
    words = np.array([_WORD_HASHES[token] for found in tokens for token in found], dtype=np.uint32)
    of_word = np.repeat(np.arange(len(chunks)), counts)
    ends = np.cumsum(counts)
    inside = np.flatnonzero(of_word[1:] == of_word[:-1]) if config.word_max > 1 else ends[:0]
    hashes = np.concatenate(
        [
            chars[fits],
            words ^ _seed(MEANING_SEED),
            words ^ _seed(1),
            (words[inside] * _PRIME + words[inside + 1]) ^ _seed(2),
        ]
    )
    of_gram = np.concatenate([np.broadcast_to(of_code, chars.shape)[fits], of_word, of_word, of_word[inside]])
    return _mixed(hashes, config.bits), of_gram, words[np.stack([ends - 1, ends - counts])]


# --- the columns that a model knows ------------------------------------------------------------------

VIEWS = 3
"""Meaning (single words, weighted through their vectors), words (1 and 2), characters (2 to 5)."""


class Columns:
    """The buckets that a model has weights for, with their idf: turns match forms into sparse rows.

    Args:
        buckets: the bucket of each column, view by view; no bucket twice.
        idf: shape ``(n,)``, the weight of each column before a row's views are scaled to length 1.
        ends: for each view, the column after its last.
    """

    def __init__(self, config: FeatureConfig, buckets: UInt32, idf: Float32, ends: Sequence[int]) -> None:
        if len(ends) != VIEWS or sorted(ends) != list(ends) or ends[-1] != len(buckets) or ends[0] < 0:
            raise ValueError(f"views end at {list(ends)}, but there are {len(buckets)} columns")
        self.config, self.buckets, self.idf, self.ends = config, buckets, idf, tuple(ends)
        self._column_of = np.full(1 << config.bits, -1, dtype=np.int32)
        self._column_of[buckets] = np.arange(len(buckets), dtype=np.int32)
        self.view_of = np.repeat(np.arange(VIEWS), np.diff(ends, prepend=0)).astype(np.int8)

    def __len__(self) -> int:
        return len(self.buckets)

    def lookup(self, grams: Grams) -> Int32:
        """The column of each n-gram, -1 where the model has none."""
        return self.column_of(grams.buckets)

    def column_of(self, buckets: UInt32) -> Int32:
        """The column of each bucket, -1 where the model has none."""
        found: Int32 = self._column_of[buckets]
        return found

    def rows(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """One row for each match form: ``(1 + ln tf) * idf``, each view scaled to length 1."""
        bits = np.uint32(max(len(self.buckets) - 1, 1).bit_length())
        if len(texts) >> (32 - int(bits)):
            raise ValueError(f"{len(texts)} texts are too many at once")
        keys = []
        for grams in (*word_grams(texts, self.config), *char_grams(texts, self.config)):
            column = self._column_of[grams.buckets]
            known = np.flatnonzero(column >= 0)
            keys.append((grams.rows[known].astype(np.uint32) << bits) | column[known].astype(np.uint32))
        cells = np.concatenate(keys)
        cells.sort()
        first = np.ones(len(cells), dtype=bool)
        np.not_equal(cells[1:], cells[:-1], out=first[1:])
        at = np.flatnonzero(first)
        counts = np.diff(at, append=len(cells))
        cells = cells[at]
        row, column = (
            (cells >> bits).astype(np.int64),
            (cells & np.uint32((1 << int(bits)) - 1)).astype(np.int64),
        )
        values = self.idf[column] * LOG_COUNT[np.minimum(counts, len(LOG_COUNT) - 1)]
        # Summed in column order, row by row, so that a row's length never depends on its neighbours.
        view = row * VIEWS + self.view_of[column]
        lengths = np.sqrt(
            np.bincount(view, weights=values.astype(np.float64) ** 2, minlength=VIEWS * len(texts))
        )
        values = (values / lengths[view]).astype(np.float32)
        pointers = np.searchsorted(row, np.arange(len(texts) + 1))
        return sparse.csr_matrix(
            (values, column.astype(np.int32), pointers), shape=(len(texts), len(self.buckets))
        )


LOG_COUNT = np.concatenate([[0.0], 1.0 + np.log(np.arange(1, 256))]).astype(np.float32)


def choose_columns(
    texts: Sequence[str], config: FeatureConfig, *, at_least: int, meaning: UInt32 | None = None
) -> Columns:
    """The columns for a training set: n-grams that stand in ``at_least`` different texts.

    Args:
        meaning: hashes of the words that have a vector; these stay even where no text has them.
    """
    size = 1 << config.bits
    frequency = np.zeros((VIEWS, size), dtype=np.int64)
    step = 1 << (32 - config.bits)
    for begin in range(0, len(texts), step):
        part = texts[begin : begin + step]
        words = word_grams(part, config)
        for view, grams in ((0, words[:1]), (1, words[1:]), (2, char_grams(part, config))):
            cells = np.concatenate(
                [(g.rows.astype(np.uint32) << np.uint32(config.bits)) | g.buckets for g in grams]
            )
            frequency[view] += np.bincount(np.unique(cells) & np.uint32(size - 1), minlength=size)
    named = np.zeros(size, dtype=bool)
    named[meaning_buckets(meaning, config) if meaning is not None else []] = True
    owner = frequency[1:].argmax(axis=0) + 1  # Where two views meet in one bucket, the more frequent has it.
    chosen = [np.flatnonzero(named)] + [
        np.flatnonzero((owner == view) & (frequency[view] >= at_least) & ~named) for view in range(1, VIEWS)
    ]
    order = np.concatenate(chosen)
    ends = np.cumsum([len(c) for c in chosen]).tolist()
    total = np.concatenate([frequency[view][c] for view, c in enumerate(chosen)])
    idf = np.log((1 + len(texts)) / (1 + np.maximum(total, 3))) + 1
    return Columns(config, order.astype(np.uint32), idf.astype(np.float32), ends)


# --- windows ----------------------------------------------------------------------------------------------

WINDOW = 80
"""Sentences are read together until they have this many characters."""

_SENTENCE_END = re.compile(r"[.!?] +")


def windows_of(text: str) -> list[tuple[int, int]]:
    """Slices of a match form that are judged one by one, so that one bad sentence is not drowned."""
    if len(text) < 2 * WINDOW:
        return [(0, len(text))]
    cuts, begin = [], 0
    for gap in _SENTENCE_END.finditer(text):
        if gap.start() - begin >= WINDOW:
            cuts.append((begin, gap.start() + 1))
            begin = gap.end()
    if cuts and len(text) - begin < WINDOW // 2:
        begin = cuts.pop()[0]
    cuts.append((begin, len(text)))
    return cuts
