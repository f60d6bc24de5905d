"""Pending rows as the outbox: which are due, which have waited too long, which may be tried again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 15, 300
OVERDUE_S = 45
TRUSTED_PUBLISHES = 2  # after so many, a row that still waits is not left to the queue alone
_FREE = "status = 'pending' AND (lease_until IS NULL OR lease_until < clock_timestamp())"
_AGE = "clock_timestamp() - coalesce(edited_at, created_at)"


def take_due(*, limit: int) -> list[UUID]:
    """Pending rows that are due and leased to nobody, each put off by its backoff first.

    The caller publishes them afterwards: if it dies in between, they are due again after the backoff.
    Safe to run side by side: rows locked by others are skipped.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE comments_comment SET publish_count = least(publish_count + 1, 1000),"  # noqa: S608
            " next_attempt_at = clock_timestamp()"
            " + make_interval(secs => least(%s * power(2, least(publish_count, 10)), %s))"
            f" WHERE id IN (SELECT id FROM comments_comment WHERE {_FREE}"
            " AND next_attempt_at <= clock_timestamp()"
            " ORDER BY next_attempt_at LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING id",
            [FIRST_BACKOFF_S, LONGEST_BACKOFF_S, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def overdue(*, limit: int, is_queue_deep: bool) -> list[UUID]:
    """Rows leased to nobody that waited 45 s and that the queue did not help: oldest first.

    They were published again twice, or a worker lost its lease on them, or the queue is too deep to help.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM comments_comment WHERE {_FREE} AND {_AGE} > make_interval(secs => %s)"  # noqa: S608
            " AND (%s OR publish_count >= %s OR lease_until IS NOT NULL) ORDER BY next_attempt_at LIMIT %s",
            [OVERDUE_S, is_queue_deep, TRUSTED_PUBLISHES, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def waiting(*, limit: int) -> list[UUID]:
    """Rows leased to nobody, when no worker consumes: first attempts after a second, later ones when due."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM comments_comment WHERE {_FREE} AND {_AGE} > interval '1 second'"  # noqa: S608
            " AND (lease_until IS NULL AND attempts = 0 OR next_attempt_at <= clock_timestamp())"
            " ORDER BY next_attempt_at LIMIT %s",
            [limit],
        )
        return [row[0] for row in cursor.fetchall()]


def held_by_failure(*, healthy_at: datetime, limit: int) -> list[UUID]:
    """Comments held as a part failed, before ``healthy_at``, that nobody has looked at or tried again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id FROM comments_comment c JOIN moderation_decision d ON d.id = c.decision_id"
            " WHERE c.status = 'held' AND c.held_by = 'failure' AND d.at < %s"
            " AND c.reason_code <> 'attempts_exhausted'"
            " AND NOT EXISTS (SELECT 1 FROM moderation_decision o"
            " WHERE o.comment_id = c.id AND o.actor_kind IN ('person', 'system'))"
            " ORDER BY c.created_at LIMIT %s",
            [healthy_at, limit],
        )
        return [row[0] for row in cursor.fetchall()]
