"""Nightly jobs of comments."""

from __future__ import annotations

from celery import shared_task

from comments import services


@shared_task
def forget_networks() -> None:
    services.forget_networks()
