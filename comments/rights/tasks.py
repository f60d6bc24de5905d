"""Celery's way in: letters about replies, a few minutes after they are published."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from comments.rights import notices


@shared_task
def send_reply_notices() -> None:
    notices.send_reply_notices(at=timezone.now())
