"""The Celery application: the engine across machines. The record is PostgreSQL."""

from __future__ import annotations

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup, task_postrun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")

app = Celery("newsroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_after_setup.connect
def share_memory(**kwargs: Any) -> None:
    """Before the children fork: a collection in one would write to every object, and so copy its page."""
    gc.collect()
    gc.freeze()


@task_postrun.connect
def drop_broken_connections(**kwargs: Any) -> None:
    """After each task, as Django does after each request; the next task asks first whether it still works."""
    from django.db import close_old_connections

    close_old_connections()


if os.environ.get("NEWSROOM_PROCESS") in {"web", "reconciler"}:
    # A reader's request waits at most one second for the broker (then the breaker opens); so does the
    # reconciler, which has to go on beating.
    app.conf.broker_connection_timeout = 1
    app.conf.broker_transport_options = app.conf.broker_transport_options | {
        "socket_timeout": 1.0,
        "socket_connect_timeout": 1.0,
        "retry_on_timeout": False,
    }
