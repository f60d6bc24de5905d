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
    return rows_of(statement, values)[0]  # Each of them selects expressions.


def rows_of(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows that a statement gives, likewise."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(connection.connection)
        return cursor.execute(statement, values, prepare=True).fetchall()
