"""People write 1,250.00; the database holds 1250000000. Nothing is lost between them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ads.money import format_money, parse_money


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_every_amount_survives_being_shown_and_typed(micros: int) -> None:
    assert parse_money(format_money(micros)) == micros


@pytest.mark.parametrize(
    ("typed", "micros"),
    [
        ("1,250.00", 1_250_000_000),
        ("1250", 1_250_000_000),
        ("0.5", 500_000),
        ("0.000001", 1),
        (" 12.30 ", 12_300_000),
        ("1,000,000", 1_000_000_000_000),
        ("0", 0),
    ],
)
def test_amounts_as_people_write_them(typed: str, micros: int) -> None:
    assert parse_money(typed) == micros


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12,50",
        "1.250,00",
        "1,25",
        "1,2500",
        "0.0000001",
        "-1",
        "1e3",
        "£5",
        "1 000",
        "٣",
        "5.",
        ".5",
        "1.2.3",
    ],
)
def test_what_could_mean_two_things_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(typed) + "$"):
        parse_money(typed)


def test_two_decimals_unless_more_are_needed() -> None:
    assert format_money(1_250_000_000) == "1,250.00"
    assert format_money(2_500_000) == "2.50"
    assert format_money(1) == "0.000001"
    assert format_money(-1_500_000) == "-1.50"
