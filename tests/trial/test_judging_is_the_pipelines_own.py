"""A comment of a file is judged as the same comment on a live site, and near-copies are found as there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from articles.models import Article
from comments.models import Comment
from moderation import services
from moderation.classifier import Classifier, load, shipped_artifact
from moderation.engine import register_shipped_model
from moderation.models import Policy, WordList
from moderation.near_copies import sketch
from moderation.policy import Outcome
from moderation.rules import store_sketch
from moderation.trial.judging import SHIPPED, Judge
from moderation.trial.waves import Waves
from moderation.trial.worker import packed, unpacked
from tests.factories import ArticleFactory, CommentFactory, SiteFactory

TEXTS = [
    "Thank you for this careful report about the harbour.",
    "You are a stupid idiot and everybody here knows it.",
    "Look at https://one.example.org and https://two.example.org and https://three.example.org now",
    "Ich finde, dass die Stadt beim Hafen endlich auf die Leute hören sollte, die hier wohnen.",
    "Это совсем другой язык, и классификатор его не читает.",
    "What a t.u.r.n.i.p you are",
    "An old marrow",
    "RIP",
    "🎉🎉🎉",
    "a" * 6_000,
    "x y z " * 900,
    "\u202eevil \x00 text \ud800 with halves",
]
WAVE = "The harbour board has lied to all of us about the price of the bridge and should resign at once"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load(shipped_artifact())


@pytest.mark.django_db
def test_the_same_outcome_as_on_a_live_site(classifier: Classifier) -> None:
    register_shipped_model()
    site = SiteFactory()
    article = ArticleFactory(site=site)
    Policy.objects.create(site=site, flood_limit=1_000)  # All come from one network.
    WordList.objects.create(site=site, kind="banned", words=["turnip"])
    WordList.objects.create(site=site, kind="suspect", words=["marrow"])
    texts = [text.replace("\x00", "").replace("\ud800", "") for text in TEXTS]

    live = [services.judge(_comment(article, text)).outcome for text in texts]
    tried = Judge(classifier, banned=["turnip"], suspect=["marrow"]).judge([(text, "Ada") for text in texts])

    assert [found.outcomes[SHIPPED] for found in tried] == live
    assert {outcome.status for outcome in live} == {"published", "held", "rejected"}


def _comment(article: Article, text: str, **fields: Any) -> Comment:
    made = CommentFactory(article=article, name="Ada", body=text, **fields)
    return Comment.objects.select_related("article__site", "private__mailbox").get(pk=made.pk)


@pytest.mark.django_db
def test_the_same_waves_as_on_a_live_site(classifier: Classifier) -> None:
    register_shipped_model()
    article = ArticleFactory()
    start = timezone.now() - timedelta(days=3)
    hours = [0, 1, 2, 3, 25, 60]  # The fifth has the third and fourth before it within a day, the last none.

    live, waves = [], Waves()
    for number, hour in enumerate(hours):
        at = start + timedelta(hours=hour)
        comment = _comment(article, f"{WAVE}, says reader {number}", at=at)
        live.append(services.judge(comment).outcome)
        store_sketch(comment)
        made = sketch(comment.body)
        assert made is not None
        waves.add(number, at=at.timestamp(), author=number, signature=made[1])

    wave = Outcome("held", "rule", "wave")
    assert waves.members() == {number for number, outcome in enumerate(live) if outcome == wave} == {2, 3, 4}


def test_one_commenter_alone_is_no_wave() -> None:
    waves = Waves()
    made = sketch(WAVE)
    assert made is not None
    for number in range(2_000):
        waves.add(number, at=float(number), author="Ada", signature=made[1])
    waves.add(2_000, at=3_000.0, author="Grace", signature=made[1])
    waves.add(2_001, at=3_001.0, author="Edsger", signature=made[1])

    assert waves.members() == {2_001}


def test_a_file_in_any_order_has_the_same_waves() -> None:
    made = sketch(WAVE)
    assert made is not None
    entries = [(number, 3_600.0 * number) for number in range(5)]
    found = []
    for order in (entries, entries[::-1]):
        waves = Waves()
        for number, at in order:
            waves.add(number, at=at, author=number, signature=made[1])
        found.append(waves.members())

    assert found[0] == found[1] == {2, 3, 4}


def test_a_lower_threshold_holds_more_and_a_higher_one_less(classifier: Classifier) -> None:
    judge = Judge(classifier)

    held = [
        sum(found.outcomes[policy].status == "held" for found in judge.judge([(text, "") for text in TEXTS]))
        for policy in range(3)
    ]

    assert held == sorted(held, reverse=True)
    hold = classifier.manifest["thresholds"]["toxicity"]["hold"]
    assert [policy.thresholds["toxicity"].hold for policy in judge.policies] == pytest.approx(
        [hold / 2, hold, min(1.0, hold * 2)]
    )


def test_what_a_worker_answers_is_what_it_found(classifier: Classifier) -> None:
    found = Judge(classifier).judge([(text, "Ada") for text in [*TEXTS, WAVE]])

    assert [unpacked(packed(each)) for each in found] == found


def test_a_classifier_that_raises_holds_the_text_and_no_other(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = Classifier.score

    def fails(self: Classifier, texts: list[str]) -> object:
        if any("killer" in text for text in texts):
            raise RuntimeError
        return score(self, texts)

    monkeypatch.setattr(Classifier, "score", fails)

    first, second = Judge(classifier).judge([("A killer text", ""), (TEXTS[0], "")])

    assert first.outcomes == (Outcome("held", "failure", "model_unavailable"),) * 3
    assert second.outcomes[SHIPPED].status == "published"
