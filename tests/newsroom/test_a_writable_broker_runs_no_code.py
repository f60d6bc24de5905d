"""Who can write into Redis can waste a worker's time, not run code in it."""

from __future__ import annotations

import base64
import json
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from redis import Redis

from moderation.models import Heartbeat
from moderation.tasks import canary
from newsroom.redis_urls import with_database

pytestmark = pytest.mark.django_db(transaction=True)


def queue() -> str:
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    return f"{prefix}{settings.CELERY_TASK_DEFAULT_QUEUE}"


def message(body: bytes, *, content_type: str, task: str = "moderation.tasks.canary") -> str:
    """An envelope as kombu writes it, with whatever body."""
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "binary",
            "content-type": content_type,
            "headers": {
                "id": str(uuid.uuid4()),
                "task": task,
                "lang": "py",
                "argsrepr": "",
                "kwargsrepr": "",
            },
            "properties": {
                "correlation_id": str(uuid.uuid4()),
                "delivery_mode": 2,
                "delivery_info": {"exchange": "", "routing_key": settings.CELERY_TASK_DEFAULT_QUEUE},
                "delivery_tag": str(uuid.uuid4()),
                "body_encoding": "base64",
            },
        }
    )


def test_pickles_yaml_and_nonsense_in_the_queue_do_nothing(celery_worker: Any, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    # A pickle that would create a file when it is read, written by hand: cos, system, its argument, call.
    pickled = b"cposix\nsystem\n(S'touch " + str(touched).encode() + b"'\ntR."
    yaml = f"!!python/object/apply:os.system ['touch {touched}']".encode()
    broker = Redis.from_url(with_database(settings.REDIS_URL, 0))
    broker.lpush(queue(), message(pickled, content_type="application/x-python-serialize"))
    broker.lpush(queue(), message(yaml, content_type="application/x-yaml"))
    broker.lpush(queue(), message(b"[[], {}, {}]", content_type="application/json", task="os.system"))
    broker.lpush(queue(), message(b"not json", content_type="application/json"))
    sent_at = time.time()

    canary.delay(sent_at=sent_at)

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not Heartbeat.objects.filter(part="worker").exists():
        time.sleep(0.1)
    assert Heartbeat.objects.filter(part="worker").exists(), celery_worker.log.read_text()[-3_000:]
    assert not touched.exists()
