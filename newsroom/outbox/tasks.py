"""Celery's way in. The rows are the queue; a message only says that some are due."""

from __future__ import annotations

from celery import shared_task

from newsroom.outbox import services


@shared_task
def deliver_due() -> None:
    services.deliver_due()


@shared_task
def forget_letters() -> None:
    services.forget_letters()
