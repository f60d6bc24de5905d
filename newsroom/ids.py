"""Identifiers: UUIDv7, sortable by the time they were made."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

_LOWEST_62 = (1 << 62) - 1
_AT_ONCE = 64
_lock = threading.Lock()
_dice: list[int] = []  # Asked of the system many at once: asking is most of what an id costs.
_last_ms = 0
_counter = 0


def uuid7(*, at: datetime | None = None) -> UUID:
    """A new UUIDv7, increasing within this process.

    Args:
        at: the moment to carry, for seeds and imports; default now.

    Source: RFC 9562, sections 5.7 and 6.2 (method 1: a 12-bit counter in ``rand_a``).
    """
    global _last_ms, _counter  # noqa: PLW0603  (the clock of this process; written under its lock)
    if at is not None:
        dice = random_bits(74)
        return UUID(int=_dated(int(at.timestamp() * 1000)) | dice >> 62 << 64 | dice & _LOWEST_62)
    with _lock:
        now_ms = time.time_ns() // 1_000_000
        if now_ms > _last_ms:
            _last_ms, _counter = now_ms, random_bits(11)
        else:
            _counter += 1
            if _counter > 0xFFF:  # More than 2,048 in one millisecond: borrow from the next one.
                _last_ms, _counter = _last_ms + 1, 0
        return _assemble(_last_ms, _counter)


def uuid7_time(value: UUID) -> datetime:
    """When this UUIDv7 was made (milliseconds)."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, tz=UTC)


def random_bits(number: int) -> int:
    """So many bits (at most 128) from the system's source of randomness, never given out twice."""
    while True:
        try:
            return _dice.pop() >> (128 - number)  # One step: two threads never get the same.
        except IndexError:
            more = os.urandom(16 * _AT_ONCE)
            _dice.extend(int.from_bytes(more[at : at + 16]) for at in range(0, len(more), 16))


os.register_at_fork(after_in_child=_dice.clear)  # Else parent and child would make the same ids.


def _assemble(milliseconds: int, rand_a: int) -> UUID:
    return UUID(int=_dated(milliseconds) | rand_a << 64 | random_bits(62))


def _dated(milliseconds: int) -> int:
    """Version, variant and time; all else zero."""
    return (milliseconds & ((1 << 48) - 1)) << 80 | 0x7 << 76 | 0b10 << 62
