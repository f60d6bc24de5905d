"""Which column of a CSV file holds what, and what its outcomes mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from moderation.trial.records import Theirs, Unreadable

KNOWN = {
    "text": "text comment comment_text comment_content comment_body body content message raw_text post",
    "outcome": (
        "outcome status decision approved comment_approved is_approved state moderation_status moderation"
        " result action label published is_published is_public spam is_spam toxic is_toxic rejected"
        " is_rejected deleted is_deleted removed is_removed blocked is_blocked mode"
    ),
    "date": (
        "date created_at created createdat timestamp time datetime comment_date_gmt comment_date posted_at"
        " created_date submitted_at submit_date date_created"
    ),
    "author": "author name author_name comment_author user user_name username nickname display_name",
    "email": "email author_email comment_author_email user_email author_id user_id userid authorid",
    "id": "id comment_id commentid pk uuid",
}
_BAD = ("spam", "toxic", "rejected", "deleted", "removed", "blocked")
_INVERTED = frozenset([*_BAD, *(f"is_{word}" for word in _BAD)])  # 1 or yes in such a column: refused
_FLAGS = ("1", "true", "yes", "y", "t", "0", "false", "no", "n", "f")
_MEANING = {
    Theirs.PUBLISHED: (
        "published publish approved approve accepted accept allowed allow ok okay ham public live visible"
        " keep kept none pass passed clean valid 1 true yes y t"
    ),
    Theirs.REFUSED: (
        "rejected reject refused refuse spam trash trashed deleted delete removed remove blocked block hidden"
        " hide denied deny banned bad toxic abusive 0 false no n f"
    ),
    Theirs.UNDECIDED: (
        "held hold pending pend premod system_withheld unapproved queued queue review flagged new waiting"
        " unknown post_trashed"
    ),
}
MEANINGS = {word: theirs for theirs, words in _MEANING.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Columns and outcomes as named on the command line; what is not named is found by its usual names."""

    columns: Mapping[str, str]
    published: Collection[str] = ()
    refused: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """Places in a row. Text and outcome are always there."""

    text: int
    outcome: int
    date: int | None
    author: int | None
    email: int | None
    id: int | None
    outcomes: Mapping[str, Theirs]

    def theirs(self, value: str) -> Theirs | None:
        """What an outcome means; empty is undecided, None is not known."""
        folded = fold(value)
        return self.outcomes.get(folded) if folded else Theirs.UNDECIDED


def fold(name: str) -> str:
    return re.sub(r"[^\w]+", "_", name.strip().casefold()).strip("_")


def find_columns(header: Sequence[str], wanted: Wanted) -> Columns:
    """
    Raises:
        Unreadable: there is no column of texts or of outcomes, or none of the name that was given.
    """
    folded = [fold(name) for name in header]
    places = {what: _place(what, header, folded, wanted) for what in KNOWN}
    text, outcome = places["text"], places["outcome"]
    for what, place in (("text", text), ("outcome", outcome)):
        if place is None:
            raise Unreadable(
                f"the first line names no column of {_MISSING[what]}. It names: {_shown(header)}."
                f" Name it with --{what}-column NAME, or put the names of the columns in the first line."
            )
    if text is None or outcome is None or text == outcome:
        raise Unreadable("text and outcome have to be two columns.")
    return Columns(
        text,
        outcome,
        places["date"],
        places["author"],
        places["email"],
        places["id"],
        _outcomes(folded[outcome], wanted),
    )


_MISSING = {"text": "the comments' texts", "outcome": "what became of them"}


def recognised(header: Sequence[str], wanted: Wanted) -> int:
    """How many columns are known by name: a line cut at the wrong sign has fewer."""
    folded = [fold(name) for name in header]
    return sum(_place_or_none(what, folded, wanted) is not None for what in KNOWN)


def _place(what: str, header: Sequence[str], folded: Sequence[str], wanted: Wanted) -> int | None:
    place = _place_or_none(what, folded, wanted)
    if place is None and what in wanted.columns:
        raise Unreadable(f"no column is named {wanted.columns[what]!r}. The file has: {_shown(header)}.")
    return place


def _place_or_none(what: str, folded: Sequence[str], wanted: Wanted) -> int | None:
    names = [fold(wanted.columns[what])] if what in wanted.columns else KNOWN[what].split()
    return next((folded.index(name) for name in names if name in folded), None)


def _outcomes(column: str, wanted: Wanted) -> dict[str, Theirs]:
    if wanted.published or wanted.refused:
        return dict.fromkeys(map(fold, wanted.published), Theirs.PUBLISHED) | dict.fromkeys(
            map(fold, wanted.refused), Theirs.REFUSED
        )
    if column in _INVERTED:
        other = {Theirs.PUBLISHED: Theirs.REFUSED, Theirs.REFUSED: Theirs.PUBLISHED}
        flags = {word: other[MEANINGS[word]] for word in _FLAGS}
        return MEANINGS | flags
    if column == "comment_approved":
        return MEANINGS | {"0": Theirs.UNDECIDED}  # WordPress: waits for approval
    if column == "mode":
        return {"1": Theirs.PUBLISHED, "2": Theirs.UNDECIDED, "4": Theirs.REFUSED}  # Isso
    return MEANINGS


def _shown(header: Sequence[str]) -> str:
    names = ", ".join(name.strip()[:40] or "(no name)" for name in header[:12])
    return names + (", …" if len(header) > 12 else "")
