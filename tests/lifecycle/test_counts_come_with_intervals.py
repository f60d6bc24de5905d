"""Intervals and tests, against published values."""

from __future__ import annotations

import pytest

from moderation.lifecycle.statistics import Share, mcnemar, wilson


def test_the_interval_is_that_of_the_literature() -> None:
    # Newcombe 1998, table I, method 3.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(29, 29) == pytest.approx((0.8830, 1.0), abs=1e-4)


def test_nothing_counted_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert Share(0, 0).rate is None


def test_the_exact_p_value_is_that_of_the_binomial_distribution() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 5) == 1.0
    assert mcnemar(0, 6) == pytest.approx(2 / 64)
    assert mcnemar(1, 9) == pytest.approx(2 * 11 / 1024)
    assert mcnemar(9, 1) == mcnemar(1, 9)


def test_thousands_of_disagreements_stay_finite() -> None:
    assert 0.0 < mcnemar(900, 1100) < 1e-4
    assert mcnemar(3000, 3000) == 1.0
