"""Identifiers: UUIDv7, sortable by the time they were made."""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

_lock = threading.Lock()
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
        return _assemble(int(at.timestamp() * 1000), secrets.randbits(12))
    with _lock:
        now_ms = time.time_ns() // 1_000_000
        if now_ms > _last_ms:
            _last_ms, _counter = now_ms, secrets.randbits(11)
        else:
            _counter += 1
            if _counter > 0xFFF:  # More than 2,048 in one millisecond: borrow from the next one.
                _last_ms, _counter = _last_ms + 1, 0
        return _assemble(_last_ms, _counter)


def uuid7_time(value: UUID) -> datetime:
    """When this UUIDv7 was made (milliseconds)."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, tz=UTC)


def _assemble(milliseconds: int, rand_a: int) -> UUID:
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | rand_a << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)
