"""The clock's application: it sends tasks by name and runs none, so it loads neither Django nor a task."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")

app = Celery("newsroom", fixups=[])
app.config_from_object("django.conf:settings", namespace="CELERY")
