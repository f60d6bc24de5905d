"""Raw SQL as the runtime role and as the owner: the rules hold for both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError


@pytest.fixture(params=["runtime", "owner"])
def role(request: pytest.FixtureRequest, db: None) -> str:
    """The role of the test's connection. The test's transaction rolls RESET ROLE back."""
    if request.param == "owner":
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
    return str(request.param)


@pytest.fixture
def sql() -> Callable[..., int]:
    """Runs one statement in a savepoint and says how many rows it touched."""

    def run(statement: str, *values: Any) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount)

    return run


@pytest.fixture
def refused(sql: Callable[..., int]) -> Callable[..., str]:
    """Runs one statement that PostgreSQL must refuse, and gives its words."""

    def run(statement: str, *values: Any) -> str:
        with pytest.raises(DatabaseError) as error:
            sql(statement, *values)
        return str(error.value)

    return run
