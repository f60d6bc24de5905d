"""What runs for every comment is planned once a connection; everything else of Django's stays as it was."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from comments.models import Comment
from moderation import services
from newsroom.prepared import count_of, row_of, rows_of
from tests.factories import CommentFactory


def prepared() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


def test_a_statement_is_planned_once_and_gives_what_djangos_cursor_gives(db: None) -> None:
    asked = "SELECT %(n)s::int + 41, %(who)s::text"
    assert row_of(asked, {"n": 1, "who": "Ada"}) == (42, "Ada")
    assert rows_of(asked, {"n": 2, "who": "Öl 100 %"}) == [(43, "Öl 100 %")]
    assert sum("+ 41" in statement for statement in prepared()) == 1
    assert row_of("SELECT 1 WHERE %s::bool", [False]) is None


def test_it_runs_inside_djangos_transaction_and_is_counted(db: None) -> None:
    comment = CommentFactory()
    with CaptureQueriesContext(connection) as seen:
        assert count_of("UPDATE comments_comment SET votes = votes + %s WHERE id = %s", [2, comment.pk]) == 1
    assert len(seen) == 1
    assert "votes = votes + 2" in seen.captured_queries[0]["sql"]
    comment.refresh_from_db()
    assert comment.votes == 2


def test_judging_is_prepared_and_the_orm_is_not(db: None) -> None:
    comment = CommentFactory()
    services.moderate_comment(comment.pk)
    assert Comment.objects.get(pk=comment.pk).status != "pending"
    statements = "\n".join(prepared())
    assert "lease_until" in statements
    assert 'INSERT INTO "moderation_decision"' in statements
    assert 'FROM "comments_comment"' not in statements
