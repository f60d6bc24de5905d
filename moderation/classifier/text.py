"""Two forms of a comment's text: one to show, one to match.

The *display form* is what a person may safely be shown. The *match form* is what rules and the
classifier read: disguises are undone, and every character of it knows where it came from.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

MAX_CHARACTERS = 5_000
"""Longer texts are cut here, so that the time for any input is bounded."""

Known = Callable[[str], bool]
"""Says whether a word is one that the reader of the match form would recognise."""

Offsets = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class MatchForm:
    """Folded text; ``starts[i]:ends[i]`` is the slice of the original that became character ``i``.

    ``starts`` and ``ends`` are None while every character stands where it stood.
    """

    text: str
    starts: Offsets | None = None
    ends: Offsets | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original of the slice ``start:end`` of the match form."""
        if start >= end:
            raise ValueError(f"an empty slice has no span: {start}:{end}")
        if self.starts is None or self.ends is None:
            return start, end
        return int(self.starts[start]), int(self.ends[end - 1])

    def without(self, positions: Iterable[int]) -> "MatchForm":
        """The form less the characters at ``positions``."""
        drop = np.fromiter(positions, dtype=np.int64)
        if not drop.size:
            return self
        keep = np.ones(len(self.text), dtype=bool)
        keep[drop] = False
        kept = np.flatnonzero(keep).astype(np.int32)
        starts, ends = (
            (kept, kept + 1) if self.starts is None or self.ends is None else (self.starts, self.ends)
        )
        if self.starts is not None:
            starts, ends = starts[kept], ends[kept]
        codes = np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        return MatchForm(codes[keep].tobytes().decode("utf-32-le", "surrogatepass"), starts, ends)


# --- display form ---------------------------------------------------------------------------------

_BIDI_OPENERS = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufff9-\ufffb\ud800-\udfff]")
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")


def display_form(text: str) -> str:
    """``text`` as it may be shown: NFC, no control characters, direction marks that cannot leak.

    Overrides and embeddings are dropped. A line with right-to-left letters is wrapped in one
    isolate, so that it cannot reorder what stands around it.
    """
    if text.isascii():
        return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _BIDI.sub("", _CONTROLS.sub("", text))
    if _RTL.search(text):
        return "\n".join(f"\u2068{line}\u2069" if _RTL.search(line) else line for line in text.split("\n"))
    return text


# --- match form: one character at a time ----------------------------------------------------------

LOOK_ALIKES = Path(__file__).parent / "resources" / "look-alikes.json"
"""What each character looks like, in lower-case ASCII where that exists: made by `training.look_alikes`."""

NOT_SHOWN = ("Cs", "Co", "Cn")
"""Half characters, private and unassigned ones: nobody knows what they look like."""

LIKE_NO_OTHER = (("\u4e00", "\u9fff"), ("\uac00", "\ud7a3"), ("\U00020000", "\U0003ffff"))
"""Ideographs and Hangul, two thirds of all characters."""


class _Folding(dict[str, str]):
    """What a character folds to: as the table says, else itself, or nothing if it is not shown."""

    def __missing__(self, character: str) -> str:
        if unicodedata.category(character) not in NOT_SHOWN:
            return character
        return character if any(first <= character <= last for first, last in LIKE_NO_OTHER) else ""


def _read_folding() -> _Folding:
    folds: dict[str, str] = json.loads(LOOK_ALIKES.read_text(encoding="ascii"))["folds"]
    return _Folding((character, folded) for folded, found in folds.items() for character in found)


_FOLDING = _read_folding()
_NOT_ASCII = re.compile(r"[^\x20-\x7e]")


def fold_character(character: str) -> str:
    """What one character looks like to a reader, in lower-case ASCII where that exists, else itself."""
    return _FOLDING[character]


def _fold_characters(text: str) -> MatchForm:
    if text.isascii() and text.isprintable():
        return MatchForm(text.lower())
    special = set(_NOT_ASCII.findall(text))
    if len(special) <= 8 and all(len(_FOLDING[c]) == 1 for c in special):
        for character in special:  # Few and one to one, as in "it’s": no offset moves.
            text = text.replace(character, _FOLDING[character])
        return MatchForm(text.lower())
    pieces = [_FOLDING[c] for c in text]
    lengths = np.fromiter(map(len, pieces), dtype=np.int32, count=len(pieces))
    starts = np.repeat(np.arange(len(pieces), dtype=np.int32), lengths)
    return MatchForm("".join(pieces).lower(), starts, starts + 1)


# --- match form: words that were taken apart ------------------------------------------------------

_SPACED = re.compile(
    r"(?<![^\W_])[a-z0-9@$!|]"
    r"(?:(?: [a-z0-9@$!|]){2,}(?![^\W_])|(?:[.\-_*+~,/']{1,2}[a-z0-9@$!|]){2,}(?![^\W_]))"
)
_LETTER = re.compile(r"[a-z]")
_IS_APART = bytes(
    97
    if chr(c).isascii() and (chr(c).isalnum() or chr(c) in "@$!|")
    else 32
    if chr(c) in " .-_*+~,/'"
    else 120
    for c in range(256)
)
"""Letters, and signs that may stand for one: "a". What may stand between them: a blank. All else: "x"."""


def _may_be_apart(plain: bytes) -> bool:
    """Whether three single letters stand in a row: one look in C, since nearly no text has that."""
    shape = b" " + plain.translate(_IS_APART)
    return b" a a a" in shape or (b"  a" in shape and b" a a a" in shape.replace(b"  ", b" "))


