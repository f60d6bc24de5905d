"""Model missing, corrupt, raising or talking nonsense: held by failure, never published, tried again once."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from comments.models import Comment
from moderation import services
from moderation.classifier import Classifier
from moderation.engine import Engine
from moderation.models import Decision, Heartbeat, ModelVersion
from tests.factories import ArticleFactory, CommentFactory, UserFactory, decide

pytestmark = pytest.mark.django_db(transaction=True)


def raises(self: Classifier, texts: Any) -> Any:
    raise RuntimeError("out of order")


def with_scores(values: Mapping[str, float]) -> Callable[..., Any]:
    """A classifier that answers with these scores for every label it has."""
    real = Classifier.score

    def score(self: Classifier, texts: Any) -> Any:
        found = real(self, texts)
        for scores in found:
            object.__setattr__(scores, "values", dict(values))
        return found

    return score


NONSENSE = {
    "raises": raises,
    "NaN": with_scores({"toxicity": math.nan, "spam": 0.1}),
    "infinite": with_scores({"toxicity": 0.1, "spam": math.inf}),
    "below 0": with_scores({"toxicity": -0.1, "spam": 0.1}),
    "above 1": with_scores({"toxicity": 1.1, "spam": 0.1}),
    "no label": with_scores({}),
}


def is_held_by_failure(comment: Comment) -> bool:
    comment.refresh_from_db()
    return (comment.status, comment.held_by, comment.reason_code) == ("held", "failure", "model_unavailable")


@pytest.mark.parametrize("fault", NONSENSE)
def test_a_classifier_that_talks_nonsense_publishes_nothing(
    classifier: ModelVersion, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(Classifier, "score", NONSENSE[fault])
    comment = CommentFactory()
    services.moderate_comment(comment.pk)
    assert is_held_by_failure(comment)
    detail, is_ok = services.model_health()
    assert not is_ok, detail


def test_without_an_active_classifier_nothing_is_published(classifier: ModelVersion) -> None:
    ModelVersion.objects.update(is_active=False)
    comment = CommentFactory()
    services.moderate_comment(comment.pk)
    assert is_held_by_failure(comment)


def test_a_corrupt_artifact_publishes_nothing(
    classifier: ModelVersion, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, settings: Any
) -> None:
    settings.NEWSROOM_STATE = tmp_path  # No good copy in the local folder.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE moderation_modelversion SET artifact = set_byte(artifact, 5000, 255)")
        cursor.execute("UPDATE moderation_modelversion SET artifact = set_byte(artifact, 5001, 255)")
    monkeypatch.setattr(services, "engine", Engine())
    comment = CommentFactory()
    services.moderate_comment(comment.pk)
    assert is_held_by_failure(comment)


def test_a_post_is_accepted_without_a_classifier(transactional_db: None) -> None:
    sent = {"name": "Ada", "email": "ada@example.org", "body": "The tide was high this morning."}
    path = f"/api/v1/articles/{ArticleFactory().slug}/comments/"
    assert Client().post(path, sent, content_type="application/json").status_code == 202


def test_healthy_again_it_is_tried_again_once_and_published(
    classifier: ModelVersion, reconcile: Callable[..., None]
) -> None:
    ModelVersion.objects.update(is_active=False)
    comment = CommentFactory()
    services.moderate_comment(comment.pk)
    assert is_held_by_failure(comment)
    ModelVersion.objects.update(is_active=True)
    reconcile(lambda: Comment.objects.get(pk=comment.pk).status == "published", patience_s=60)
    decisions = list(
        Decision.objects.filter(comment=comment).order_by("at").values_list("actor_kind", "outcome", "round")
    )
    assert decisions == [("machine", "held", 1), ("system", "pending", 1), ("machine", "published", 2)]


def test_what_fails_a_second_time_stays_for_a_person(classifier: ModelVersion) -> None:
    comment = CommentFactory(status="held", held_by="failure")
    assert services.recheck_after_failure(comment_id=comment.pk) is not None
    decide(comment, "held", held_by="failure", reason_code="model_unavailable")
    assert services.recheck_after_failure(comment_id=comment.pk) is None


@pytest.mark.parametrize("reason", ["attempts_exhausted", "a person acted"])
def test_exhausted_ones_and_those_a_person_saw_are_left_to_people(
    classifier: ModelVersion, reconcile: Callable[..., None], reason: str
) -> None:
    from tests.reliability.conftest import After

    comment = CommentFactory()
    if reason == "attempts_exhausted":
        decide(comment, "held", actor_kind="system", reason_code="attempts_exhausted")
    else:
        decide(comment, "published", actor_kind="person", actor=UserFactory(username="ed"))
        services.undo_decision(comment_id=comment.pk, actor=UserFactory(username="ed"))
    before = Comment.objects.get(pk=comment.pk)
    reconcile(After(3))
    assert Heartbeat.objects.filter(part="reconciler").exists()
    after = Comment.objects.get(pk=comment.pk)
    assert (after.status, after.held_by, after.decision_id) == ("held", before.held_by, before.decision_id)
