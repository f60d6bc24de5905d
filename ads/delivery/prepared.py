"""Statements that are asked a thousand times a second: prepared, since planning is half of what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection


def row_of(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """The one row that a statement gives, in the connection and transaction that Django has.

    Raises:
        django.db.Error: as any query.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(connection.connection)
        row: tuple[Any, ...] | None = cursor.execute(statement, values, prepare=True).fetchone()
    assert row is not None  # noqa: S101  (each of them selects expressions)
    return row
