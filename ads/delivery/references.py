"""A decision's short reference: fifteen letters that a reader can type, instead of an id of thirty-six.

It is the id's moment to the millisecond and 27 of its random bits, so the beginning of the id: the decision
is found by a range of the primary key. Two of one millisecond have the same one in 134 million cases; then
neither is opened by it, and both are by their ids.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.urls.converters import StringConverter, register_converter

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's 32: none is taken for another.
LENGTH, GROUP = 15, 5
_PAIRS = [one + other for one in LETTERS for other in LETTERS]
_VALUES = {letter: value for value, letter in enumerate(LETTERS)}
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_REST = 47  # Random bits of the id that the reference leaves out.
_FIXED = 0x7 << 76 | 0b10 << 62  # An id's version and variant.


def reference_of(pk: UUID) -> str:
    """``06CE8-Q3K7Z-BTHMN``."""
    number = pk.int
    bits = (number >> 80) << 27 | (number >> 64 & 0xFFF) << 15 | number >> _REST & 0x7FFF
    text = "".join([_PAIRS[bits >> shift & 0x3FF] for shift in range(65, 0, -10)]) + LETTERS[bits & 0x1F]
    return f"{text[:5]}-{text[5:10]}-{text[10:]}"


def ids_meant(asked: str) -> tuple[UUID, UUID] | None:
    """The first and the last id that an id or a reference, however typed, may mean; None if it is neither."""
    asked = asked.strip()
    if _UUID.fullmatch(asked):
        return UUID(asked), UUID(asked)
    text = asked.upper().translate(_MISREAD)
    if len(text) != LENGTH or not set(text) <= _VALUES.keys():
        return None
    bits = 0
    for letter in text:
        bits = bits << 5 | _VALUES[letter]
    first = (bits >> 27) << 80 | (bits >> 15 & 0xFFF) << 64 | (bits & 0x7FFF) << _REST | _FIXED
    return UUID(int=first), UUID(int=first | (1 << _REST) - 1)


class ReferenceConverter(StringConverter):
    """In a path: an id or a reference."""

    regex = r"[0-9A-Za-z-]{15,36}"

    def to_python(self, value: str) -> str:
        if ids_meant(value) is None:
            raise ValueError(value)
        return value

    def to_url(self, value: Any) -> str:
        return str(value)


register_converter(ReferenceConverter, "ad_reference")
