"""The candidate scores what the active version decides about, without effect; disagreements are kept."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest

from comments.models import Comment
from moderation.lifecycle import shadow
from moderation.lifecycle.models import Shadow, ShadowScore
from moderation.lifecycle.services import start_shadow, stop_shadow
from moderation.models import Decision, ModelVersion
from moderation.services import moderate_comment
from newsroom import metrics
from tests.factories import CommentFactory
from tests.lifecycle.conftest import look_again

pytestmark = pytest.mark.django_db
FINE = "Thank you for this report about the harbour and its bridge."


def judged(body: str = FINE) -> Comment:
    comment: Comment = CommentFactory(body=body)
    assert moderate_comment(comment.pk) is not None
    comment.refresh_from_db()
    return comment


def test_a_disagreement_is_kept_and_changes_nothing(shipped: ModelVersion, candidate: ModelVersion) -> None:
    start_shadow(candidate)
    comment = judged()

    score = ShadowScore.objects.get()
    assert comment.status == "published"
    assert (score.active_outcome, score.outcome) == ("published", "held")
    assert (score.version_id, score.active_version_id) == (candidate.pk, shipped.pk)
    assert score.scores["insult"] > 0.9
    assert Decision.objects.get().model_version_id == shipped.pk


def test_without_a_candidate_nothing_is_scored_twice(shipped: ModelVersion) -> None:
    judged()
    assert not ShadowScore.objects.exists()


def test_a_candidate_is_picked_up_and_dropped_without_a_restart(candidate: ModelVersion) -> None:
    judged()
    start_shadow(candidate)
    look_again()
    judged()
    assert ShadowScore.objects.count() == 1
    stop_shadow()
    look_again()
    judged()
    assert ShadowScore.objects.count() == 1


def test_a_candidate_that_raises_is_counted_and_the_comment_is_decided(candidate: ModelVersion) -> None:
    start_shadow(candidate)
    before = metrics.SHADOW_SCORES.labels("failed")._value.get()
    broken = shadow.shadow_engine.active().classifier
    with patch.object(type(broken), "score", autospec=True, side_effect=_only(broken)):
        comment = judged()
    assert comment.status == "published"
    assert metrics.SHADOW_SCORES.labels("failed")._value.get() == before + 1


def _only(broken: Any) -> Any:
    from moderation.classifier import Classifier

    real = Classifier.score

    def score(self: Classifier, texts: list[str]) -> Any:
        if self is broken:
            raise RuntimeError("weights of the wrong colour")
        return real(self, texts)

    return score


def test_a_slow_candidate_rests(candidate: ModelVersion) -> None:
    start_shadow(candidate)
    with patch.object(shadow, "SLOW_S", -1.0):
        judged()
    judged()
    assert ShadowScore.objects.count() == 1


def test_a_poisoned_candidate_does_not_disturb_moderation(candidate: ModelVersion) -> None:
    start_shadow(candidate)
    ModelVersion.objects.filter(pk=candidate.pk).update(artifact=b"\x80\x04 not a model")
    assert judged().status == "published"
    assert "digest" in shadow.shadow_engine.refusal()


def test_the_database_admits_one_candidate(candidate: ModelVersion, shipped: ModelVersion) -> None:
    from django.db import IntegrityError, transaction

    Shadow.objects.create(version=candidate)
    with pytest.raises(IntegrityError), transaction.atomic():
        Shadow.objects.create(slot=2, version=shipped)
