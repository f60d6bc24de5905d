"""The probe does not wait for a server that does not answer, nor ask it again meanwhile."""

import threading
import time

import pytest
from django.db import OperationalError

from newsroom import health
from newsroom.database_probe import DatabaseProbe


def test_an_answer_in_time_is_an_answer() -> None:
    assert DatabaseProbe(lambda: None).answers()


def test_an_error_is_no_answer() -> None:
    def fail() -> None:
        raise OperationalError

    assert not DatabaseProbe(fail).answers()


def test_a_frozen_server_keeps_one_thread_and_no_probe_for_long() -> None:
    thaw, asked = threading.Event(), []

    def freeze() -> None:
        asked.append(1)
        thaw.wait(10)

    probe = DatabaseProbe(freeze)
    started = time.monotonic()
    assert [probe.answers(within_s=0.1) for _ in range(3)] == [False] * 3
    assert time.monotonic() - started < 8  # Three waits of 0.1 s, not of the thaw.
    assert len(asked) == 1
    thaw.set()
    assert probe.answers()


def test_readyz_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.database_probe, "answers", lambda: False)
    status, document = health.readiness()
    assert status == 503
    assert document["parts"]["database"]["detail"] == "the database does not answer"
