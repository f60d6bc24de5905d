"""The broker's queue: whether it answers, and how much waits in it."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from newsroom.limits import REDIS_ERRORS, redis_breaker
from newsroom.redis_urls import with_database


def queue_depth() -> int | None:
    """Messages that wait in the broker's queue; None when it does not answer in time. Moves the breaker."""
    if not redis_breaker.allows():
        return None
    try:
        depth: Any = _client().llen(queue_key())
    except REDIS_ERRORS:
        redis_breaker.failed()
        return None
    redis_breaker.succeeded()
    return int(depth)


def queue_key() -> str:
    """The list in which the broker keeps the messages."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    return f"{prefix}{settings.CELERY_TASK_DEFAULT_QUEUE}"


@cache
def _client() -> Redis:
    """The broker's database (0), with a time-out that a reader does not notice and no retries."""
    return Redis.from_url(
        with_database(settings.REDIS_URL, 0),
        socket_timeout=settings.REDIS_SOCKET_TIMEOUT_S,
        socket_connect_timeout=settings.REDIS_SOCKET_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