def _rejoin(form: MatchForm, known: Known | None) -> MatchForm:
    """Take out what stands between single letters: "f o o" and "f.0.0" become "foo" and "f00"."""
    drop: list[int] = []
    for found in _SPACED.finditer(form.text):
        run = found.group()
        single = [i for i, c in enumerate(run) if c.isalnum() or c in "@$!|"]
        letters = len(_LETTER.findall(run))
        needed = 2 if " " in run else 1
        if len(single) < 3 or letters < needed or "2" in run or "6" in run:
            continue
        if " " in run and known is not None:
            single = _less_articles("".join(run[i] for i in single), single, known)
        kept = set(single)
        drop.extend(found.start() + i for i in range(single[0], single[-1]) if i not in kept)
    return form.without(drop)


def _less_articles(word: str, single: list[int], known: Known) -> list[int]:
    """The letters of a spaced word without an "a" or "I" of the sentence around it, if that makes it one."""
    for begin, end in ((0, len(word)), (1, len(word)), (0, len(word) - 1), (1, len(word) - 1)):
        outside = word[:begin] + word[end:]
        if all(c in "ai" for c in outside) and known(_unleet(word[begin:end], known)):
            return single[begin:end]
    return single


_LEET = {
    "0": "o",
    "1": "il",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "8": "b",
    "9": "g",
    "$": "s",
    "@": "a",
    "!": "i",
    "|": "li",
    "+": "t",
}
_IS_LEET = bytes(
    97 if 97 <= c <= 122 else 100 if chr(c) in "0123456789@$" else 101 if chr(c) in "|+!" else 32
    for c in range(256)
)


def _may_be_leet(plain: bytes) -> bool:
    """Whether a digit or sign touches a letter as in leet; "word!" does not."""
    shape = plain.translate(_IS_LEET)
    return b"ad" in shape or b"da" in shape or b"ea" in shape


_LEET_WORD = re.compile(r"(?<![^\s\"'(\[.,;:*-])[a-z0-9@$|+!]*[a-z][a-z0-9@$|+!]*(?![\w@]|\.[a-z])")
_AMOUNT = re.compile(
    r"[$+@]?\d+(?:st|nd|rd|th|s|k|m|bn|b|t|am|pm|mm|cm|km|kg|g|mg|x|d|p|ft|in|h|hrs?|min|mph|yo|yrs?)?"
)
_INSIDE = re.compile(r"[a-z][0134570@$|!]+[a-z]|^[$3450][a-z]{2,}|[a-z]{2,}\${1,2}$")


def _unleet(word: str, known: Known | None) -> str:
    """The word that was written with digits and signs for letters, of the same length; else ``word``."""
    word_end = len(word.rstrip("!+|")) or len(word)
    word, tail = word[:word_end], word[word_end:]
    if word.isalpha() or _AMOUNT.fullmatch(word) or not all(c in _LEET or c.isalpha() for c in word):
        return word + tail
    if len(word) > 24 or sum(c in "1|" for c in word) > 3:
        return word + tail
    readings = ["".join(letters) for letters in product(*(_LEET.get(c, c) for c in word))]
    if known is not None:
        for reading in readings:
            if known(reading):
                return reading + tail
    return readings[0] + tail if _INSIDE.search(word) and not word.startswith("@") else word + tail


def _undo_leet(form: MatchForm, known: Known | None) -> MatchForm:
    # Blank by blank: a word of letters alone, as most are, has nothing to undo and is not looked at.
    chunks = [
        chunk if chunk.isalpha() else _LEET_WORD.sub(lambda found: _unleet(found.group(), known), chunk)
        for chunk in form.text.split(" ")
    ]
    return MatchForm(" ".join(chunks), form.starts, form.ends)


_STRETCHED = re.compile(r"[a-z]*([a-z])\1\1[a-z]*")
_RUN = re.compile(r"([a-z])\1{2,}")
_SELDOM_DOUBLED = frozenset("aihjkquvwxy")


def _undo_stretching(form: MatchForm, known: Known | None) -> MatchForm:
    """Shorten runs of three or more of one letter: "foooo" becomes "foo", "stuuupid" "stupid"."""
    drop: list[int] = []
    for found in _STRETCHED.finditer(form.text):
        word = found.group()
        single, double = _RUN.sub(r"\1", word), _RUN.sub(r"\1\1", word)
        mixed = _RUN.sub(lambda run: run[1] if run[1] in _SELDOM_DOUBLED else run[1] * 2, word)
        chosen = mixed
        if known is not None:
            chosen = next((reading for reading in (mixed, double, single) if known(reading)), mixed)
        for run in _RUN.finditer(word):
            keep = {single: 1, double: 2}.get(chosen, 1 if run[1] in _SELDOM_DOUBLED else 2)
            first = found.start() + run.start()
            # The first and the last of the run stay, so that the span covers all of it.
            drop.extend(range(first + keep - 1, first + len(run.group()) - 1))
    return form.without(drop)


_TRIPLES = tuple(letter * 3 for letter in "abcdefghijklmnopqrstuvwxyz")


def match_form(text: str, known: Known | None = None) -> MatchForm:
    """``text`` with disguises undone, for rules and classifier; offsets lead back to ``text``.

    Args:
        text: at most `MAX_CHARACTERS` are read.
        known: where a disguise has more than one reading, the reading that this accepts wins.
    """
    form = _fold_characters(text[:MAX_CHARACTERS])
    plain = form.text.encode("ascii", "replace")
    if _may_be_apart(plain):
        form = _rejoin(form, known)
        plain = form.text.encode("ascii", "replace")
    if _may_be_leet(plain):
        form = _undo_leet(form, known)
    if any(map(form.text.__contains__, _TRIPLES)):
        form = _undo_stretching(form, known)
    return form
