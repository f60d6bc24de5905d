"""A random share of what the machine published or rejected goes to people, each once."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.lifecycle.models import AuditSample
from moderation.lifecycle.sampling import ReasonNeeded, SampleGone, draw_sample, review_sample
from moderation.models import Decision, ModelVersion
from moderation.services import moderate_comment
from newsroom.audit.models import AuditEntry
from tests.factories import CommentFactory, decide, erase

pytestmark = pytest.mark.django_db


def sampled(outcome: str = "published") -> AuditSample:
    comment = CommentFactory(status=outcome)
    sample = draw_sample(Decision.objects.get(comment=comment), draw=0.0)
    assert sample is not None
    return sample


def test_the_worker_draws_while_it_decides(shipped: ModelVersion, settings: Any) -> None:
    settings.NEWSROOM_AUDIT_SHARE = 1.0
    comment = CommentFactory()
    moderate_comment(comment.pk)
    sample = AuditSample.objects.get()
    assert (sample.comment_id, sample.machine_outcome, sample.share) == (comment.pk, "published", 1.0)


@pytest.mark.parametrize(("draw", "is_drawn"), [(0.0, True), (0.0199, True), (0.02, False), (0.9, False)])
def test_the_share_is_the_chance(settings: Any, draw: float, is_drawn: bool) -> None:
    settings.NEWSROOM_AUDIT_SHARE = 0.02
    decision = decide(CommentFactory(), "published")
    assert (draw_sample(decision, draw=draw) is not None) is is_drawn


def test_only_what_the_machine_settled_is_drawn() -> None:
    assert draw_sample(decide(CommentFactory(), "held"), draw=0.0) is None
    assert draw_sample(decide(CommentFactory(), "published", actor_kind="person"), draw=0.0) is None
    assert draw_sample(decide(CommentFactory(), "rejected", reason_code="spam"), draw=0.0) is not None


def test_drawn_twice_is_drawn_once() -> None:
    sample = sampled()
    again = draw_sample(sample.decision, draw=0.0)
    assert again is not None
    assert again.pk == sample.pk


def test_a_review_is_kept_once_with_an_audit_row_and_changes_no_comment(editor: Any) -> None:
    sample = sampled()
    review_sample(sample_id=sample.pk, verdict="violation", reviewer=editor, reason_code="insult")

    sample.refresh_from_db()
    assert (sample.verdict, sample.reason_code, sample.reviewer) == ("violation", "insult", editor)
    assert sample.comment.status == "published"
    assert AuditEntry.objects.filter(action="sample.review", actor=editor).count() == 1
    with pytest.raises(SampleGone):
        review_sample(sample_id=sample.pk, verdict="ok", reviewer=editor)


def test_a_violation_names_its_rule(editor: Any) -> None:
    with pytest.raises(ReasonNeeded):
        review_sample(sample_id=sampled().pk, verdict="violation", reviewer=editor)


def test_an_erased_text_cannot_be_judged(editor: Any) -> None:
    sample = sampled()
    erase(sample.comment)
    with pytest.raises(SampleGone):
        review_sample(sample_id=sample.pk, verdict="ok", reviewer=editor)
