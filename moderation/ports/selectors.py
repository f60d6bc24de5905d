"""Finding the key that a client sent."""

from __future__ import annotations

from moderation.ports.models import PortKey
from newsroom.crypto import keyed_digest


def key_digest(secret: str) -> bytes:
    return keyed_digest("port-key", secret.encode(errors="replace"))


def live_key(secret: str) -> PortKey | None:
    """The key with this secret, unless it was revoked."""
    return PortKey.objects.filter(digest=key_digest(secret), revoked_at=None).first()
