"""Coral's collection ``comments``, as mongoexport writes it: a document a line, or one array.

Sources: ``models/comment/comment.ts`` of Coral 6 to 9 (revisions, newest last; NONE and APPROVED are public,
PREMOD and SYSTEM_WITHHELD wait), coral-importer's ``strategies/legacy/models.go`` for Talk 4 (ACCEPTED,
``body_history``).
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from moderation.trial.plain_text import plain_text
from moderation.trial.records import MAX_TEXT, Broken, Record, Row, Skipped, Theirs, Unreadable, moment
from moderation.trial.source import Source, Stream

CHUNK = 1 << 18
MOST_OF_A_DOCUMENT = 4 << 20  # characters
_BETWEEN = re.compile(r"[\s,\[\]]*")
_NEXT = re.compile(r"\n\s*\{|\},\s*(?=\{\s*\"(?:_id|id)\")")
_THEIRS = {
    "NONE": Theirs.PUBLISHED,
    "APPROVED": Theirs.PUBLISHED,
    "ACCEPTED": Theirs.PUBLISHED,
    "REJECTED": Theirs.REFUSED,
    "PREMOD": Theirs.UNDECIDED,
    "SYSTEM_WITHHELD": Theirs.UNDECIDED,
}
_LOOKED_AT = 100  # documents, none of them a comment: then it is another collection


def coral(source: Source) -> Iterator[Row]:
    """
    Raises:
        Unreadable: it is JSON, but not of comments.
    """
    others = comments = 0
    with source.open() as stream:
        for line, found in _documents(stream):
            row = _row(line, found)
            others += isinstance(row, Skipped) and row.reason == _NO_COMMENT
            comments += isinstance(row, Record)
            if others >= _LOOKED_AT and not comments:
                break
            yield row
        if stream.damage:
            yield Broken("end of file", stream.damage)
    if others and not comments:
        raise Unreadable(
            f"{source.path} is JSON, but none of its documents is a comment of Coral's (status, revisions):"
            " export the collection comments (mongoexport --collection comments)."
        )


def _documents(stream: Stream) -> Iterator[tuple[int, Any]]:
    """Line and document; a `Broken` where there should be one. Never more than one document in memory."""
    decode = json.JSONDecoder().raw_decode
    text = _Text(stream)
    while text.skip(_BETWEEN):
        try:
            document, end = decode(text.rest, text.at)
        except (ValueError, RecursionError) as error:
            if not text.is_another_begun() and text.more():
                continue  # Perhaps only the rest of it was missing.
            reason = "nested too deep" if isinstance(error, RecursionError) else "not JSON"
            yield text.line, Broken(f"line {text.line}", reason)
            text.skip_broken()
            continue
        yield text.line, document
        text.at = end


class _Text:
    """The text from here on, read as far as needed."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self.rest, self.at, self._is_end = "", 0, False
        self._counted, self._lines = 0, 1

    @property
    def line(self) -> int:
        self._lines += self.rest.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._lines

    def more(self) -> bool:
        """Read on, at least as much again as there is; False at the end, or if it is too long already."""
        if self._is_end or len(self.rest) - self.at > MOST_OF_A_DOCUMENT:
            return False
        self._forget()
        data = self._stream.read(max(CHUNK, len(self.rest))) or b""
        self._is_end = not data
        self.rest += self._decoder.decode(data, not data)
        return True

    def skip(self, blank: re.Pattern[str]) -> bool:
        """Go on to what is not blank; False at the end."""
        while True:
            found = blank.match(self.rest, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.rest):
                return True
            if not self.more():
                return False

    def is_another_begun(self) -> bool:
        """Whether a document on a line of its own begins after this one: this one is not merely cut off."""
        return self.rest.find("\n{", self.at + 1) >= 0

    def skip_broken(self) -> None:
        """Go on to where the next document seems to begin."""
        while True:
            found = _NEXT.search(self.rest, self.at + 1)
            if found:
                self.at = found.start() + 1
                return
            # What is cut in two by the end of what was read is found with the rest.
            self.at = max(self.at, len(self.rest) - 50)
            before = len(self.rest) - self.at
            if not self.more() or len(self.rest) - self.at == before:
                self.at = len(self.rest)
                return

    def _forget(self) -> None:
        _ = self.line
        self.rest, self.at, self._counted = self.rest[self.at :], 0, 0


_NO_COMMENT = "a document that is no comment"


def _row(line: int, document: Any) -> Row:
    if isinstance(document, Broken):
        return document
    if not isinstance(document, dict):
        return Broken(f"line {line}", "no document but a bare value")
    identity = document.get("id") or document.get("_id")
    place = f"line {line}" + (f", id {identity[:40]}" if isinstance(identity, str) else "")
    if "status" not in document or not {"revisions", "body_history", "body"} & set(document):
        return Skipped(_NO_COMMENT)
    if document.get("deletedAt") or document.get("deleted_at"):
        return Skipped("deleted; its text is gone")
    body = _body(document)
    if body is None:
        return Broken(place, "it has no text")
    author = document.get("authorID") or document.get("author_id") or ""
    return Record(
        place,
        plain_text(body[:MAX_TEXT]),
        _THEIRS.get(str(document["status"]), Theirs.UNDECIDED),
        "",
        str(author)[:100],
        moment(_date(document.get("createdAt") or document.get("created_at"))),
    )


def _body(document: dict[str, Any]) -> str | None:
    """The newest revision's text."""
    revisions = document.get("revisions") or document.get("body_history")
    if isinstance(revisions, list) and revisions and isinstance(revisions[-1], dict):
        document = revisions[-1]
    body = document.get("body")
    return body if isinstance(body, str) else None


def _date(value: Any) -> Any:
    """What stands in MongoDB's extended JSON: ``{"$date": …}`` with a text or a ``$numberLong``."""
    for key in ("$date", "$numberLong"):
        if isinstance(value, dict):
            value = value.get(key)
    return value
