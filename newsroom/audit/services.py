"""Writing, sealing and verifying the audit trail."""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from newsroom.audit.models import AuditEntry
from newsroom.crypto import audit_mac
from newsroom.inserts import insert

GENESIS = b"\0" * 32
SEAL_BATCH = 2_000


def record(
    *,
    action: str,
    object_type: str,
    object_id: object,
    actor_kind: str,
    actor: Any = None,
    reason: str = "",
    data: dict[str, Any] | None = None,
) -> AuditEntry:
    """Write one row inside the caller's transaction. ``data`` holds codes, ids and numbers only."""
    entry = AuditEntry(
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        actor_kind=actor_kind,
        actor=actor if actor is not None and actor.pk else None,
        reason=reason[:500],
        data=data or {},
    )
    insert(entry)
    return entry


@dataclass(frozen=True, slots=True)
class Head:
    seq: int
    hash: bytes


def seal() -> int:
    """Chain rows that are not sealed yet, and write the new head to the head file; returns how many.

    One process at a time (an advisory lock inside the transaction; the loser seals nothing). Rows are
    sealed in the order in which they are seen committed: a slow transaction is sealed later, never skipped.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('newsroom.audit.seal'))")
            if not cursor.fetchone()[0]:
                return 0
        head = chain_head()
        entries = list(AuditEntry.objects.filter(seq=None).order_by("id")[:SEAL_BATCH])
        for entry in entries:
            mac = entry_hash(entry, seq=head.seq + 1, prev_hash=head.hash)
            AuditEntry.objects.filter(pk=entry.pk, seq=None).update(
                seq=head.seq + 1, prev_hash=head.hash, hash=mac
            )
            head = Head(head.seq + 1, mac)
    if entries:
        write_head(head)
    return len(entries)


def chain_head() -> Head:
    last = AuditEntry.objects.exclude(seq=None).order_by("-seq").first()
    return Head(last.seq or 0, bytes(last.hash or b"")) if last else Head(0, GENESIS)


def entry_hash(entry: AuditEntry, *, seq: int, prev_hash: bytes) -> bytes:
    """HMAC-SHA256 over the row, its place and the hash before it, under ``NEWSROOM_AUDIT_KEY``."""
    document = [
        seq,
        prev_hash.hex(),
        str(entry.id),
        entry.at.isoformat(),
        entry.actor_kind,
        entry.actor_id,
        entry.action,
        entry.object_type,
        entry.object_id,
        entry.reason,
        entry.data,
    ]
    return audit_mac(json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode())


def write_head(head: Head) -> None:
    """Append the head to a file outside the database, so that a cut tail is noticed."""
    path: Path = settings.NEWSROOM_AUDIT_HEAD_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"seq": head.seq, "hash": head.hash.hex()}) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def recorded_heads() -> list[Head]:
    path: Path = settings.NEWSROOM_AUDIT_HEAD_FILE
    if not path.exists():
        return []
    documents = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return [Head(document["seq"], bytes.fromhex(document["hash"])) for document in documents]


def faults() -> Iterator[str]:
    """Every fault of the chain in words: an edited, inserted or deleted row, a cut tail. Empty when sound."""
    expected = Head(0, GENESIS)
    hashes: dict[int, bytes] = {}
    for entry in AuditEntry.objects.exclude(seq=None).order_by("seq").iterator(chunk_size=2_000):
        seq = entry.seq or 0
        if seq != expected.seq + 1:
            yield f"rows {expected.seq + 1} to {seq - 1} are missing"
        stored = bytes(entry.hash or b"")
        if seq == expected.seq + 1 and bytes(entry.prev_hash or b"") != expected.hash:
            yield f"row {seq} does not follow the row before it"
        if not hmac.compare_digest(
            stored, entry_hash(entry, seq=seq, prev_hash=bytes(entry.prev_hash or b""))
        ):
            yield f"row {seq} was changed after it was sealed"
        hashes[seq] = stored
        expected = Head(seq, stored)
    for head in recorded_heads():
        if head.seq > expected.seq:
            yield f"the tail after row {expected.seq} was cut: the head file knows row {head.seq}"
            return
        if head.seq in hashes and hashes[head.seq] != head.hash:
            yield f"row {head.seq} is not the one that the head file knows"
