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
    """Values by key, each as old as ``ADS_FRESH_S`` at most. Threads that find one missing each load it."""

    def __init__(self) -> None:
        self._kept: dict[K, tuple[float, V]] = {}
        _all.add(self)

    def get(self, key: K, load: Callable[[], V]) -> V:
        now = time.monotonic()
        known = self._kept.get(key)
        if known is not None and now < known[0]:
            return known[1]
        value = load()
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[key] = now + settings.ADS_FRESH_S, value
        return value

    def forget(self) -> None:
        self._kept.clear()


def forget() -> None:
    """Remember nothing; for tests, whose rows are rolled back."""
    for one in _all:
        one.forget()
