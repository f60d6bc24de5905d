"""Putting a comment on the queue: once, best effort, at most a second."""

from __future__ import annotations

import logging
from uuid import UUID

from kombu.exceptions import KombuError

from moderation import tasks
from newsroom import metrics
from newsroom.limits import REDIS_ERRORS, is_redis_answering, redis_breaker

logger = logging.getLogger("moderation")


def publish_moderation(comment_id: UUID) -> bool:
    """Publish the task once; whether the broker took it. A failure is counted, never shown to the reader.

    The ping first (0.3 s at most) keeps one request from paying for Celery's own connection retries.
    """
    if not is_redis_answering():
        metrics.BROKER_FAILURES.labels("publish", "skipped").inc()
        return False
    try:
        tasks.moderate_comment.apply_async(kwargs={"comment_id": str(comment_id)}, retry=False)
    except (KombuError, *REDIS_ERRORS) as error:
        redis_breaker.failed()
        metrics.BROKER_FAILURES.labels("publish", "failed").inc()
        logger.warning("the broker did not take comment %s: %s", comment_id, type(error).__name__)
        return False
    return True
