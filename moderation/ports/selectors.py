"""Finding the key that a client sent, without asking the database each time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import DatabaseError, InterfaceError

from moderation.ports.models import PortKey
from newsroom.crypto import keyed_digest

FRESH_S = 2.0  # A revoked or changed key is noticed within this time.
KEPT_S = 3600.0  # So long a key that worked is remembered while the database is away.
MOST_KEYS = 1_000


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What answering needs of a key. ``is_confirmed``: the database said so just now."""

    id: UUID
    site_id: UUID
    quota_per_minute: int | None
    holds: bool
    is_confirmed: bool = True


def key_digest(secret: str) -> bytes:
    return keyed_digest("port-key", secret.encode(errors="replace"))


def live_key(digest: bytes) -> KnownKey | None:
    """The key with this digest, unless it was revoked."""
    key = PortKey.objects.filter(digest=digest, revoked_at=None).first()
    if key is None:
        return None
    return KnownKey(
        id=key.pk,
        site_id=key.site_id,
        quota_per_minute=key.quota_per_minute,
        holds=key.on_unscorable == PortKey.OnUnscorable.HOLD_SCORE,
    )


def are_ports_in_use() -> bool:
    """Whether a key is live, so that somebody counts on being answered."""
    return PortKey.objects.filter(revoked_at=None).exists()


class KnownKeys:
    """The keys that this process has seen work lately, by digest. Thread-safe.

    Only keys that exist are remembered, so that nobody fills the memory with made-up ones.

    Args:
        is_away: whether the database is known not to answer: it is then not asked, since a frozen one would
            keep the request waiting.
    """

    def __init__(
        self,
        *,
        look_up: Callable[[bytes], KnownKey | None] = live_key,
        is_away: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up, self.is_away, self._clock = look_up, is_away, clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, tuple[KnownKey, float]] = OrderedDict()

    def find(self, secret: str) -> KnownKey | None:
        """The live key with this secret; while the database is away, one that worked within the last hour.

        Raises:
            DatabaseError, InterfaceError: the database is away and the key is not known here.
        """
        digest, now = key_digest(secret), self._clock()
        with self._lock:
            known, seen_at = self._seen.get(digest, (None, 0.0))
        if known is not None and now - seen_at < FRESH_S:
            return known
        unconfirmed = None
        if known is not None and now - seen_at < KEPT_S:
            unconfirmed = replace(known, is_confirmed=False)
        if unconfirmed is not None and self.is_away():
            return unconfirmed
        try:
            found = self._look_up(digest)
        except (DatabaseError, InterfaceError):
            if unconfirmed is None:
                raise
            return unconfirmed
        self._note(digest, found, now)
        return found

    def _note(self, digest: bytes, found: KnownKey | None, now: float) -> None:
        with self._lock:
            self._seen.pop(digest, None)
            if found is not None:
                self._seen[digest] = found, now
            while len(self._seen) > MOST_KEYS:
                self._seen.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._seen.clear()


known_keys = KnownKeys()
