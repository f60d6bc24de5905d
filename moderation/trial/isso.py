"""Isso's own database, an SQLite file, opened so that nothing is ever written, not even beside it.

Source: ``isso/db/comments.py``: mode 1 is published, 2 waits, 4 was deleted but has replies (its text is
gone; without replies the whole row is).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from moderation.trial.plain_text import plain_text
from moderation.trial.records import MAX_TEXT, Broken, Note, Record, Row, Skipped, Theirs, Unreadable, moment
from moderation.trial.source import Source

_COLUMNS = ("id", "mode", "created", "text", "author", "email", "remote_addr")
_THEIRS = {1: Theirs.PUBLISHED, 2: Theirs.UNDECIDED}


def isso(source: Source) -> Iterator[Row]:
    """
    Raises:
        Unreadable: it is no SQLite database, or none of Isso's.
    """
    # Immutable: no lock is taken and no journal is looked at, so that a live database is left alone.
    address = f"file:{quote(str(source.path.resolve()))}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True)
    try:
        connection.text_factory = lambda value: value.decode("utf-8", "replace")
        connection.execute("PRAGMA trusted_schema = OFF")
        yield Note("Isso erases what is refused: how much of that we would stop cannot show here.")
        if _has_content(source.path.with_name(f"{source.path.name}-wal")):
            yield Note("Isso's newest comments are still in the file beside its database (-wal): not read.")
        columns = _columns(connection, source.path)
        (count,) = connection.execute("SELECT count(*) FROM comments").fetchone()
        for number, row in enumerate(_rows(connection, columns), start=1):
            source.position = source.size * number // max(count, 1)
            yield row
    except (sqlite3.Error, UnicodeDecodeError) as error:  # Its own messages may quote broken text.
        raise Unreadable(f"{source.path} cannot be read as an SQLite database: {error}.") from error
    finally:
        connection.close()


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _columns(connection: sqlite3.Connection, path: Path) -> list[str]:
    kinds = dict(connection.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"))
    if kinds.get("comments") != "table":
        tables = ", ".join(sorted(kinds)[:10]) or "none"
        raise Unreadable(f"{path} is an SQLite database but not Isso's: no table comments (found: {tables}).")
    there = {row[1] for row in connection.execute("PRAGMA table_info(comments)")}
    missing = {"id", "mode", "text"} - there
    if missing:
        raise Unreadable(f"{path} is not Isso's: its table comments has no {', '.join(sorted(missing))}.")
    return [name for name in _COLUMNS if name in there]


def _rows(connection: sqlite3.Connection, columns: list[str]) -> Iterator[Row]:
    cursor = connection.execute(f"SELECT {', '.join(columns)} FROM comments ORDER BY id")  # noqa: S608 (ours)
    last: object = "none"
    while True:
        try:
            row = cursor.fetchone()
        except (sqlite3.Error, UnicodeDecodeError) as error:  # Its own messages may quote broken text.
            yield Broken(f"after id {last}", f"the database is damaged here ({error}); what follows is lost")
            return
        if row is None:
            return
        fields = dict(zip(columns, row, strict=True))
        last = fields["id"]
        yield _row(f"id {last}", fields)


def _row(place: str, fields: dict[str, object]) -> Row:
    text, mode = fields["text"], fields["mode"]
    if mode == 4 and not text:
        return Skipped("deleted; its text is gone")
    if not isinstance(text, str):
        return Broken(place, "its text is no text")
    name = str(fields.get("author") or "")
    author = str(fields.get("email") or "").lower() or name or str(fields.get("remote_addr") or "")
    theirs = _THEIRS.get(mode, Theirs.UNDECIDED) if isinstance(mode, int) else Theirs.UNDECIDED
    return Record(place, plain_text(text[:MAX_TEXT]), theirs, name, author, moment(fields.get("created")))
