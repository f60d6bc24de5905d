"""The Celery application: the engine across machines. The record is PostgreSQL."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")

app = Celery("newsroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

if os.environ.get("NEWSROOM_PROCESS") in {"web", "reconciler"}:
    # A reader's request waits at most one second for the broker (then the breaker opens); so does the
    # reconciler, which has to go on beating.
    app.conf.broker_connection_timeout = 1
    app.conf.broker_transport_options = app.conf.broker_transport_options | {
        "socket_timeout": 1.0,
        "socket_connect_timeout": 1.0,
        "retry_on_timeout": False,
    }
