"""What a process remembers for less than a second: a busy page asks PostgreSQL once for many readers."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakSet

from django.conf import settings

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
MOST = 2_000
_all: WeakSet[Fresh] = WeakSet()  # type: ignore[type-arg]


class Fresh(Generic[K, V]):
    """Values by key, each as old as a share of ``ADS_FRESH_S`` at most, and half as much again at the moment
    that one thread loads it anew: the others go on with the old one. What is missing, each of them loads.
    """

    def __init__(self, *, share: float = 1.0) -> None:
        self._share = share
        self._kept: dict[K, tuple[float, float, V]] = {}  # Until when, at the utmost until when, what.
        _all.add(self)

    def get(self, key: K, load: Callable[[], V]) -> V:
        now = time.monotonic()
        known = self._kept.get(key)
        if known is not None and now < known[0]:
            return known[2]
        if known is not None and known[0] < known[1]:  # Nobody else loads it meanwhile.
            self._kept[key] = known[1], known[1], known[2]
        value = load()
        if len(self._kept) >= MOST:
            self._kept.clear()
        life = settings.ADS_FRESH_S * self._share
        self._kept[key] = now + life, now + life * 1.5, value
        return value

    def forget(self) -> None:
        self._kept.clear()


def forget() -> None:
    """Remember nothing; for tests, whose rows are rolled back."""
    for one in _all:
        one.forget()
