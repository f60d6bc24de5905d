"""Sentences of a text, counted as the clients count.

Source: the service's own description of ``SpanScore``: "the UTF-16 codepoint range", the end exclusive.
"""

from __future__ import annotations

import re
from bisect import bisect_left

MOST_SENTENCES = 200
_GAP = re.compile(r"(?<=[.!?…])[\"'”’)\]]*(\s+)|(\n+)")
_ASTRAL = re.compile(r"[\U00010000-\U0010ffff]")


def sentences(text: str) -> list[tuple[int, int]]:
    """Half-open ranges of code points, trimmed; past 200 the last one has the rest."""
    found: list[tuple[int, int]] = []
    begin = 0
    for gap in _GAP.finditer(text):
        if len(found) == MOST_SENTENCES - 1:
            break
        blank = gap.start(1) if gap.group(1) else gap.start(2)
        if text[begin:blank].strip():
            found.append(_trimmed(text, begin, blank))
            begin = gap.end()
    if text[begin:].strip():
        found.append(_trimmed(text, begin, len(text)))
    return found


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    part = text[begin:end]
    return begin + len(part) - len(part.lstrip()), begin + len(part.rstrip())


class Utf16:
    """Offsets of one text in UTF-16 code units."""

    def __init__(self, text: str) -> None:
        self._astral = [match.start() for match in _ASTRAL.finditer(text)]

    def offset(self, code_points: int) -> int:
        return code_points + bisect_left(self._astral, code_points)
