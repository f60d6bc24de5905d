"""The page waits a moment for the decision, but never lets waiting stop the site."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection

from comments.models import Comment
from newsroom.pages import waiting
from newsroom.pages.waiting import wait_for_decision


def test_it_returns_as_soon_as_the_comment_is_decided(committed_paper):
    comment = committed_paper.comment(committed_paper.article())

    def decide():
        time.sleep(0.2)
        committed_paper.decide(comment, "published")
        connection.close()

    editor = threading.Thread(target=decide)
    started = time.monotonic()
    editor.start()
    assert wait_for_decision(comment.pk, longest_s=60)
    assert 0.15 < time.monotonic() - started < 30
    editor.join()
    assert Comment.objects.get().status == "published"


def test_it_gives_up_after_a_second_and_a_half(paper):
    comment = paper.comment(paper.article())
    started = time.monotonic()
    assert wait_for_decision(comment.pk)
    assert 1.45 < time.monotonic() - started < 30  # On a busy machine; else 1.5.


def test_nobody_waits_while_an_old_comment_is_undecided(paper, monkeypatch):
    comment = paper.comment(paper.article())
    for age_s, waits in ((2.0, True), (2.1, False)):
        monkeypatch.setattr(waiting, "oldest_pending_age_s", lambda age_s=age_s: age_s)
        assert wait_for_decision(comment.pk, longest_s=0.05) is waits


@pytest.mark.parametrize("taken", [1, 2])
def test_a_third_reader_at_once_is_not_kept_waiting(paper, taken):
    comment = paper.comment(paper.article())
    for _ in range(taken):
        assert waiting._waits.acquire(blocking=False)
    try:
        assert wait_for_decision(comment.pk, longest_s=0.05) is (taken < 2)
    finally:
        for _ in range(taken):
            waiting._waits.release()


def test_a_wait_that_fails_gives_its_place_back(paper, monkeypatch):
    comment = paper.comment(paper.article())
    monkeypatch.setattr(waiting.time, "sleep", lambda seconds: 1 / 0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            wait_for_decision(comment.pk)
