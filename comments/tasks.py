"""Nightly jobs of comments."""

from __future__ import annotations

from celery import shared_task

from comments import services, voting


@shared_task
def forget_networks() -> None:
    services.forget_networks()
    voting.forget_votes()
