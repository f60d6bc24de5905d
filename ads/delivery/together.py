"""What several threads want at the same moment, done once for all of them: one statement, one commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

One = TypeVar("One")
Found = TypeVar("Found")
WAITS_S = 0.002
MOST = 64


def _taken_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class _Call(Generic[One, Found]):
    """What one thread wants; ``turn`` comes free when it is done, or when this thread is to lead."""

    one: One
    found: list[Found] = field(default_factory=list)  # One, once it is done.
    error: BaseException | None = None
    turn: threading.Lock = field(default_factory=_taken_lock)


class Together(Generic[One, Found]):
    """Hands what threads want to ``work``, as many at a time as there are; each waits for its own answer.

    The first thread to come leads: it does the work with its own connection, and the first of those who came
    meanwhile leads next. It waits for as many as there were the last time, two milliseconds at most; whoever
    is alone waits for nobody.
    """

    def __init__(
        self, work: Callable[[Sequence[One]], Sequence[Found]], *, waits_s: float = WAITS_S, most: int = MOST
    ) -> None:
        self._work, self._waits_s, self._most = work, waits_s, most
        self._lock = threading.Lock()
        self._waiting: list[_Call[One, Found]] = []
        self._is_led = False
        self._expected = 1
        self._all_here = _taken_lock()

    def __call__(self, one: One) -> Found:
        """What ``work`` found for this one.

        Raises:
            Exception: what ``work`` raised, for all that were done with it.
        """
        mine: _Call[One, Found] = _Call(one)
        with self._lock:
            self._waiting.append(mine)
            is_first, self._is_led = not self._is_led, True
            if not is_first and len(self._waiting) >= self._expected and self._all_here.locked():
                self._all_here.release()
        if not is_first:
            mine.turn.acquire()
        if not mine.found and mine.error is None:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.found[0]

    def _lead(self) -> None:
        """Do what is wanted by now; the leader's own comes first."""
        with self._lock:
            are_all_here = len(self._waiting) >= self._expected
            self._all_here.acquire(blocking=False)
        if not are_all_here:
            self._all_here.acquire(timeout=self._waits_s)
        with self._lock:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        self._do(batch)
        with self._lock:
            self._expected = min(len(batch) + len(self._waiting), self._most)
            if self._waiting:
                self._waiting[0].turn.release()
            else:
                self._is_led = False
        for call in batch[1:]:
            call.turn.release()

    def _do(self, batch: Sequence[_Call[One, Found]]) -> None:
        try:
            found = self._work([call.one for call in batch])
            for call, own in zip(batch, found, strict=True):
                call.found.append(own)
        except BaseException as error:  # noqa: BLE001  (whoever waits has to hear of it)
            for call in batch:
                call.error = error
