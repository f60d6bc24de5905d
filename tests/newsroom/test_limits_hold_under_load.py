"""Limits count every use once, in real Redis; and go on counting in this process when Redis is away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from limits.errors import StorageError
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from newsroom import limits
from newsroom.limits import Breaker, Limit, RateLimited, enforce, is_redis_answering


@pytest.fixture(autouse=True)
def _limits_on(_limits_off: None, settings: Any) -> None:
    settings.NEWSROOM_LIMITS = "default"


@pytest.fixture
def dead_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Redis at an address where nothing listens, as after its death."""
    limits._local.cache_clear()
    limits._shared.cache_clear()
    client = Redis(port=1, socket_timeout=0.3, socket_connect_timeout=0.3, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(limits, "redis_client", lambda: client)
    yield
    limits._shared.cache_clear()
    limits._local.cache_clear()


def uses(limit: Limit, times: int) -> int:
    """How many of so many uses are accepted."""
    accepted = 0
    for _ in range(times):
        try:
            enforce([limit])
        except RateLimited:
            continue
        accepted += 1
    return accepted


def test_the_last_allowed_use_passes_and_the_next_one_does_not() -> None:
    limit = Limit("address", uuid4().hex)

    assert uses(limit, 5) == 5
    with pytest.raises(RateLimited) as refused:
        enforce([limit])
    assert refused.value.retry_after_s is not None
    assert 50 <= refused.value.retry_after_s <= 61


def test_a_hundred_uses_at_once_are_counted_one_by_one() -> None:
    limit = Limit("network", uuid4().hex)

    with ThreadPoolExecutor(20) as pool:
        accepted = sum(pool.map(lambda _: uses(limit, 1), range(100)))

    assert accepted == 10


def test_one_key_does_not_use_up_another() -> None:
    assert uses(Limit("address", uuid4().hex), 6) == 5
    assert uses(Limit("address", uuid4().hex), 1) == 1


def test_every_limit_of_a_request_is_asked() -> None:
    used_up = Limit("address", uuid4().hex)
    uses(used_up, 5)

    with pytest.raises(RateLimited):
        enforce([Limit("network", uuid4().hex), used_up])


def test_off_limits_nothing_and_strict_limits_sooner(settings: Any) -> None:
    settings.NEWSROOM_LIMITS = "off"
    assert uses(Limit("address", uuid4().hex), 50) == 50
    settings.NEWSROOM_LIMITS = "strict"
    assert uses(Limit("address", uuid4().hex), 50) == 2


def test_keys_in_redis_are_those_given_and_go_by_themselves() -> None:
    key = uuid4().hex
    enforce([Limit("address", key)])

    found = list(limits.redis_client().scan_iter(f"*{key}*"))
    assert len(found) == 1
    assert 0 < limits.redis_client().ttl(found[0]) <= 61


@pytest.mark.usefixtures("dead_redis")
def test_without_redis_this_process_goes_on_counting() -> None:
    assert uses(Limit("address", uuid4().hex), 7) == 5


@pytest.mark.usefixtures("dead_redis")
def test_only_the_first_use_pays_for_dead_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(limits, "redis_breaker", Breaker())
    original = limits._shared().hit
    monkeypatch.setattr(limits._shared(), "hit", lambda *a, **k: (asked.append("hit"), original(*a, **k))[1])

    uses(Limit("article", uuid4().hex), 20)

    assert asked == ["hit"]
    assert not is_redis_answering()


def test_redis_that_dies_while_refusing_still_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = Limit("address", uuid4().hex)
    uses(limit, 5)

    def gone(*args: Any) -> Any:
        raise StorageError(ConnectionError("gone"))

    monkeypatch.setattr(limits._shared(), "get_window_stats", gone)

    with pytest.raises(RateLimited) as refused:
        enforce([limit])
    assert refused.value.retry_after_s == 60


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_breaker_opens_lets_one_probe_through_and_closes_again() -> None:
    clock = Clock()
    breaker = Breaker(open_s=5.0, clock=clock)
    assert breaker.allows()

    breaker.failed()
    assert not breaker.allows()
    clock.now += 4.9
    assert not breaker.allows()

    clock.now += 0.2
    assert [breaker.allows() for _ in range(3)] == [True, False, False]  # One probe; the others skip.
    breaker.succeeded()
    assert [breaker.allows() for _ in range(3)] == [True, True, True]


def test_a_probe_that_fails_opens_the_breaker_for_the_whole_time_again() -> None:
    clock = Clock()
    breaker = Breaker(open_s=5.0, clock=clock)
    breaker.failed()
    clock.now += 5.1
    assert breaker.allows()

    breaker.failed()

    clock.now += 4.9
    assert not breaker.allows()


def test_of_many_threads_exactly_one_probes() -> None:
    clock = Clock()
    breaker = Breaker(open_s=5.0, clock=clock)
    breaker.failed()
    clock.now += 6

    with ThreadPoolExecutor(16) as pool:
        probes = sum(pool.map(lambda _: breaker.allows(), range(200)))

    assert probes == 1


def test_frozen_redis_costs_a_third_of_a_second_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener that accepts and never answers, as a stopped process does."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as frozen:
        client = Redis(
            port=frozen.getsockname()[1],
            socket_timeout=0.3,
            socket_connect_timeout=0.3,
            retry=Retry(NoBackoff(), 0),
        )
        monkeypatch.setattr(limits, "redis_client", lambda: client)
        started = time.monotonic()
        answers = [is_redis_answering() for _ in range(50)]
        took = time.monotonic() - started

    assert not any(answers)
    assert took < 10  # One wait of 0.3 s, not fifty.
