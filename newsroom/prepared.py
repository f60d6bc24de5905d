"""Statements that run for every comment and every ad: prepared, since planning is half of what they cost.

Behind a pooler, connections must keep prepared statements (PgBouncer 1.21 or newer).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper

Values = Sequence[Any] | Mapping[str, Any]
Row = tuple[Any, ...]


class _PreparedCursor(psycopg.Cursor[Row]):
    """Prepares on first use; Django's own cursors never do, since they put the values into the text."""

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> _PreparedCursor:
        return super().execute(query, params, prepare=True, binary=False)


def run(statement: str, values: Values) -> CursorWrapper:
    """Execute in the connection and transaction that Django has; the cursor holds the rows, if any.

    Raises:
        django.db.Error: as any query.
    """
    if connection.queries_logged:  # Tests and debuggers ask what was run; Django's cursor can say it.
        cursor: CursorWrapper = connection.cursor()
    else:
        connection.ensure_connection()
        raw: Any = _PreparedCursor(connection.connection)
        cursor = connection.make_cursor(raw)
    cursor.execute(statement, values)
    return cursor


def row_of(statement: str, values: Values) -> Row | None:
    """The first row that a statement gives, if it gives one."""
    row: Row | None = run(statement, values).fetchone()
    return row


def one_row_of(statement: str, values: Values) -> Row:
    """The row of a statement that always gives one."""
    return rows_of(statement, values)[0]


def rows_of(statement: str, values: Values) -> list[Row]:
    rows: list[Row] = run(statement, values).fetchall()
    return rows


def count_of(statement: str, values: Values) -> int:
    """How many rows a statement changed."""
    return int(run(statement, values).rowcount)
