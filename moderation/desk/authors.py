"""What a moderator may do about an author. Each step leaves an audit row."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from comments.models import Mailbox
from newsroom.audit.services import record
from newsroom.crypto import decrypt_address
from newsroom.errors import DomainError

FLAGS = ("trusted", "blocked", "premoderated")


NOBODY = UUID(int=0)


class AddressGone(DomainError):
    code = "address_gone"
    status = 410
    title = "The address is no longer stored"


def author_by_key(key: str) -> UUID | None:
    """The mailbox whose key on the desk begins like this; ``NOBODY`` if there is none, None if it is empty.

    Raises:
        ValueError: it is not hexadecimal.
    """
    if not key:
        return None
    low = bytes.fromhex(key[: len(key) // 2 * 2])
    found = Mailbox.objects.filter(address_hash__gte=low, address_hash__lte=low + b"\xff" * 32)
    return found.order_by("address_hash").values_list("pk", flat=True).first() or NOBODY


@transaction.atomic
def set_author_flag(*, mailbox_id: UUID, flag: str, value: bool, actor: Any) -> bool:
    """Trust, block or read first all that comes from one address; whether it changed. Blocking ends trust."""
    if flag not in FLAGS:
        raise ValueError(flag)
    mailbox = Mailbox.objects.select_for_update().defer("address_ciphertext").get(pk=mailbox_id)
    changes = {flag: value}
    if value and flag in {"trusted", "blocked"}:
        changes["blocked" if flag == "trusted" else "trusted"] = False
    changes = {name: wanted for name, wanted in changes.items() if getattr(mailbox, name) != wanted}
    if not changes:
        return False
    Mailbox.objects.filter(pk=mailbox_id).update(**changes)
    record(
        action="author.flags",
        object_type="mailbox",
        object_id=mailbox_id,
        actor_kind="person",
        actor=actor,
        data=changes,
    )
    return True


@transaction.atomic
def reveal_address(*, mailbox_id: UUID, actor: Any, reason: str) -> str:
    """The address itself. Who looked, and why, is recorded before it is read.

    Raises:
        AddressGone: retention has deleted it.
    """
    record(
        action="author.address_seen",
        object_type="mailbox",
        object_id=mailbox_id,
        actor_kind="person",
        actor=actor,
        reason=reason,
    )
    ciphertext = Mailbox.objects.values_list("address_ciphertext", flat=True).get(pk=mailbox_id)
    if ciphertext is None:
        raise AddressGone
    return decrypt_address(bytes(ciphertext))
