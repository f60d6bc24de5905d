"""A real Celery worker and a real reconciler: killed pools, texts that hang, an emptied broker."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from comments.models import Comment
from moderation.models import Decision, Heartbeat, ModelVersion
from newsroom.embedded.processes import session_members, signal_all
from newsroom.embedded.pytest_fixtures import Worker
from tests.factories import CommentFactory

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

FAULTS = {"the endless song": "hang", "the killing joke": "kill"}


@pytest.fixture
def worker(
    in_child_processes: dict[str, str], classifier: ModelVersion, broker: Redis, tmp_path: Path
) -> Iterator[Worker]:
    worker = Worker(
        in_child_processes | {"NEWSROOM_TEST_FAULTS": json.dumps(FAULTS)}, tmp_path / "worker.log"
    )
    worker.wait_until_it_consumes()
    yield worker
    worker.stop()


@pytest.fixture
def reconciler(
    in_child_processes: dict[str, str], classifier: ModelVersion, tmp_path: Path
) -> Iterator[None]:
    with (tmp_path / "reconciler.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "newsroom.embedded.django_command", "reconcile"],
            env=in_child_processes | {"NEWSROOM_TEST_FAULTS": json.dumps(FAULTS)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    yield
    process.terminate()
    process.wait(timeout=15)
    signal_all(session_members(process.pid), signal.SIGKILL)


def wait_until(is_so: Callable[[], bool], *, patience_s: float = 60.0) -> None:
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.1)


def of(comment: Comment) -> Comment:
    comment.refresh_from_db()
    return comment


def test_the_soft_time_limit_gives_the_lease_back_and_counts_as_an_attempt(worker: Worker) -> None:
    comment = CommentFactory(body="This is the endless song.")
    wait_until(lambda: of(comment).attempts == 1)
    assert (comment.status, comment.lease_token) == ("pending", None)
    other = CommentFactory()  # The process that hung takes the next one.
    wait_until(lambda: of(other).status == "published")


def test_a_text_that_kills_the_pool_leaves_the_worker_alive(worker: Worker) -> None:
    killer = CommentFactory(body="This is the killing joke.")
    other = CommentFactory()
    wait_until(lambda: of(other).status == "published")
    assert worker.process.poll() is None
    assert of(killer).status == "pending"
    assert not Decision.objects.filter(comment=killer).exists()


def test_an_emptied_broker_loses_nothing(worker: Worker, reconciler: None, broker: Redis) -> None:
    comments = []
    for number in range(60):
        comments.append(CommentFactory(network=f"192.0.2.{number}"))
        if number % 20 == 10:
            broker.flushall()
    ids = [comment.pk for comment in comments]
    wait_until(lambda: not Comment.objects.pending().filter(pk__in=ids).exists(), patience_s=90)
    assert Decision.objects.filter(comment__in=ids, actor_kind="machine").count() == 60


def test_a_frozen_worker_shows_and_its_comments_are_decided(worker: Worker, reconciler: None) -> None:
    wait_until(lambda: Heartbeat.objects.filter(part="worker").exists())
    signal_all(worker.pids(), signal.SIGSTOP)
    comment = CommentFactory()
    wait_until(lambda: of(comment).status == "published", patience_s=90)
    signal_all(worker.pids(), signal.SIGCONT)
    thawed = Heartbeat.objects.get(part="worker").at
    wait_until(lambda: Heartbeat.objects.get(part="worker").at > thawed)
    assert Decision.objects.filter(comment=comment).count() == 1
