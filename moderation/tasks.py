"""Celery's way in. The row is the retry (lease, attempts, reconciler), never the message."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from moderation import retention, services


@shared_task
def moderate_comment(*, comment_id: str) -> None:
    services.moderate_comment(UUID(comment_id))


@shared_task
def canary(*, sent_at: float) -> None:
    """Sent by the reconciler, read by a worker: shows that it consumes, not only that it is connected."""
    services.record_canary(sent_at=sent_at)


@shared_task(soft_time_limit=1800, time_limit=3600)  # Nightly; each step is safe to run twice.
def enforce_retention() -> None:
    retention.enforce(at=timezone.now())
