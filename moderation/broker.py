"""The broker's queue: how much waits in it."""

from __future__ import annotations

from django.conf import settings

from newsroom.limits import answer_of_redis, redis_client

DATABASE = 0  # of Redis: Celery's own


def queue_depth() -> int | None:
    """Messages that wait in the broker's queue; None when it does not answer in time. Moves the breaker."""
    depth: int | None = answer_of_redis(lambda: redis_client(DATABASE).llen(queue_key()))
    return depth


def queue_key() -> str:
    """The list in which the broker keeps the messages."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    return f"{prefix}{settings.CELERY_TASK_DEFAULT_QUEUE}"
