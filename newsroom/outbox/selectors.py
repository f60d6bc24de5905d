"""Reading the outbox: whether mail is on, what is due, what waits and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connection


@dataclass(frozen=True, slots=True)
class Backlog:
    """Letters that wait, and how long the oldest one has been due."""

    waiting: int
    oldest_due_s: float


def is_mail_on() -> bool:
    """Whether this installation sends mail at all (``NEWSROOM_MAIL``)."""
    return bool(settings.NEWSROOM_MAIL)


def is_anything_due() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM outbox_letter WHERE state = 'waiting'"
            " AND next_attempt_at <= clock_timestamp()"
            " AND (lease_until IS NULL OR lease_until < clock_timestamp()))"
        )
        return bool(cursor.fetchone()[0])


def backlog() -> Backlog:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp()"
            " - min(not_before) FILTER (WHERE not_before <= clock_timestamp())), 0)"
            " FROM outbox_letter WHERE state = 'waiting'"
        )
        waiting, oldest = cursor.fetchone()
    return Backlog(waiting, float(oldest))
