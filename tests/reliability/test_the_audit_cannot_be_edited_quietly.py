"""100 random tamperings with the sealed audit, triggers off: each is found. The runtime role is refused."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from newsroom.audit import services
from newsroom.audit.models import AuditEntry
from newsroom.ids import uuid7

ROWS = 40
COLUMNS = {
    "actor_kind": "'machine2'",
    "action": "action || 'd'",
    "object_type": "'article'",
    "object_id": "gen_random_uuid()::text",
    "reason": "reason || '.'",
    "data": "data || '{\"extra\": 1}'",
    "at": "at + interval '1 microsecond'",
    "hash": "sha256(hash)",
    "prev_hash": "sha256(prev_hash)",
    "id": "gen_random_uuid()",
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(settings: Any, tmp_path: Path) -> None:
    """Sealed rows, and a head file that knows each step of them."""
    settings.NEWSROOM_AUDIT_HEAD_FILE = tmp_path / "heads.jsonl"
    for number in range(ROWS):
        services.record(
            action="comment.published",
            object_type="comment",
            object_id=uuid7(),
            actor_kind="machine",
            reason="",
            data={"revision": number % 3 + 1},
        )
        if number % 10 == 9:
            services.seal()
    assert list(services.faults()) == []


@dataclass
class Tampering:
    """One person with the owner's rights and SQL, and what they do."""

    dice: random.Random

    def edit(self) -> str:
        column = self.dice.choice(sorted(COLUMNS))
        return self._run(
            f"UPDATE audit_auditentry SET {column} = {COLUMNS[column]} WHERE seq = %s",
            self._any(),
        )

    def delete(self) -> str:
        return self._run("DELETE FROM audit_auditentry WHERE seq = %s", self._any())

    def cut_tail(self) -> str:
        return self._run("DELETE FROM audit_auditentry WHERE seq >= %s", self._any())

    def delete_and_close_the_gap(self) -> str:
        seq = self.dice.randint(1, ROWS - 1)
        self._run("DELETE FROM audit_auditentry WHERE seq = %s", seq)
        self._run("UPDATE audit_auditentry SET seq = -seq WHERE seq > %s", seq)
        return self._run("UPDATE audit_auditentry SET seq = -seq - 1 WHERE seq < %s", 0)

    def insert(self) -> str:
        """A forged row at the end, its hash made without the key."""
        return self._run(
            "INSERT INTO audit_auditentry"
            " (id, at, actor_kind, action, object_type, object_id, reason, data, seq, prev_hash, hash)"
            " SELECT gen_random_uuid(), at, actor_kind, action, object_type, object_id, reason, data,"
            " seq + 1, hash, sha256(hash) FROM audit_auditentry WHERE seq = %s",
            ROWS,
        )

    def swap(self) -> str:
        """Two rows change places: each has a hash that was made with the key, but for another place."""
        first, second = self.dice.sample(range(1, ROWS + 1), 2)
        self._run("UPDATE audit_auditentry SET seq = 0 WHERE seq = %s", first)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE audit_auditentry SET seq = %s WHERE seq = %s", [first, second])
        with connection.cursor() as cursor:
            cursor.execute("UPDATE audit_auditentry SET seq = %s WHERE seq = 0", [second])
        return "swap"

    def unseal(self) -> str:
        """Edited, and made to look as if it had not been sealed yet."""
        return self._run(
            "UPDATE audit_auditentry SET action = 'x', seq = NULL, hash = NULL, prev_hash = NULL"
            " WHERE seq = %s",
            self._any(),
        )

    def _any(self) -> int:
        return self.dice.randint(1, ROWS)

    def _run(self, statement: str, seq: int) -> str:
        with connection.cursor() as cursor:
            cursor.execute(statement, [seq])
            assert cursor.rowcount > 0, statement
        return f"{statement} ({seq})"


def become_the_owner_without_triggers(cursor: Any) -> None:
    cursor.execute("RESET ROLE")
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")


KINDS: dict[str, Callable[[Tampering], str]] = {
    kind.__name__: kind
    for kind in (
        Tampering.edit,
        Tampering.delete,
        Tampering.cut_tail,
        Tampering.delete_and_close_the_gap,
        Tampering.insert,
        Tampering.swap,
        Tampering.unseal,
    )
}


def test_each_of_100_tamperings_by_the_owner_is_found(chain: None) -> None:
    dice = random.Random(20260)
    missed = []
    for number in range(100):
        kind = list(KINDS)[number % len(KINDS)]
        undo = transaction.savepoint()
        with connection.cursor() as cursor:
            become_the_owner_without_triggers(cursor)
        done = KINDS[kind](Tampering(dice))
        if not list(services.faults()):
            missed.append(done)
        transaction.savepoint_rollback(undo)
    assert missed == []
    assert list(services.faults()) == []


def test_the_command_names_the_fault_and_fails(chain: None) -> None:
    with connection.cursor() as cursor:
        become_the_owner_without_triggers(cursor)
        cursor.execute("UPDATE audit_auditentry SET reason = 'none' WHERE seq = 17")
    said = StringIO()
    with pytest.raises(CommandError, match="1 fault"):
        call_command("verify_audit", stdout=said)
    assert "row 17 was changed after it was sealed" in said.getvalue()


@pytest.mark.parametrize("role", ["runtime", "owner"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET reason = 'none' WHERE seq = 3",
        "UPDATE audit_auditentry SET seq = seq + 1000 WHERE seq = 3",
        "DELETE FROM audit_auditentry WHERE seq = 3",
        "INSERT INTO audit_auditentry"
        " (id, actor_kind, action, object_type, object_id, reason, data, seq, prev_hash, hash)"
        " VALUES (gen_random_uuid(), 'person', 'x', 'x', 'x', '', '{}', 1000, '\\x00', '\\x00')",
    ],
)
def test_with_the_triggers_on_the_database_refuses(chain: None, role: str, statement: str) -> None:
    with connection.cursor() as cursor:
        if role == "owner":
            cursor.execute("RESET ROLE")
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    ["ALTER TABLE audit_auditentry DISABLE TRIGGER USER", "SET session_replication_role = replica"],
)
def test_the_runtime_role_cannot_switch_the_triggers_off(db: None, statement: str) -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute(statement)


def test_without_the_key_no_row_can_be_sealed_so_that_it_passes(
    chain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.record(action="x", object_type="x", object_id=1, actor_kind="person")
    with monkeypatch.context() as patch:
        patch.setattr(services, "audit_mac", lambda data: b"\x01" * 32)
        services.seal()
    assert AuditEntry.objects.filter(seq=ROWS + 1).exists()
    assert list(services.faults()) == [f"row {ROWS + 1} was changed after it was sealed"]
