"""Putting a comment on the queue: once, best effort, at most a second."""

from __future__ import annotations

import logging
from uuid import UUID

from kombu.exceptions import KombuError

from moderation import tasks
from moderation.broker import queue_depth
from newsroom import metrics
from newsroom.limits import REDIS_ERRORS, redis_breaker

logger = logging.getLogger("moderation")

# Messages. Each of them has a worker take along what waits by then (`services.moderate_with_waiting`), and
# all together longer than this row needs: another one would only be carried to and fro.
DEEP = 64


def announce(comment_id: UUID) -> bool:
    """Let the workers know of a comment that has just been stored; whether they will hear of it."""
    return _publish(comment_id, unless_deep=True)


def publish_moderation(comment_id: UUID) -> bool:
    """Publish the task once; whether the broker took it. A failure is counted, never shown to the reader."""
    return _publish(comment_id, unless_deep=False)


def _publish(comment_id: UUID, *, unless_deep: bool) -> bool:
    """Asking for the depth (0.3 s at most) keeps one request from paying for Celery's connection retries."""
    depth = queue_depth()
    if depth is None:
        metrics.BROKER_FAILURES.labels("publish", "skipped").inc()
        return False
    if unless_deep and depth >= DEEP:
        return True
    try:
        tasks.moderate_comment.apply_async(kwargs={"comment_id": str(comment_id)}, retry=False)
    except (KombuError, *REDIS_ERRORS) as error:
        redis_breaker.failed()
        metrics.BROKER_FAILURES.labels("publish", "failed").inc()
        logger.warning("the broker did not take comment %s: %s", comment_id, type(error).__name__)
        return False
    return True
