"""Identifiers: UUIDv7, sortable by the time they were made."""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

_LOWEST_62 = (1 << 62) - 1
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
        dice = secrets.randbits(74)  # Asked of the system at once: it is most of what an id costs.
        return UUID(int=_dated(int(at.timestamp() * 1000)) | dice >> 62 << 64 | dice & _LOWEST_62)
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
    return UUID(int=_dated(milliseconds) | rand_a << 64 | secrets.randbits(62))


def _dated(milliseconds: int) -> int:
    """Version, variant and time; all else zero."""
    return (milliseconds & ((1 << 48) - 1)) << 80 | 0x7 << 76 | 0b10 << 62
