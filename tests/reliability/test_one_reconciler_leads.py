"""Any number of copies; one leads; whatever becomes of it or of the database, one leads again."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, connections
from django.utils import timezone

from moderation import reconciler
from moderation.models import Heartbeat, ModelVersion
from newsroom.audit.models import AuditEntry
from newsroom.audit.services import record
from newsroom.embedded.processes import session_members, signal_all
from tests.reliability.conftest import After

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]

LEADERS = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    f" AND (classid::bigint << 32 | objid::bigint) = {reconciler.LOCK_KEY}"
)


def leaders() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(LEADERS)
        return [row[0] for row in cursor.fetchall()]


def wait_for(is_so: Callable[[], bool], *, patience_s: float = 60.0) -> None:
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.1)


@pytest.fixture
def start_reconciler(
    in_child_processes: dict[str, str], classifier: ModelVersion, tmp_path: Path
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a reconciler in a process of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**extra: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"log-{len(started)}").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "newsroom.embedded.django_command", "reconcile"],
                env=in_child_processes | extra,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        signal_all([process.pid, *session_members(process.pid)], signal.SIGKILL)
        process.wait()


def test_of_two_one_leads_and_the_other_follows_it(
    start_reconciler: Callable[..., subprocess.Popen[bytes]],
) -> None:
    first = start_reconciler()
    wait_for(lambda: len(leaders()) == 1)
    second = start_reconciler()
    wait_for(lambda: len(session_members(second.pid)) >= 1)
    first_leader = leaders()
    first.kill()
    wait_for(lambda: len(leaders()) == 1 and leaders() != first_leader)
    assert second.poll() is None


def test_it_leads_again_after_the_database_cut_all_its_connections(
    start_reconciler: Callable[..., subprocess.Popen[bytes]],
) -> None:
    process = start_reconciler()
    wait_for(lambda: len(leaders()) == 1 and Heartbeat.objects.filter(part="reconciler").exists())
    before = leaders()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
    cut_at = timezone.now()
    wait_for(lambda: len(leaders()) == 1 and leaders() != before)
    wait_for(lambda: Heartbeat.objects.filter(part="reconciler", at__gt=cut_at).exists())
    assert process.poll() is None


def test_a_frozen_leader_is_cut_off(
    start_reconciler: Callable[..., subprocess.Popen[bytes]], reconcile: Callable[..., None]
) -> None:
    frozen = start_reconciler()
    wait_for(lambda: len(leaders()) == 1 and Heartbeat.objects.filter(part="reconciler").exists())
    signal_all(session_members(frozen.pid), signal.SIGSTOP)
    held_by = leaders()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconciler, "FROZEN_LEADER_S", 2.0)
        reconcile(lambda: bool(leaders()) and leaders() != held_by)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly(
    start_reconciler: Callable[..., subprocess.Popen[bytes]], signum: signal.Signals
) -> None:
    process = start_reconciler()
    wait_for(lambda: len(leaders()) == 1)
    os.kill(process.pid, signum)
    assert process.wait(timeout=60) == 0
    assert session_members(process.pid) == []
    assert leaders() == []


def test_switched_off_it_does_nothing(start_reconciler: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = start_reconciler(NEWSROOM_RECONCILER="off")
    time.sleep(4)
    assert process.poll() is None
    assert leaders() == []
    assert not Heartbeat.objects.filter(part="reconciler").exists()


def test_it_seals_the_audit_and_beats(reconcile: Callable[..., None], classifier: ModelVersion) -> None:
    record(action="test", object_type="test", object_id=1, actor_kind="system")
    reconcile(lambda: not AuditEntry.objects.filter(seq=None).exists())
    beat = Heartbeat.objects.get(part="reconciler")
    assert timezone.now() - beat.at < timedelta(seconds=5)


def test_one_failing_step_does_not_stop_the_others(
    reconcile: Callable[..., None], classifier: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> int:
        raise OSError("no space left on device")

    monkeypatch.setattr(reconciler, "seal", fail)
    reconcile(After(2))
    assert Heartbeat.objects.filter(part="reconciler").exists()


def test_the_first_classifier_is_registered_where_none_is(reconcile: Callable[..., None]) -> None:
    reconcile(lambda: ModelVersion.objects.filter(is_active=True).exists())


def test_a_classifier_that_was_switched_off_stays_off(
    reconcile: Callable[..., None], classifier: ModelVersion
) -> None:
    ModelVersion.objects.update(is_active=False)
    reconcile(After(2))
    assert not ModelVersion.objects.filter(is_active=True).exists()


def test_two_threads_never_both_lead() -> None:
    """The lock is the database's: whoever asks second is told no."""
    copies = [reconciler.Reconciler(should_stop=lambda: True) for _ in range(2)]
    answers: list[bool] = []

    have_asked = threading.Barrier(len(copies))

    def ask(copy: reconciler.Reconciler) -> None:
        answers.append(copy._leads())
        have_asked.wait(timeout=30)
        copy._let_go()  # Here: a connection may be closed only by the thread that made it.
        connections.close_all()

    threads = [threading.Thread(target=ask, args=[copy]) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False, True]
