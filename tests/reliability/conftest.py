"""A reconciler inside the test, and everything it starts on the test database."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from redis import Redis

from moderation import reconciler, services
from moderation.broker import queue_depth
from moderation.engine import Engine, register_shipped_model
from moderation.models import ModelVersion
from newsroom.redis_urls import with_database

LEASE_S = 6  # the shortest; soft limit 2 s, hard limit 3 s


@pytest.fixture
def broker() -> Iterator[Redis]:
    """The broker's database of this run, empty before and after."""
    client = Redis.from_url(with_database(django_settings.REDIS_URL, 0))
    _empty(client)
    yield client
    _empty(client)
    client.close()


def _empty(client: Redis) -> None:
    for key in client.scan_iter(f"{django_settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}*"):
        client.delete(key)


@pytest.fixture
def queued(broker: Redis) -> Callable[[], int]:
    """How many messages wait."""

    def count() -> int:
        depth = queue_depth()
        assert depth is not None
        return depth

    return count


@pytest.fixture
def classifier(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    """The shipped classifier, active, in an engine that knows nothing of earlier tests."""
    monkeypatch.setattr(services, "engine", Engine())
    return register_shipped_model()


@pytest.fixture
def faults() -> dict[str, str]:
    """Texts that break who judges them: fill it before anything is started."""
    return {}


@pytest.fixture
def in_child_processes(live_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What processes started by the test see: the test database, a short lease."""
    env = live_env | {"NEWSROOM_LEASE_S": str(LEASE_S)}
    for name, value in env.items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    return env


@pytest.fixture
def reconcile(in_child_processes: dict[str, str], broker: Redis) -> Callable[..., None]:
    """Runs a reconciler in this process until something is so, or fails after the patience."""

    def run(until: Callable[[], bool], *, patience_s: float = 30.0) -> None:
        deadline = time.monotonic() + patience_s
        seen = False

        def should_stop() -> bool:
            nonlocal seen
            seen = seen or until()
            return seen or time.monotonic() > deadline

        reconciler.Reconciler(should_stop=should_stop).run()
        assert seen, "it did not come to that in time"

    return run


@pytest.fixture
def worker_seen() -> Callable[[], None]:
    """Have it look as if a worker took a canary just now."""

    def beat() -> None:
        services.beat("worker")

    return beat


class After:
    """True from so many seconds on: for ``reconcile`` where nothing must happen meanwhile."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def __call__(self, *_: Any) -> bool:
        return time.monotonic() >= self._ends
