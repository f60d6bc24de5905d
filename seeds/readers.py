"""Commenters: their mailboxes, and the private part of what they wrote."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from comments.models import Comment, CommentPrivate, Mailbox, NetworkKey
from comments.networks import NETWORK_KEY_DAYS
from newsroom.crypto import address_hash, encrypt_address, network_pseudonym
from newsroom.ids import uuid7
from seeds.bulk import copy_rows


def seed_mailboxes(first_used: dict[str, datetime], *, last_used: dict[str, datetime]) -> dict[str, Mailbox]:
    """Mailboxes by address: those that were there, and new ones for the rest."""
    hashes = {address: address_hash(address) for address in first_used}
    rows = Mailbox.objects.filter(address_hash__in=hashes.values())
    known = {bytes(row.address_hash): row for row in rows}
    new = [
        Mailbox(
            id=uuid7(at=first_used[address]),
            address_hash=hashed,
            address_ciphertext=encrypt_address(address),
            created_at=first_used[address],
            last_used_at=last_used[address],
            demo=True,
        )
        for address, hashed in hashes.items()
        if hashed not in known
    ]
    copy_rows(new)
    known |= {bytes(row.address_hash): row for row in new}
    return {address: known[hashed] for address, hashed in hashes.items()}


def network_keys(days: Iterable[date]) -> dict[date, NetworkKey]:
    """The keys of the months that ``days`` lie in, by the first of the month; made where missing."""
    keys = {}
    for month in {day.replace(day=1) for day in days}:
        defaults = {"secret": secrets.token_bytes(32), "expires_on": month + timedelta(days=NETWORK_KEY_DAYS)}
        keys[month], _ = NetworkKey.objects.get_or_create(month=month, defaults=defaults)
    return keys


def private_part(
    comment: Comment, mailbox: Mailbox, key: NetworkKey, *, address: str, honeypot: bool, form_age_s: float
) -> CommentPrivate:
    """Not saved. Every commenter has a network of their own, of the prefix kept for documentation."""
    digest = hashlib.sha256(address.encode()).hexdigest()
    return CommentPrivate(
        comment=comment,
        mailbox=mailbox,
        network=network_pseudonym(f"2001:db8:{digest[:4]}:{digest[4:8]}::/64", key=bytes(key.secret)),
        network_key=key,
        honeypot=honeypot,
        form_age_s=round(form_age_s, 1),
    )
