"""Writing many comments and decisions at once, obeying the database's triggers.

Rows go in as *pending*, then the decisions, then the states: all inside the caller's transaction,
as the triggers want it. Past decisions carry the times that they are given.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault
from psycopg import sql
from psycopg.types.json import Jsonb

from moderation.heat import measure_threads
from moderation.models import Decision

STATES = """
UPDATE comments_comment AS comment
SET status = decision.outcome, held_by = decision.held_by, reason_code = decision.reason_code,
    decision_id = decision.id,
    published_at = CASE WHEN decision.outcome = 'published' THEN coalesce(comment.published_at, decision.at)
                        ELSE comment.published_at END
FROM moderation_decision AS decision
WHERE decision.id = ANY(%s) AND decision.comment_id = comment.id
"""
REPLY_COUNTS = """
UPDATE comments_comment AS comment SET reply_count = below.published
FROM (
    SELECT ancestor, count(*) AS published
    FROM comments_comment AS reply, unnest(reply.ancestors) AS ancestor
    WHERE reply.article_id = ANY(%s) AND reply.status = 'published' GROUP BY ancestor
) AS below
WHERE comment.id = below.ancestor
"""
THREADS = """
INSERT INTO comments_thread (article_id, version, published_count)
SELECT article_id, count(*), count(*) FILTER (WHERE status = 'published')
FROM comments_comment WHERE article_id = ANY(%s) GROUP BY article_id
"""


def copy_rows(rows: Sequence[models.Model]) -> None:
    """Write rows of one model by COPY. What the first row leaves to the database, all of them must."""
    if not rows:
        return
    fields = [field for field in rows[0]._meta.concrete_fields if not _is_left(rows[0], field)]
    columns = sql.SQL(", ").join([sql.Identifier(str(field.column)) for field in fields])
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(rows[0]._meta.db_table), columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([_value(field, getattr(row, field.attname)) for field in fields])


def _is_left(row: models.Model, field: Any) -> bool:
    return isinstance(getattr(row, field.attname), DatabaseDefault)


def _value(field: Any, value: Any) -> Any:
    return Jsonb(value) if isinstance(field, models.JSONField) else value


def apply_decisions(decisions: Sequence[Decision]) -> None:
    """Write decisions, at most one for each comment, and move their comments to the states they give."""
    copy_rows(decisions)
    with connection.cursor() as cursor:
        cursor.execute(STATES, [[decision.pk for decision in decisions]])
        if cursor.rowcount != len(decisions):
            raise ValueError(f"{len(decisions)} decisions moved {cursor.rowcount} comments.")


def count_threads(article_ids: Collection[UUID]) -> None:
    """Thread rows, reply counts and heat of articles whose comments have just been written."""
    with connection.cursor() as cursor:
        cursor.execute(REPLY_COUNTS, [list(article_ids)])
        cursor.execute(THREADS, [list(article_ids)])
    measure_threads(article_ids)
