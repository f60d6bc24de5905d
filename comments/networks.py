"""Pseudonyms of client networks: under keys that are rows and are deleted on expiry, never the address."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from comments.models import NetworkKey
from newsroom.crypto import network_pseudonym

NETWORK_KEY_DAYS = 62  # a month of use, then 30 days of retention


def network_key(month: date) -> bytes:
    """The month's key, made on first use. Two makers at once: one row stays, both read it."""
    secret = NetworkKey.objects.filter(month=month).values_list("secret", flat=True).first()
    if secret is None:
        defaults = {"secret": secrets.token_bytes(32), "expires_on": month + timedelta(days=NETWORK_KEY_DAYS)}
        secret = NetworkKey.objects.get_or_create(month=month, defaults=defaults)[0].secret
    return bytes(secret)


def pseudonym_of_the_day(network: str, *, purpose: str, at: datetime) -> bytes:
    """Who a network is today (UTC), for one purpose: on another day, or for another, it is somebody else.

    Args:
        network: of ``newsroom.limits.client_network``.
        purpose: such as ``vote`` or ``report``, so that the two cannot be put together.
    """
    key = network_key(at.date().replace(day=1))
    return network_pseudonym(f"{purpose}:{at:%Y-%m-%d}:{network}", key=key)
