"""What the running product may do to the database: rows, no tables, and no past."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not settings.RUNTIME_ROLE, reason="one role does everything here"),
]


def has(privilege: str, table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(current_user, %s, %s)", [table, privilege])
        return bool(cursor.fetchone()[0])


def test_tests_run_as_the_runtime_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == settings.RUNTIME_ROLE


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE x (id int)",
        "DROP TABLE comments_comment",
        "ALTER TABLE comments_comment DISABLE TRIGGER comment_guard",
        "DROP TRIGGER comment_guard ON comments_comment",
        "CREATE OR REPLACE FUNCTION comment_guard() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
        "SET session_replication_role = replica",
        "CREATE ROLE someone",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'y', now())",
    ],
)
def test_the_runtime_role_changes_no_structure(refused: Callable[..., str], statement: str) -> None:
    words = refused(statement)

    assert "permission denied" in words or "must be owner" in words


def test_the_runtime_role_does_not_change_records() -> None:
    assert has("INSERT", "moderation_decision")
    assert has("INSERT", "audit_auditentry")
    assert not has("UPDATE", "moderation_decision")
    assert not has("DELETE", "moderation_decision")
    assert not has("UPDATE", "audit_auditentry")
    assert not has("DELETE", "audit_auditentry")
