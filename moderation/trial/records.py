"""What a reader of an export hands on: comments, and whatever was not one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

MAX_TEXT = 20_000
"""Characters of one comment that are kept while reading; the product's form takes 5,000."""


class Theirs(StrEnum):
    """What became of a comment where it came from."""

    PUBLISHED = "published"
    REFUSED = "refused"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Record:
    """One comment as it stood in the export.

    Attributes:
        place: where it stood, in words: a line, a row, its id.
        author: tells commenters apart (address, else name); empty where the file does not say. Never shown.
        at: seconds since 1970.
    """

    place: str
    text: str
    theirs: Theirs
    name: str = ""
    author: str = ""
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that could not be read, and why; what comes after it is read all the same."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is well formed and no comment to judge: a pingback, or a deleted one whose text is gone."""

    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something about the whole file that whoever reads the report should know."""

    text: str


Row = Record | Broken | Skipped | Note


class Unreadable(Exception):
    """The file as a whole cannot be read, in one line that says what to do."""


def moment(value: object) -> float | None:
    """A date as exports write it: ISO 8601, ``2010-09-20 09:13:44``, or seconds since 1970; else None.

    Without a zone it is taken as UTC. Years outside 1990 to 2100 are typing errors and count as no date.
    """
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = _number(value) if isinstance(value, int | float) else _text(str(value).strip())
    except (ValueError, OverflowError, OSError):
        return None
    return found.timestamp() if found is not None and 1990 <= found.year <= 2100 else None


def _number(value: float) -> datetime:
    seconds = value / 1000 if abs(value) > 1e11 else value  # JavaScript counts milliseconds.
    return datetime.fromtimestamp(seconds, UTC)


def _text(value: str) -> datetime | None:
    if not value or len(value) > 40:
        return None
    if value.replace(".", "", 1).isdigit() and len(value.partition(".")[0]) >= 9:
        return _number(float(value))
    found = datetime.fromisoformat(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
