"""Beat sends tasks by name: it must know no Django, and every name must be a task's."""

from __future__ import annotations

import subprocess
import sys

import newsroom.celery
from newsroom.beat import app


def test_every_task_on_the_schedule_exists() -> None:
    newsroom.celery.app.loader.import_default_modules()
    names = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert names
    assert names <= set(newsroom.celery.app.tasks)


def test_its_tasks_go_where_the_workers_listen() -> None:
    for name in ("broker_url", "task_default_queue", "task_routes", "timezone", "beat_schedule"):
        assert getattr(app.conf, name) == getattr(newsroom.celery.app.conf, name)
    assert app.conf.broker_transport_options == newsroom.celery.app.conf.broker_transport_options


def test_it_loads_no_models() -> None:
    look = (
        "import sys; from newsroom.beat import app; app.loader.init_worker(); app.finalize();"
        " app.conf.beat_schedule; sys.exit('django.db.models' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0
