"""What a moderator may do about an author. Each step leaves an audit row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from comments.models import Mailbox
from comments.storing import lock_mailbox
from moderation.desk.items import Author, authors_of
from newsroom.audit.models import AuditEntry
from newsroom.audit.services import record
from newsroom.crypto import address_hashes, decrypt_address, encrypt_address
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
def set_author_flag(*, mailbox_id: UUID, flag: str, value: bool, actor: Any, reason: str = "") -> bool:
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
        reason=reason,
        data=changes,
    )
    return True


@transaction.atomic
def author_of_address(*, address: str, actor: Any, reason: str, make: bool, now: datetime) -> UUID | None:
    """The mailbox of a typed address, made if wanted; None if nobody wrote with it. The search is recorded.

    Args:
        make: so that an address can be blocked or trusted before it has ever been used.
    """
    current, *older = address_hashes(address)
    found = Mailbox.objects.filter(address_hash__in=[current, *older]).values_list("pk", flat=True).first()
    if found is None and make:
        month = now.date().replace(day=1)
        ciphertext = encrypt_address(address)
        found, _ = lock_mailbox(address_hash=current, ciphertext=ciphertext, month=month, demo=False)
    record(
        action="author.searched",
        object_type="mailbox",
        object_id=found or NOBODY,
        actor_kind="person",
        actor=actor,
        reason=reason,
    )
    return found


@dataclass(frozen=True, slots=True)
class Listed:
    """An author with a switch on, and who set it when and why; nothing is known of what other means set."""

    author: Author
    since: AuditEntry | None


def authors_with(flag: str, *, limit: int, offset: int = 0) -> tuple[int, list[Listed]]:
    """How many authors have this switch on, and some of them, the last used first; four queries."""
    flagged = Mailbox.objects.filter(**{flag: True}).defer("address_ciphertext")
    mailboxes = list(flagged.order_by("-last_used_at", "-pk")[offset : offset + limit])
    entries: dict[str, AuditEntry] = {}
    keys = [str(mailbox.pk) for mailbox in mailboxes]
    rows = AuditEntry.objects.filter(action="author.flags", object_type="mailbox", object_id__in=keys)
    for entry in rows.select_related("actor").order_by("pk"):
        if entry.data.get(flag):
            entries[entry.object_id] = entry
    authors = authors_of(mailboxes)
    listed = [Listed(authors[one.pk], entries.get(str(one.pk))) for one in mailboxes]
    return flagged.count(), listed


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
