"""Probabilities at a stated base rate, and cut points asked for by what they achieve."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.classifier.calibration import Calibration, log_odds, shift_rate, sigmoid
from moderation.classifier.training.thresholds import NoSuchThreshold, achieved, threshold_for_precision
from moderation.classifier.training.train import fit_calibration

ONES = np.ones(8)
TRUTH = np.array([1, 1, 1, 0, 1, 0, 0, 0], dtype=float)
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])


@given(st.floats(-800, 800))
def test_a_logit_of_any_size_gives_a_probability(value):
    assert 0.0 <= sigmoid(value) <= 1.0


@given(st.floats(0.001, 0.999), st.floats(0.01, 0.5), st.floats(0.01, 0.5))
def test_a_shift_there_and_back_changes_nothing(probability, one, other):
    there = shift_rate(probability, from_rate=one, to_rate=other)
    assert shift_rate(there, from_rate=other, to_rate=one) == pytest.approx(probability)


def test_the_average_comment_has_the_base_rate():
    assert shift_rate(0.3, from_rate=0.3, to_rate=0.08) == pytest.approx(0.08)


def test_a_higher_logit_never_has_a_lower_probability():
    curve = Calibration(slope=1.3, offset=-0.2, fitted_rate=0.3)
    values = [curve.probability(logit, rate=0.08) for logit in np.linspace(-50, 50, 500)]
    assert values == sorted(values)


@pytest.mark.parametrize("slope", [0.0, -1.0, math.nan, math.inf])
def test_a_curve_that_does_not_rise_is_refused(slope):
    with pytest.raises(ValueError, match="rising"):
        Calibration(slope=slope, offset=0.0, fitted_rate=0.1)


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1])
def test_a_base_rate_of_none_or_all_is_refused(rate):
    with pytest.raises(ValueError, match="probability"):
        log_odds(rate)


def test_a_fitted_curve_states_what_it_observed():
    draws = np.random.default_rng(3)
    logits = draws.normal(0, 2, 20_000)
    truth = (draws.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits - 1)))).astype(float)
    curve = fit_calibration(logits, truth, np.ones(20_000))
    assert curve.slope == pytest.approx(0.5, abs=0.05)
    assert curve.offset == pytest.approx(-1, abs=0.08)
    assert curve.fitted_rate == pytest.approx(truth.mean())


def test_the_lowest_cut_that_keeps_the_precision_is_chosen():
    cut = threshold_for_precision(SCORES, TRUTH, ONES, precision=0.8, rate=0.5, least_recall=0.1)
    assert cut == 0.5
    found = achieved(cut, SCORES, TRUTH, ONES, rate=0.5)
    assert (found.precision, found.recall, found.ordinary_share) == (0.8, 1.0, 0.25)


def test_a_score_equal_to_the_cut_is_above_it():
    assert achieved(0.9, SCORES, TRUTH, ONES, rate=0.5).recall == 0.25


def test_a_lower_base_rate_asks_for_a_higher_cut():
    at_half = threshold_for_precision(SCORES, TRUTH, ONES, precision=0.8, rate=0.5, least_recall=0.1)
    at_tenth = threshold_for_precision(SCORES, TRUTH, ONES, precision=0.8, rate=0.1, least_recall=0.1)
    assert at_tenth > at_half


def test_a_precision_out_of_reach_is_said():
    with pytest.raises(NoSuchThreshold, match=r"0\.90"):
        threshold_for_precision(SCORES, 1 - TRUTH, ONES, precision=0.9, rate=0.5, least_recall=0.1)


def test_a_cut_that_catches_next_to_nothing_is_not_trusted():
    truth = np.array([1, 0, 0, 0, 1, 1, 1, 1], dtype=float)
    with pytest.raises(NoSuchThreshold):
        threshold_for_precision(SCORES, truth, ONES, precision=0.95, rate=0.5, least_recall=0.5)
