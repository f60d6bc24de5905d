"""A comment's text cut where findings begin and end, so that a template can mark the words (pure)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from moderation.classifier.text import MatchForm, match_form

# Shares of the heaviest weight of its finding: from which a mark is darker, and below which it is left out,
# since a text whose every word is marked tells nothing.
STRONG, MIDDLING, NOTABLE = 0.66, 0.33, 0.1


@dataclass(frozen=True, slots=True)
class Mark:
    """A half-open range of code points that a finding points to. ``strength`` 1 to 3, the heaviest 3."""

    start: int
    end: int
    label: str
    is_rule: bool
    strength: int = 3


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the text with everything that was found about exactly this piece.

    ``reads_as`` is what the piece looks like with its disguise undone; empty where that is the text itself.
    """

    text: str
    labels: tuple[str, ...] = ()
    is_rule: bool = False
    strength: int = 0
    reads_as: str = ""

    @property
    def is_marked(self) -> bool:
        return bool(self.labels)

    @property
    def spoken(self) -> str:
        """What a screen reader is told after the piece."""
        found = ", ".join(self.labels)
        return f"{found}; reads as “{self.reads_as}”" if self.reads_as else found


def marks_of(findings: Iterable[Mapping[str, Any]], *, where: str, names: Mapping[str, str]) -> list[Mark]:
    """The ranges that stored findings point to in ``where`` (``body`` or ``name``)."""
    marks = []
    for finding in findings:
        if finding.get("where") != where:
            continue
        code = finding["code"]
        weights = finding.get("data", {}).get("weights", [])
        heaviest = max(weights, default=0.0)
        for place, (start, end) in enumerate(finding.get("spans", [])):
            share = weights[place] / heaviest if heaviest > 0 and place < len(weights) else 1.0
            if share < NOTABLE:
                continue
            strength = 3 if share >= STRONG else 2 if share >= MIDDLING else 1
            is_rule = not code.startswith("score:")
            marks.append(Mark(start, end, names.get(code, code), is_rule, strength))
    return marks


def segments(text: str, marks: Sequence[Mark]) -> list[Segment]:
    """``text`` in pieces that do not overlap; together they are the text, whatever the marks say."""
    marks = [mark for mark in marks if 0 <= mark.start < mark.end <= len(text)]
    if not marks:
        return [Segment(text)] if text else []
    cuts = sorted({0, len(text)} | {place for mark in marks for place in (mark.start, mark.end)})
    form = match_form(text)
    pieces: list[Segment] = []
    for start, end in pairwise(cuts):
        over = [mark for mark in marks if mark.start <= start and end <= mark.end]
        pieces.append(
            Segment(
                text[start:end],
                labels=tuple(dict.fromkeys(mark.label for mark in over)),
                is_rule=any(mark.is_rule for mark in over),
                strength=max((mark.strength for mark in over), default=0),
                reads_as=_undisguised(text, form, start, end) if over else "",
            )
        )
    return pieces


def _undisguised(text: str, form: MatchForm, start: int, end: int) -> str:
    """What stands between two offsets once disguises are undone; empty if that says nothing new."""
    if form.starts is None or form.ends is None:
        folded = form.text[start:end]
    else:
        inside = (form.starts >= start) & (form.ends <= end)
        folded = "".join(character for character, is_in in zip(form.text, inside, strict=True) if is_in)
    folded = folded.strip()
    return "" if not folded or _letters(folded) == _letters(text[start:end]) else folded


def _letters(text: str) -> str:
    """Letters, digits and single spaces, without case and accents: what is not a disguise."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(c for c in plain if c.isalnum() or c.isspace()).split())
