"""Findings become an outcome: reaching a threshold is passing it, and no scores means no publication."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.policy import (
    HOLDING_RULES,
    LABELS,
    REJECTING_RULES,
    Finding,
    Outcome,
    ResolvedPolicy,
    Thresholds,
    decide,
    validate_thresholds,
)

POLICY = ResolvedPolicy(thresholds={label: Thresholds(0.5, 0.9) for label in LABELS})
STRICT = ResolvedPolicy(thresholds=POLICY.thresholds, auto_reject=True)
JUST_BELOW_HOLD, JUST_BELOW_REJECT = math.nextafter(0.5, 0), math.nextafter(0.9, 0)


def outcome(
    policy: ResolvedPolicy = POLICY,
    *,
    codes: tuple[str, ...] = (),
    supported: dict[str, bool] | None = None,
    **scores: float,
) -> Outcome:
    given_scores = dict.fromkeys(LABELS, 0.01) | scores
    findings = [Finding(code) for code in codes]
    return decide(findings=findings, scores=given_scores, supported=supported or {}, policy=policy)


def test_a_text_below_every_threshold_is_published() -> None:
    assert outcome(toxicity=JUST_BELOW_HOLD) == Outcome("published")


def test_a_score_at_the_threshold_is_held_with_its_reason() -> None:
    assert outcome(insult=0.5) == Outcome("held", "detector", "insult")
    assert outcome(identity_attack=0.5) == Outcome("held", "detector", "hate")


def test_the_detector_rejects_by_itself_only_where_it_may() -> None:
    assert outcome(spam=1.0) == Outcome("held", "detector", "spam")
    assert outcome(STRICT, spam=0.9) == Outcome("rejected", reason_code="spam")
    assert outcome(STRICT, spam=JUST_BELOW_REJECT) == Outcome("held", "detector", "spam")


def test_the_label_that_is_furthest_past_its_threshold_names_the_reason() -> None:
    assert outcome(insult=0.6, threat=0.8).reason_code == "threat"
    assert outcome(STRICT, insult=0.89, obscene=0.91) == Outcome("rejected", reason_code="obscene")


def test_an_unsupported_label_decides_nothing() -> None:
    assert outcome(threat=0.99, supported={"threat": False}) == Outcome("published")


@pytest.mark.parametrize(
    "scores", [None, {}, {"toxicity": math.nan}, {"toxicity": math.inf}, {"unheard_of": 0.1}]
)
def test_without_usable_scores_nothing_is_published(scores: dict[str, float] | None) -> None:
    made = decide(findings=[], scores=scores, supported={}, policy=POLICY)

    assert made == Outcome("held", "failure", "model_unavailable")


def test_without_any_supported_label_nothing_is_published() -> None:
    unsupported = dict.fromkeys(LABELS, False)

    assert outcome(supported=unsupported) == Outcome("held", "failure", "model_unavailable")


@pytest.mark.parametrize("rule", REJECTING_RULES)
def test_a_rule_that_rejects_does_so_even_without_a_model(rule: str) -> None:
    made = decide(findings=[Finding(rule)], scores=None, supported={}, policy=POLICY)

    assert made == Outcome("rejected", reason_code=REJECTING_RULES[rule])


@pytest.mark.parametrize("rule", HOLDING_RULES)
def test_a_rule_that_holds_comes_before_the_detector_and_after_failure(rule: str) -> None:
    assert outcome(STRICT, codes=(rule,), spam=1.0) == Outcome("held", "rule", HOLDING_RULES[rule])
    failed = decide(findings=[Finding(rule)], scores=None, supported={}, policy=POLICY)
    assert failed == Outcome("held", "failure", "model_unavailable")


def test_another_language_is_held_by_the_detector() -> None:
    assert outcome(codes=("language",)) == Outcome("held", "detector", "language")


@pytest.mark.parametrize("code", ["links", "unverified_address", "score:toxicity", "unheard_of"])
def test_findings_that_only_inform_decide_nothing(code: str) -> None:
    assert outcome(codes=(code,)) == Outcome("published")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(LABELS), st.floats(allow_nan=True, allow_infinity=True)), st.booleans()
)
def test_nothing_is_published_at_or_above_a_threshold_whatever_the_scores(
    scores: dict[str, float], auto_reject: bool
) -> None:
    policy = ResolvedPolicy(thresholds=POLICY.thresholds, auto_reject=auto_reject)
    made = decide(findings=[], scores=scores, supported={}, policy=policy)

    is_clean = bool(scores) and all(math.isfinite(score) and score < 0.5 for score in scores.values())
    assert (made.status == "published") == is_clean
    assert (made.status == "held") == bool(made.held_by)


@pytest.mark.parametrize(
    "document",
    [
        {"toxicity": {"hold": 0.9, "reject": 0.5}},
        {"toxicity": {"hold": -0.1, "reject": 0.5}},
        {"toxicity": {"hold": 0.1, "reject": 1.1}},
        {"toxicity": {"hold": math.nan, "reject": 0.5}},
        {"toxicity": {"hold": 0.1}},
        {"toxicity": {"hold": 0.1, "reject": 0.5, "more": 1}},
        {"toxicity": {"hold": "a", "reject": 0.5}},
        {"toxicity": {"hold": None, "reject": 0.5}},
        {"toxicity": 0.5},
        {"rudeness": {"hold": 0.1, "reject": 0.5}},
        [],
        None,
    ],
)
def test_thresholds_typed_wrong_are_refused(document: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        validate_thresholds(document)  # type: ignore[arg-type]


def test_a_policy_and_a_finding_survive_being_stored() -> None:
    policy = ResolvedPolicy(thresholds=POLICY.thresholds, premoderate=True, max_links=0, versions={"x": 3})
    finding = Finding("banned_word", "body", ((1, 4), (9, 12)), 2.0, "list:1", {"a": 1})

    assert ResolvedPolicy.from_json(policy.as_json()) == policy
    assert Finding.from_json(finding.as_json()) == finding
