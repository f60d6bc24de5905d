"""Celery's way in. The row is the retry (lease, attempts, reconciler), never the message."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_init
from django.db import DatabaseError, connections
from django.utils import timezone

from moderation import retention, services
from moderation.engine import ModelUnavailable, engine

logger = logging.getLogger("moderation")


@worker_init.connect
def load_the_classifier(**kwargs: Any) -> None:
    """Before the children fork: they share it, and the first comment does not wait for it."""
    try:
        engine.active()
    except (ModelUnavailable, DatabaseError) as error:
        logger.warning("the worker starts without a classifier: %s", type(error).__name__)
    finally:
        connections.close_all()  # A connection must not be shared.


@shared_task
def moderate_comment(*, comment_id: str) -> None:
    services.moderate_with_waiting(UUID(comment_id))


@shared_task
def canary(*, sent_at: float) -> None:
    """Sent by the reconciler, read by a worker: shows that it consumes, not only that it is connected."""
    services.record_canary(sent_at=sent_at)


@shared_task(soft_time_limit=1800, time_limit=3600)  # Nightly; each step is safe to run twice.
def enforce_retention() -> None:
    retention.enforce(at=timezone.now())
