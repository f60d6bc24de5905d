"""Nightly jobs of the ports."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from moderation.ports import seen


@shared_task
def forget_seen_texts() -> None:
    seen.forget(now=timezone.now())
