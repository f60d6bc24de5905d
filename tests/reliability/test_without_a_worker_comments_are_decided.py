"""No broker, no worker: the reconciler judges in a process of its own, which a text may kill."""

import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from articles.models import Article
from comments.models import Comment
from moderation import broker, services
from moderation.models import Decision, Heartbeat, ModelVersion
from newsroom.embedded.processes import session_members
from tests.factories import ArticleFactory, CommentFactory
from tests.reliability.conftest import LEASE_S

pytestmark = [
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("classifier"),
]


def decided(*comments: Comment) -> Callable[[], bool]:
    ids = [comment.pk for comment in comments]
    return lambda: not Comment.objects.pending().filter(pk__in=ids).exists()


def post(article: Article, **changes: str) -> Any:
    sent = {"name": "Ada", "email": "ada@example.org", "body": "The tide was high this morning."} | changes
    return Client().post(f"/api/v1/articles/{article.slug}/comments/", sent, content_type="application/json")


def test_a_comment_is_decided_within_seconds_where_no_worker_runs(reconcile: Callable[..., None]) -> None:
    comments = [CommentFactory() for _ in range(5)]
    reconcile(decided(*comments))
    assert Decision.objects.filter(actor_kind="machine").count() == 5
    assert Comment.objects.published().count() == 5


def test_a_comment_posted_without_a_broker_is_decided(
    reconcile: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(broker.redis_client(broker.DATABASE), "llen", refuse)
    answer = post(ArticleFactory())
    assert answer.status_code == 202
    comment = Comment.objects.get(pk=answer.json()["id"])
    reconcile(decided(comment))
    comment.refresh_from_db()
    assert comment.status == "published"


def test_the_model_is_not_called_sick_because_the_worker_is_dead(reconcile: Callable[..., None]) -> None:
    reconcile(lambda: Heartbeat.objects.filter(part="model", data__ok=True).exists())
    assert not Heartbeat.objects.filter(part="worker").exists()


def test_a_text_that_kills_is_held_after_five_attempts_and_the_others_are_decided(
    reconcile: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSROOM_TEST_FAULTS", '{"the killing joke": "kill"}')
    monkeypatch.setattr(services, "RETRY_AFTER", timedelta(seconds=1))
    killer = CommentFactory(body="This is the killing joke.")
    others = [CommentFactory(network=f"192.0.2.{n}") for n in range(20)]
    reconcile(decided(*others), patience_s=60)
    assert Comment.objects.published().count() == 20
    reconcile(decided(killer), patience_s=100)
    killer.refresh_from_db()
    assert (killer.status, killer.held_by, killer.reason_code) == ("held", "failure", "attempts_exhausted")
    decision = Decision.objects.get(comment=killer)
    assert (decision.actor_kind, decision.findings) == (
        "system",
        [{"code": "attempts_exhausted", "value": 5}],
    )


def test_a_text_that_hangs_costs_its_process_and_counts_as_an_attempt(
    reconcile: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSROOM_TEST_FAULTS", '{"the endless song": "hang"}')
    comment = CommentFactory(body="This is the endless song.")
    reconcile(lambda: Comment.objects.get(pk=comment.pk).attempts == 1, patience_s=60)
    comment.refresh_from_db()
    assert (comment.status, comment.lease_token) == ("pending", None)


def test_no_process_is_left_behind(reconcile: Callable[..., None]) -> None:
    comment = CommentFactory()
    reconcile(decided(comment))
    mine = [pid for pid in session_members(os.getsid(0)) if b"moderation.child" in _command(pid)]
    assert not [pid for pid in mine if _parent(pid) == os.getpid()]


def test_a_child_whose_reconciler_was_killed_ends(
    in_child_processes: dict[str, str], classifier: ModelVersion, tmp_path: Path
) -> None:
    import subprocess
    import sys

    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "newsroom.embedded.django_command", "reconcile"],
        env=in_child_processes,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while len(session_members(process.pid)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        children = [pid for pid in session_members(process.pid) if pid != process.pid]
        assert children, (tmp_path / "log").read_text()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        deadline = time.monotonic() + 30 + LEASE_S
        while session_members(process.pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert session_members(process.pid) == []
    finally:
        log.close()
        for pid in session_members(process.pid):
            os.kill(pid, signal.SIGKILL)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
