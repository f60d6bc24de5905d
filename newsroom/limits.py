"""The breaker around Redis, and limits that are atomic across processes.

Stated behaviour when Redis is slow or away: the first time-out (0.3 s here, 1 s for publishing)
opens the breaker for 5 s; one probe closes it. While it is open, publishing is skipped (the
reconciler finds the row), and limits are counted in process memory: stricter per process, looser
across processes. ``newsroom_broker_failures_total`` counts both.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from newsroom import metrics
from newsroom.errors import DomainError
from newsroom.redis_urls import with_database

Answer = TypeVar("Answer")
REDIS_ERRORS = (RedisError, StorageError, OSError)


class RateLimited(DomainError):
    code = "rate_limited"
    status = 429
    title = "Too many requests"


class Breaker:
    """Closed: use the dependency. Open: skip it for ``open_s``, then let one caller probe. Thread-safe."""

    def __init__(self, *, open_s: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._open_s = open_s
        self._clock = clock
        self._lock = threading.Lock()
        self._open_until = 0.0
        self._is_open = False

    def allows(self) -> bool:
        with self._lock:
            if not self._is_open:
                return True
            if self._clock() < self._open_until:
                return False
            # This caller is the probe; the others go on skipping until it reports.
            self._open_until = self._clock() + self._open_s
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._is_open = False

    def failed(self) -> None:
        with self._lock:
            self._is_open = True
            self._open_until = self._clock() + self._open_s

    @property
    def is_open(self) -> bool:
        return self._is_open


redis_breaker = Breaker()  # One per process: all uses of Redis share what is known of its health.


@cache
def redis_client(database: int = 1) -> Redis:
    """Redis (its database of limits), with a time-out that a reader does not notice and no retries."""
    return Redis.from_url(
        with_database(settings.REDIS_URL, database),
        socket_timeout=settings.REDIS_SOCKET_TIMEOUT_S,
        socket_connect_timeout=settings.REDIS_SOCKET_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


def answer_of_redis(ask: Callable[[], Answer]) -> Answer | None:
    """What Redis answers; None when it does not in time, or is not asked for now. Moves the breaker."""
    if not redis_breaker.allows():
        return None
    try:
        answer = ask()
    except REDIS_ERRORS:
        redis_breaker.failed()
        return None
    redis_breaker.succeeded()
    return answer


def is_redis_answering() -> bool:
    """Whether Redis answers a ping within the time-out; moves the breaker."""
    return answer_of_redis(lambda: redis_client().ping()) is not None


# --- who is asking ---------------------------------------------------------------------------------
@cache
def _trusted_proxies() -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(cidr) for cidr in settings.NEWSROOM_TRUSTED_PROXIES)


def _is_trusted(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _trusted_proxies())


def comes_through_proxy(request: HttpRequest) -> bool:
    """Whether a configured proxy has passed this request on, so that its own headers can be believed."""
    return _is_trusted(request.META.get("REMOTE_ADDR", ""))


def client_network(request: HttpRequest) -> str:
    """The client's network: an IPv4 address or an IPv6 /64.

    ``X-Forwarded-For`` is read from the right, and only past addresses of configured proxies;
    whatever else a client sends there is not believed.
    """
    return network_in(request.META)


def network_in(meta: Mapping[str, Any]) -> str:
    """The same, of a request's headers in WSGI's names."""
    address = meta.get("REMOTE_ADDR", "") or "0.0.0.0"  # noqa: S104  (a placeholder, nothing is bound)
    forwarded = [hop.strip() for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while forwarded and _is_trusted(address):
        address = forwarded.pop()
    return network_of(address)


def network_of(address: str) -> str:
    """``203.0.113.9`` for an IPv4 address (mapped ones too), ``2001:db8:1:2::/64`` for an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "0.0.0.0"  # noqa: S104
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


# --- counting --------------------------------------------------------------------------------------
# Tries of one network at one account, and of one network at all. Never of an account alone: whoever knows a
# name could lock its owner out.
LOGIN_LIMITS: dict[str, tuple[str, ...]] = {
    "login": ("5/minute", "20/hour"),
    "login_network": ("30/minute", "200/hour"),
}
# What one network may send: an IPv6 /64 is one household (``network``); behind one IPv4 address there may be
# a town (``shared_network``): the policy's flood limit holds its comments long before this refuses any.
LIMITS: dict[str, dict[str, tuple[str, ...]]] = {
    "default": {
        "network": ("10/minute", "60/hour"),
        "shared_network": ("60/minute", "600/hour"),
        "address": ("5/minute",),
        "article": ("120/minute",),
        "site": ("1200/minute",),
        **LOGIN_LIMITS,
        "vote": ("30/minute", "300/hour"),
        "report": ("10/minute", "60/hour"),
        "link": ("3/hour",),
        "stub": ("1000/day",),
        "statement": ("10/day",),
    },
    "strict": {
        "network": ("4/minute", "20/hour"),
        "shared_network": ("20/minute", "200/hour"),
        "address": ("2/minute",),
        "article": ("40/minute",),
        "site": ("400/minute",),
        **LOGIN_LIMITS,
        "vote": ("15/minute", "100/hour"),
        "report": ("5/minute", "30/hour"),
        "link": ("3/hour",),
        "stub": ("300/day",),
        "statement": ("10/day",),
    },
    "demo": {
        "network": ("60/minute",),
        "shared_network": ("120/minute",),
        "address": ("30/minute",),
        "article": ("600/minute",),
        "site": ("6000/minute",),
        **LOGIN_LIMITS,
        "vote": ("120/minute",),
        "report": ("60/minute",),
        "link": ("30/hour",),
        "stub": ("1000/day",),
        "statement": ("10/day",),
    },
    "off": {},
}


