"""Two editors and the classifier on one comment at one moment: one state, and a person's word stands.

``NEWSROOM_RACES=1000`` runs the long form.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from threading import Barrier
from threading import Thread as Runner
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from comments.models import Comment, Thread
from comments.services import StaleDecision
from moderation import services
from moderation.desk.deciding import decide
from moderation.desk.forms import Seen
from moderation.engine import ActiveModel
from moderation.models import Decision, ModelVersion
from moderation.services import moderate_comment
from newsroom.audit.models import AuditEntry
from tests.factories import ArticleFactory, CommentFactory, UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

RACES = int(os.environ.get("NEWSROOM_RACES", "150"))


@dataclass
class Language:
    code: str = "en"
    confident: bool = True
    supported: bool = True


@dataclass
class Scores:
    values: dict[str, float]
    supported: dict[str, bool] = field(default_factory=lambda: {"insult": True})
    language: Language = field(default_factory=Language)


class QuickClassifier:
    """Answers at once, so that a race is about the decisions and not about who computes longest."""

    manifest = {"thresholds": {"insult": {"hold": 0.9, "reject": 0.95}}}

    def score(self, texts: list[str]) -> list[Scores]:
        return [Scores({"insult": 0.1}) for _ in texts]


@pytest.fixture
def quick_classifier(monkeypatch, transactional_db):
    version = ModelVersion.objects.create(digest="ab" * 32, name="quick", manifest={}, artifact=b"")
    model = ActiveModel(version.pk, version.digest, QuickClassifier())
    monkeypatch.setattr(services.engine, "active", lambda: model)


@pytest.fixture
def comments(quick_classifier):
    """All under few articles, so that decisions also meet at the threads' counters."""
    articles = [ArticleFactory() for _ in range(5)]
    return [CommentFactory(article=articles[number % 5]).pk for number in range(RACES)]


def run_together(comments: list[UUID], *doers: Any) -> Counter[str]:
    """Every doer meets every comment, all at the same moment; who was told that they came too late."""
    start, told = Barrier(len(doers)), Counter()
    failures: list[BaseException] = []

    def work(doer: Any) -> None:
        for comment_id in comments:
            start.wait()
            try:
                doer(comment_id)
            except StaleDecision:
                told[doer.__name__] += 1
            except BaseException as error:  # noqa: BLE001  (a thread's failure must fail the test)
                failures.append(error)
        connection.close()

    threads = [Runner(target=work, args=[doer]) for doer in doers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    return told


def test_editor_editor_and_classifier_end_in_one_state_and_the_loser_is_told(comments):
    bess, jack = UserFactory(username="bess"), UserFactory(username="jack")

    def bess_approves(comment_id: UUID) -> None:
        decide(seen=Seen(comment_id, 1, None), action="approve", actor=bess)

    def jack_rejects(comment_id: UUID) -> None:
        decide(seen=Seen(comment_id, 1, None), action="reject", actor=jack, reason="spam")

    def machine_judges(comment_id: UUID) -> None:
        moderate_comment(comment_id)

    told = run_together(comments, bess_approves, jack_rejects, machine_judges)

    made = Decision.objects.filter(comment__in=comments)
    assert made.count() == RACES  # One for each comment: the two who were late left nothing behind.
    outcomes = dict(made.values_list("pk", "outcome"))
    rows = Comment.objects.filter(pk__in=comments)
    assert all(outcomes[row.decision_id] == row.status for row in rows)
    assert AuditEntry.objects.filter(object_type="comment").count() == RACES
    won = Counter(made.values_list("actor__username", flat=True))
    assert won["bess"] + told["bess_approves"] == RACES
    assert won["jack"] + told["jack_rejects"] == RACES
    assert min(won.values()) > 0, won
    for thread in Thread.objects.all():
        assert thread.published_count == rows.filter(article=thread.article_id, status="published").count()


def test_a_machine_that_was_already_at_work_leaves_a_persons_word_alone(comments, monkeypatch):
    """The editor decides while the classifier is computing: its judgement is thrown away, whole."""
    bess = UserFactory(username="bess")
    comment_id = comments[0]

    class SlowClassifier(QuickClassifier):
        def score(self, texts: list[str]) -> list[Scores]:
            decide(seen=Seen(comment_id, 1, None), action="reject", actor=bess, reason="spam")
            return super().score(texts)

    model = services.engine.active()
    monkeypatch.setattr(services.engine, "active", lambda: replace(model, classifier=SlowClassifier()))
    assert moderate_comment(comment_id) is None
    assert Comment.objects.get(pk=comment_id).status == "rejected"
    assert list(Decision.objects.filter(comment=comment_id).values_list("actor_kind", flat=True)) == [
        "person"
    ]
