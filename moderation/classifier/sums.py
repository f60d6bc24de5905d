"""The weighted sums behind every score, chunk by chunk: what stands between two blanks is read once.

No character n-gram reaches over a blank, and of the words only pairs do. So a chunk ("the", "council,")
adds the same to every text, but for n-grams that the text repeats: these count by ``1 + ln n``, not by n. A
chunk's sums are therefore remembered, a text's are those of its chunks, and only pairs of words over a
blank and what is repeated are looked up again.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from moderation.classifier.features import (
    LOG_COUNT,
    VIEWS,
    Columns,
    FeatureConfig,
    Float64,
    Int64,
    UInt32,
    gram_hashes,
    pair_buckets,
)

CHARACTERS = 131_072
"""Texts are read together up to so many characters: what these need always fits into an empty memory."""

_CHUNKS = CHARACTERS // 2 + 1_024
_WIDTH = 8  # Seven labels and the squared length.


class _Memory:
    """What is known of chunks. Only grows: whoever looked a place up may read it while others add."""

    def __init__(self, config: FeatureConfig, characters: int) -> None:
        # A sign that stands alone is a word, a meaning and half of a pair.
        cells = (config.char_max - config.char_min + 1 + 3) * characters
        most = characters // 2 + 1
        self.places: dict[str, int] = {}
        self.begins = np.empty(most, dtype=np.int64)
        self.lengths = np.empty(most, dtype=np.int64)
        self.words = np.empty((2, most), dtype=np.uint32)  # The hashes of the last and of the first.
        self.sums = np.empty((most, VIEWS * _WIDTH), dtype=np.float64)
        self.cells = np.empty(cells, dtype=np.uint32)
        self._filled = 0

    def add(self, chunks: Sequence[str], read: "_Read") -> bool:
        """Remember them all; False, and nothing is changed, if there is no room."""
        begin, end = len(self.places), len(self.places) + len(chunks)
        filled = self._filled + len(read.cells)
        if end > len(self.lengths) or filled > len(self.cells):
            return False
        self.begins[begin:end] = self._filled + np.cumsum(read.lengths) - read.lengths
        self.lengths[begin:end] = read.lengths
        self.words[:, begin:end] = read.words
        self.cells[self._filled : filled] = read.cells
        self.sums[begin:end] = read.sums
        self._filled = filled
        self.places.update(zip(chunks, range(begin, end), strict=True))  # Last: now others may find them.
        return True


@dataclass(frozen=True, slots=True)
class _Read:
    """Some chunks: how many n-grams each has, these in a row, last and first words, and the sums."""

    lengths: Int64
    cells: UInt32
    words: UInt32
    sums: Float64


class Sums:
    """``sum(value * weight)`` of match forms for all labels, as ``Columns.rows(texts) @ weights`` gives them.

    In double precision, and in an order that depends on the text alone: the same, bit for bit, in any company
    and whatever was read before. Safe to share between threads.

    Args:
        weights: shape ``(columns, labels)``, at most seven labels.
    """

    def __init__(self, columns: Columns, weights: npt.NDArray[np.floating]) -> None:
        if columns.config.word_max > 2:
            raise ValueError("words are read alone and in pairs, no further")
        self._columns = columns
        self._labels = weights.shape[1]
        # What an n-gram adds to each label, and last to the squared length: fetched at once, from one line of
        # the processor's cache.
        idf = columns.idf.astype(np.float64)[:, None]
        self._rows = np.zeros((len(columns), _WIDTH))
        self._rows[:, : self._labels] = weights.astype(np.float64) * idf
        self._rows[:, -1:] = idf**2
        self._bits = np.uint32(max(len(columns) - 1, 1).bit_length())
        self._mask = np.uint32((1 << int(self._bits)) - 1)
        self._memory = _Memory(columns.config, CHARACTERS)
        self._lock = threading.Lock()

    def of(self, texts: Sequence[str]) -> Float64:
        """Shape ``(len(texts), labels)``."""
        most = 1 << (32 - int(self._bits))  # Text and column are one number of 32 bits.
        if len(texts) > most:
            return np.concatenate([self.of(texts[:most]), self.of(texts[most:])])
        # A text without a word is dropped here and gets 0 in the end: `reduceat` knows no empty slice.
        chunks = [found for found in map(str.split, texts) if found]
        result = np.zeros((len(texts), self._labels))
        if chunks:
            filled = [number for number, text in enumerate(texts) if text and not text.isspace()]
            result[filled] = self._of_chunks(chunks)
        return result

    def _of_chunks(self, chunks: list[list[str]]) -> Float64:
        memory, found = self._places(list(chain.from_iterable(chunks)))
        places = np.array(found)
        counts = np.array(list(map(len, chunks)))
        begins = np.cumsum(counts) - counts
        of_text = np.repeat(np.arange(len(chunks), dtype=np.uint32) << self._bits, counts)
        totals = np.add.reduceat(memory.sums[places], begins, axis=0).reshape(-1, _WIDTH)
        pairs = self._pairs(memory, places, of_text, begins)
        repeated, times = _runs(np.concatenate([self._cells(memory, places, of_text), pairs]))
        value = LOG_COUNT[np.minimum(times, len(LOG_COUNT) - 1)]
        # The chunks' sums have each n-gram n times with value 1: what is missing to once with 1 + ln n.
        cells = np.concatenate([pairs, repeated])
        column = cells & self._mask
        rows = self._rows[column]
        rows[len(pairs) :, :-1] *= (value - times)[:, None]
        rows[len(pairs) :, -1] *= value * value - times
        _add_groups(totals, self._groups(cells, column), rows)
        views = totals.reshape(len(chunks), VIEWS, _WIDTH)
        length = np.sqrt(views[:, :, -1:])
        length[length == 0] = 1.0
        scaled = views[:, :, : self._labels] / length
        total: Float64 = scaled[:, 0]
        for view in range(1, VIEWS):
            total = total + scaled[:, view]
        return total

    def _places(self, chunks: list[str]) -> tuple[_Memory, list[int]]:
        """A memory that knows every chunk, and where each stands in it."""
        memory = self._memory
        found = list(map(memory.places.get, chunks))
        if None in found:
            new = list(dict.fromkeys(c for c, place in zip(chunks, found, strict=True) if place is None))
            grown = self._grown(memory, new, chunks)
            if grown is not memory:
                return grown, list(map(grown.places.__getitem__, chunks))
        places = memory.places
        return memory, [places[c] if place is None else place for c, place in zip(chunks, found, strict=True)]

    def _grown(self, memory: _Memory, new: list[str], chunks: list[str]) -> _Memory:
        """``memory`` with the new chunks; where they do not fit, one that knows the chunks and no others."""
        with self._lock:
            new = [chunk for chunk in new if chunk not in memory.places]  # Another thread may have been here.
            if not new or memory.add(new, self._read(new)):
                return memory
            new = list(dict.fromkeys(chunks))
            needed = sum(len(chunk) + 1 for chunk in new)
            fresh = _Memory(self._columns.config, max(CHARACTERS, needed))
            fresh.add(new, self._read(new))
            if needed <= CHARACTERS:
                self._memory = fresh
            return fresh

    def _read(self, chunks: Sequence[str]) -> _Read:
        hashes, of_chunk, words = gram_hashes(chunks, self._columns.config)
        column = self._columns.column_of(hashes)
        known = np.flatnonzero(column >= 0)
        cells = (of_chunk[known] << np.int64(self._bits)) | column[known]
        cells.sort()
        column = cells & np.int64(self._mask)
        sums = np.zeros((len(chunks) * VIEWS, _WIDTH))
        group = self._groups(cells, column)
        _add_groups(sums, group, self._rows[column])
        lengths = np.bincount(cells >> np.int64(self._bits), minlength=len(chunks))
        return _Read(lengths, column.astype(np.uint32), words, sums.reshape(len(chunks), -1))

    def _groups(self, cells: npt.NDArray[np.integer], column: npt.NDArray[np.integer]) -> Int64:
        """The row of all texts' views that each n-gram belongs to."""
        groups: Int64 = (cells >> cells.dtype.type(self._bits)).astype(np.int64)
        groups *= VIEWS
        groups += self._columns.view_of[column]
        return groups

    def _cells(self, memory: _Memory, places: Int64, of_text: UInt32) -> UInt32:
        """Text and column, in one number, of every n-gram inside a chunk."""
        lengths = memory.lengths[places]
        ends = np.cumsum(lengths)
        at = np.repeat(memory.begins[places] - (ends - lengths), lengths)
        at += np.arange(len(at))
        cells: UInt32 = memory.cells[at]
        cells |= np.repeat(of_text, lengths)
        return cells

    def _pairs(self, memory: _Memory, places: Int64, of_text: UInt32, begins: Int64) -> UInt32:
        """The same of every pair of words over a blank, in order."""
        if self._columns.config.word_max < 2:
            return np.empty(0, dtype=np.uint32)
        last, first = memory.words[:, places]
        column = self._columns.column_of(pair_buckets(last[:-1], first[1:], self._columns.config))
        column[begins[1:] - 1] = -1  # These two are not of one text.
        known = np.flatnonzero(column >= 0)
        pairs: UInt32 = column[known].astype(np.uint32)
        pairs |= of_text[known]
        pairs.sort()
        return pairs


def _runs(cells: UInt32) -> tuple[UInt32, Int64]:
    """The numbers that stand there more than once, in order, and how often."""
    cells.sort()
    same = np.flatnonzero(cells[1:] == cells[:-1])
    begins = np.flatnonzero(np.diff(same, prepend=-2) != 1)
    return cells[same[begins]], np.diff(begins, append=len(same)) + 1


def _add_groups(totals: Float64, group: Int64, rows: Float64) -> None:
    """Add each row to the total of its group; rows of a group that stand together are summed first."""
    if len(group):
        begins = np.flatnonzero(np.diff(group, prepend=-1))
        np.add.at(totals, group[begins], np.add.reduceat(rows, begins, axis=0))