@dataclass(frozen=True, slots=True)
class Limit:
    name: str  # one of ``LIMITS["default"]``
    key: str  # a pseudonym: never an address


def limit_of_network(network: str) -> str:
    """Which limit counts the comments of a network: one address of IPv4 may be shared by many."""
    return "network" if ":" in network else "shared_network"


@cache
def parse_rates(text: str) -> tuple[RateLimitItem, ...]:
    """Rates as a person writes them: ``10/minute 60/hour``; ``off`` is none.

    Raises:
        ValueError: that is no rate, or one that would let nothing through.
    """
    if text.strip() == "off":
        return ()
    items = tuple(parse(each) for each in text.split())
    if not items or any(item.amount < 1 for item in items):
        raise ValueError(f"{text!r} is no rate.")
    return items


@cache
def parse_own_rates(text: str) -> Mapping[str, tuple[RateLimitItem, ...]]:
    """NEWSROOM_LIMIT_RATES: ``address=10/minute 60/hour,article=off``.

    Raises:
        ValueError: an unknown limit or no rate; says which.
    """
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, rates = part.partition("=")
        if name.strip() not in LIMITS["default"]:
            raise ValueError(f"{name.strip()!r} is no limit; use {', '.join(LIMITS['default'])}.")
        found[name.strip()] = parse_rates(rates.strip())
    return found


def _items(name: str, rates: Mapping[str, str]) -> tuple[RateLimitItem, ...]:
    """What holds for a limit: the site's own rates, else the environment's, else the profile's."""
    profile = limits_profile()
    if profile == "off":
        return ()
    if own := rates.get(name):
        return parse_rates(own)
    of_environment = parse_own_rates(settings.NEWSROOM_LIMIT_RATES)
    return of_environment[name] if name in of_environment else _of_profile(profile, name)


@cache
def _of_profile(profile: str, name: str) -> tuple[RateLimitItem, ...]:
    return tuple(parse(text) for text in LIMITS[profile].get(name, ()))


def limits_profile() -> str:
    profile = settings.NEWSROOM_LIMITS
    return "demo" if profile == "default" and settings.DEMO else profile


@cache
def _shared() -> MovingWindowRateLimiter:
    storage = RedisStorage(
        "redis://", connection_pool=redis_client().connection_pool, key_prefix="limits", wrap_exceptions=True
    )
    return MovingWindowRateLimiter(storage)


@cache
def _local() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())


def enforce(limits: Iterable[Limit], *, rates: Mapping[str, str] | None = None) -> None:
    """Count one use against every limit.

    Args:
        rates: a site's own rates by limit; what is missing or empty there is the environment's.

    Raises:
        RateLimited: one of them is used up; says after how many seconds to come back.
    """
    for limit in limits:
        for item in _items(limit.name, rates or {}):
            limiter = _hit(item, limit)
            if limiter is not None:
                metrics.LIMITED.labels(limit.name).inc()
                raise RateLimited(
                    "That is more than this site takes at once. Please wait a little.",
                    retry_after_s=_seconds_to_wait(limiter, item, limit),
                )


def is_over(rate: str, limit: Limit) -> bool:
    """Count one use against a rate such as ``120/minute`` (``off``: none); whether it is one too many."""
    return any(_hit(item, limit) is not None for item in parse_rates(rate))


def _seconds_to_wait(limiter: MovingWindowRateLimiter, item: RateLimitItem, limit: Limit) -> int:
    """Until the oldest use leaves the window; the whole window where Redis just went away."""
    try:
        reset_at = limiter.get_window_stats(item, limit.name, limit.key).reset_time
    except REDIS_ERRORS:
        redis_breaker.failed()
        return item.get_expiry()
    return max(1, int(reset_at - time.time()) + 1)


def _hit(item: RateLimitItem, limit: Limit, *, cost: int = 1) -> MovingWindowRateLimiter | None:
    """Count so many uses; the limiter that refused them, or None."""
    if redis_breaker.allows():
        try:
            accepted = _shared().hit(item, limit.name, limit.key, cost=cost)
        except REDIS_ERRORS:
            redis_breaker.failed()
            metrics.BROKER_FAILURES.labels("limits", "failed").inc()
        else:
            redis_breaker.succeeded()
            return None if accepted else _shared()
    else:
        metrics.BROKER_FAILURES.labels("limits", "skipped").inc()
    return None if _local().hit(item, limit.name, limit.key, cost=cost) else _local()


def spend(name: str, key: str, *, per_minute: int | None, cost: int = 1) -> int | None:
    """Count uses against a quota of its own: seconds to wait where too little is left, else None.

    Without Redis each process counts for itself, as with the limits above. Profiles do not matter here.
    """
    if per_minute is None:
        return None
    limit, item = Limit(name, key), RateLimitItemPerMinute(per_minute)
    limiter = _hit(item, limit, cost=cost)
    if limiter is None:
        return None
    metrics.LIMITED.labels(name).inc()
    return _seconds_to_wait(limiter, item, limit)
