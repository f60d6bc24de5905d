"""A real worker, not restarted: it decides by the new version, scores in shadow, and draws the sample."""

from __future__ import annotations

import time
from typing import Any

import pytest

from comments.models import Comment
from moderation.engine import register_shipped_model
from moderation.lifecycle.models import GateReport, ShadowScore
from moderation.lifecycle.services import promote, register_candidate, start_shadow
from moderation.models import Decision
from moderation.tasks import moderate_comment
from tests.factories import CommentFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
PICKED_UP_IN_S = 10.0
DECIDED_IN_S = 45.0  # On a busy machine; usually well under one.


def decided_by_the_worker() -> Decision:
    comment: Comment = CommentFactory()
    moderate_comment.delay(comment_id=str(comment.pk))
    deadline = time.monotonic() + DECIDED_IN_S
    while time.monotonic() < deadline:
        decision = Decision.objects.filter(comment=comment).first()
        if decision is not None:
            return decision
        time.sleep(0.05)
    raise AssertionError("the worker decided nothing")


def test_a_promotion_reaches_a_running_worker(celery_worker: Any, candidate_bytes: bytes) -> None:
    shipped, candidate = register_shipped_model(), register_candidate(candidate_bytes)
    start_shadow(candidate)
    first = decided_by_the_worker()
    assert (first.model_version_id, first.outcome) == (shipped.pk, "published")
    deadline = time.monotonic() + PICKED_UP_IN_S
    while not ShadowScore.objects.filter(comment_id=first.comment_id).exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)

    GateReport.objects.create(version=candidate, against=shipped, results=[], passed=True)
    promote(candidate, actor=UserFactory(username="kerensa"), reason="Finds more insults.")
    time.sleep(PICKED_UP_IN_S)
    second = decided_by_the_worker()
    assert (second.model_version_id, second.outcome) == (candidate.pk, "held")
