"""Which advertiser may stand beside which article and conversation: the stricter side wins."""

from __future__ import annotations

import itertools

import pytest

from ads.suitability import (
    RISKS,
    THREADS,
    TOLERANCES,
    TOPICS,
    UNKNOWN,
    conflict,
    highest,
    is_raised,
    strictest,
)
from articles.models import Risk, Topic


def against(
    sensitivity: dict[str, str], tolerance: str = "medium", thread: str = "calm", **more: object
) -> str:
    return conflict(sensitivity, thread, tolerances={"war": tolerance}, thread_tolerance="calm", **more)  # type: ignore[arg-type]


def test_topics_and_risks_are_those_of_articles() -> None:
    assert list(TOPICS) == Topic.values
    assert list(RISKS) == Risk.values


@pytest.mark.parametrize(("tolerance", "risk"), list(itertools.product(TOLERANCES, RISKS)))
def test_a_risk_is_accepted_up_to_the_tolerance(tolerance: str, risk: str) -> None:
    accepted = {
        "none": set(), "low": {"low"}, "medium": {"low", "medium"}, "high": {"low", "medium", "high"},
    }[tolerance]  # fmt: skip
    assert (against({"war": risk}, tolerance) == "") is (risk in accepted)


def test_a_topic_that_an_advertiser_does_not_name_is_accepted_to_medium() -> None:
    assert against({"death": "medium"}, "none") == ""
    assert against({"death": "high"}, "none") == "sensitive_death"


def test_an_article_of_which_nothing_is_known_is_medium_for_every_topic() -> None:
    assert set(UNKNOWN) == set(TOPICS)
    assert against({}, "low") == "sensitive_war"
    assert against({}, "medium") == ""


def test_no_ads_keeps_even_the_house_out() -> None:
    assert against({"death": "no_ads"}, "high") == "no_ads"
    assert against({"death": "no_ads"}, is_house=True) == "no_ads"
    assert against({"death": "high"}, is_house=True, thread="unsafe") == ""


@pytest.mark.parametrize(
    ("thread", "accepted", "reason"),
    [
        ("calm", "calm", ""),
        ("heated", "calm", "thread_heated"),
        ("heated", "heated", ""),
        ("unsafe", "heated", "thread_unsafe"),
        ("boiling", "heated", "thread_unsafe"),
    ],
)
def test_a_conversation_may_be_too_heated(thread: str, accepted: str, reason: str) -> None:
    def asked(in_thread: bool) -> str:
        return conflict({"war": "low"}, thread, tolerances={}, thread_tolerance=accepted, in_thread=in_thread)

    assert asked(True) == reason
    assert asked(False) == ""


def test_unknown_words_are_taken_for_the_worst() -> None:
    assert against({"war": "perhaps"}, "high") == "sensitive_war"
    assert against({"war": "low"}, "whatever") == "sensitive_war"
    assert THREADS[-1] == "unsafe"


def test_none_beats_house() -> None:
    assert (strictest([]), strictest(["house"]), strictest(["house", "none"])) == ("", "house", "none")


def test_raised_means_that_a_topic_is_riskier_than_it_was() -> None:
    assert is_raised({"war": "low"}, {"war": "medium"})
    assert is_raised({"war": "low"}, {"war": "low", "death": "low"})
    assert is_raised({}, {"war": "high"})
    assert not is_raised({}, {"war": "medium"})
    assert not is_raised({"war": "high"}, {"war": "low"})
    assert (highest({}), highest({"war": "low", "death": "high"})) == ("medium", "high")
