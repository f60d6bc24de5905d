"""How heated a conversation is: moved by decisions, entered high and left low."""

from __future__ import annotations

import pytest

from articles.models import Article
from moderation.heat import Heat, after, measure_threads
from moderation.models import ThreadState
from moderation.selectors import thread_states
from moderation.services import decide_by_person
from tests.factories import ArticleFactory, CommentFactory, UserFactory

GOOD, BAD = ("published", ""), ("rejected", "insult")


def run(*decisions: tuple[str, str], start: Heat | None = None) -> list[str]:
    heat, states = start or Heat(), []
    for outcome, reason in decisions:
        heat = after(heat, outcome, reason)
        states.append(heat.state)
    return states


def test_refusals_heat_and_friendliness_cools_with_hysteresis() -> None:
    states = run(*[BAD] * 7, *[GOOD] * 16)
    assert states[:3] == ["calm", "calm", "heated"]
    assert states[6] == "unsafe"
    left_unsafe, left_heated = states.index("heated", 7), states.index("calm", 7)
    assert states[7:] == (
        ["unsafe"] * (left_unsafe - 7) + ["heated"] * (left_heated - left_unsafe)
        + ["calm"] * (len(states) - left_heated)
    )  # fmt: skip
    assert left_unsafe - 7 >= 3
    assert left_heated - left_unsafe >= 3


def test_a_state_does_not_flap_at_its_edge() -> None:
    states = run(BAD, BAD, BAD, *[GOOD, BAD] * 10)
    assert set(states[2:]) == {"heated"}


def test_advertising_heats_nobody() -> None:
    assert set(run(*[("rejected", "spam")] * 20, *[("held", "wave")] * 20)) == {"calm"}


def test_what_a_detector_holds_weighs_half() -> None:
    assert run(*[("held", "toxic")] * 30)[-1] == "heated"


def test_something_grave_that_stood_there_is_unsafe_at_once() -> None:
    assert run(("removed", "threat")) == ["unsafe"]
    assert run(("removed", "off_topic")) == ["calm"]


@pytest.mark.django_db
def test_decisions_keep_the_state_of_their_thread() -> None:
    article, editor = ArticleFactory(), UserFactory()
    other = CommentFactory(article=ArticleFactory(), status="pending")
    for _ in range(3):
        _decide(article, editor, "rejected", "insult")
    decide_by_person(comment_id=other.pk, actor=editor, outcome="published", seen_revision=1)
    states = thread_states([article.pk, other.article_id])
    assert states == {article.pk: "heated", other.article_id: "calm"}
    assert not ThreadState.objects.filter(article=other.article).exists()  # a friendly thread writes nothing
    kept = ThreadState.objects.get(article=article)
    measure_threads([article.pk])
    again = ThreadState.objects.get(article=article)
    assert (again.state, again.heat) == (kept.state, pytest.approx(kept.heat))


def _decide(article: Article, editor: object, outcome: str, reason: str) -> None:
    comment = CommentFactory(article=article, status="pending")
    decide_by_person(
        comment_id=comment.pk, actor=editor, outcome=outcome, seen_revision=1, reason_code=reason
    )
