"""The measures themselves: right on cases that can be worked out by hand, and the report safe to open."""

import re
import unicodedata

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from moderation.classifier.evaluation.behaviour import identity_term
from moderation.classifier.evaluation.bootstrap import (
    auc_statistic,
    calibration_error_statistic,
    estimate,
    paired_gain,
    share_statistic,
)
from moderation.classifier.evaluation.curves import curves_of, reliability_of
from moderation.classifier.evaluation.disguises import DISGUISES
from moderation.classifier.evaluation.functional import functions
from moderation.classifier.evaluation.report import render_html, render_table
from moderation.classifier.evaluation.sets import IDENTITY_TERMS, LICENCES
from moderation.classifier.training.sources import SOURCES

DRAWS = np.random.default_rng(7)
TRUTH = DRAWS.random(400) < 0.3
SCORES = np.round(DRAWS.random(400) * 0.7 + TRUTH * 0.2, 2)  # Rounded: many ties.


def test_the_area_under_the_curve_agrees_with_scikit_learn():
    assert auc_statistic(TRUTH, SCORES)(np.ones(400)) == pytest.approx(roc_auc_score(TRUTH, SCORES))


def test_a_row_drawn_twice_counts_twice():
    times = DRAWS.integers(0, 3, 400).astype(float)
    expected = roc_auc_score(TRUTH, SCORES, sample_weight=times)
    assert auc_statistic(TRUTH, SCORES)(times) == pytest.approx(expected)


def test_an_interval_holds_its_value_and_narrows_with_rows():
    few = estimate(share_statistic(TRUTH[:50]), 50, resamples=400, seed=1)
    many = estimate(share_statistic(TRUTH), 400, resamples=400, seed=1)
    assert few.low <= few.value <= few.high
    assert many.high - many.low < few.high - few.low


def test_the_same_seed_gives_the_same_interval():
    one, other = (estimate(auc_statistic(TRUTH, SCORES), 400, resamples=50, seed=4) for _ in range(2))
    assert one == other


def test_a_model_gains_nothing_over_itself():
    statistic = auc_statistic(TRUTH, SCORES)
    gain = paired_gain(statistic, statistic, 400, resamples=50, seed=1)
    assert (gain.value, gain.low, gain.high) == (0.0, 0.0, 0.0)


def test_a_better_model_gains_beyond_doubt():
    better = auc_statistic(TRUTH, SCORES + TRUTH)
    assert paired_gain(better, auc_statistic(TRUTH, SCORES), 400, resamples=100, seed=1).low > 0


def test_calibration_error_is_zero_when_the_stated_share_is_observed():
    truth = np.array([True] * 20 + [False] * 80)
    stated = np.full(100, 0.2)
    assert calibration_error_statistic(truth, stated, rate=0.2)(np.ones(100)) == pytest.approx(0.0)
    assert calibration_error_statistic(truth, stated, rate=0.5)(np.ones(100)) == pytest.approx(0.3)


def test_reliability_points_cover_all_rows():
    points = reliability_of(TRUTH, SCORES.clip(0, 1), rate=0.1)
    assert sum(p["rows"] for p in points) == 400
    assert sum(p["share"] for p in points) == pytest.approx(1.0)


def test_curves_run_from_corner_to_corner():
    curves = curves_of(TRUTH, SCORES)
    assert curves["roc"][0] == [0.0, 0.0]
    assert curves["roc"][-1] == [1.0, 1.0]


def test_the_longest_identity_term_in_a_text_is_found():
    assert IDENTITY_TERMS[identity_term("she is African American.")] == "african american"
    assert IDENTITY_TERMS[identity_term("two Canadians")] == "canadian"
    assert identity_term("nobody in particular") == -1


def test_evaluation_sets_are_no_training_sets():
    assert not set(LICENCES) & set(SOURCES)


def test_each_function_has_cases_and_no_case_is_in_two_functions():
    cases = [case for function in functions() for case in function.cases]
    assert all(len(function.cases) >= 4 for function in functions())
    assert len(cases) == len(set(cases))
    assert not any("{" in case for case in cases)


def test_every_disguise_changes_the_word():
    for disguise in DISGUISES.values():
        assert disguise("pathetic") != "pathetic"
    assert len(DISGUISES) == 10
    assert unicodedata.normalize("NFC", DISGUISES["decomposed accents"]("cafe")) != DISGUISES[
        "decomposed accents"
    ]("cafe")


RESULTS = {
    "model": {
        "name": "<b>x</b>",
        "version": "abc",
        "digest": "abc",
        "expected_violation_rate": 0.08,
        "supported": {"toxicity": True},
        "thresholds": {
            "toxicity": {
                "hold": 0.2,
                "reject": 0.9,
                "hold_achieves": {"precision": 0.4, "recall": 0.5, "ordinary_share": 0.05},
                "reject_achieves": {"precision": 0.9, "recall": 0.1, "ordinary_share": 0.001},
            }
        },
    },
    "resamples": 10,
    "seed": 1,
    "measures": [
        {
            "key": "a",
            "title": "reached",
            "value": 0.9,
            "low": 0.8,
            "high": 0.95,
            "rows": 10,
            "floor": 0.8,
            "aim": 0.85,
            "better": "higher",
            "reaches_floor": True,
            "reaches_aim": True,
        },
        {
            "key": "b",
            "title": "missed",
            "value": 0.9,
            "low": 0.8,
            "high": 0.95,
            "rows": 10,
            "floor": 0.1,
            "aim": 0.05,
            "better": "lower",
            "reaches_floor": False,
            "reaches_aim": False,
        },
    ],
    "curves": {
        "a": {"title": "a", "rows": 10, "positives": 3, "roc": [[0, 0], [1, 1]], "pr": [[0, 1], [1, 0.3]]}
    },
    "reliability": {"c": [{"stated": 0.1, "observed": 0.2, "share": 1.0, "rows": 10}]},
    "threshold_table": {"t": [{"cut": 0.1, "load": 0.2, "recall": 0.5, "precision": 0.3}]},
    "slices": [
        {
            "set": "s",
            "by": "length",
            "part": "p",
            "value": 0.7,
            "low": 0.6,
            "high": 0.8,
            "rows": 9,
            "positives": 3,
        }
    ],
    "functions": [{"function": "f", "label": "toxicity", "expected": "held", "cases": 4, "accuracy": 0.75}],
    "disguises": {"plain_held": 1.0, "survived": {"leet": 1.0}},
    "bias": {"false_positive_rate": {"term": 0.1}},
    "languages": [{"set": "g", "language": "de", "held": 0.9, "rows": 10}],
}


def test_the_page_needs_nothing_from_elsewhere():
    page = render_html(RESULTS)
    assert not re.search(r"<script|<link|<img|@import|url\(|src=|href=", page)
    assert page.count("<svg") == 3


def test_the_page_escapes_names():
    assert "<b>x</b>" not in render_html(RESULTS)


def test_the_table_marks_what_is_below_the_floor():
    lines = render_table(RESULTS).splitlines()
    assert next(line for line in lines if line.startswith("reached")).endswith("aim")
    assert next(line for line in lines if line.startswith("missed")).endswith("BELOW")
