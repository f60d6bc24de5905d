"""What is stored is what can be seen: composed, without controls, and cleaned in no time."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.text import clean_body, clean_name

INVISIBLE = [
    "\u200b",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u3164",
    "\u2800",
    "\u115f",
    "\u034f",
    "\u180e",
    "\u202e",
    "\U000e0041",
]


@pytest.mark.parametrize("invisible", INVISIBLE)
def test_invisible_only_is_empty(invisible: str) -> None:
    assert clean_body(f" {invisible}\n{invisible}\t") == ""
    assert clean_name(f" {invisible} {invisible}") == ""


@pytest.mark.parametrize("only_marks", ["\u0301\u0301", "\u200d", "\u200c\u200c", "\ufe0f", "\u0489"])
def test_marks_and_joiners_without_a_letter_are_empty(only_marks: str) -> None:
    assert clean_body(only_marks) == ""
    assert clean_name(only_marks) == ""


def test_letters_are_composed() -> None:
    assert clean_body("cafe\u0301") == "caf\u00e9"
    assert clean_name("Zoe\u0308") == "Zo\u00eb"


def test_characters_that_reorder_or_hide_text_go() -> None:
    assert clean_body("pay \u202egpj.exe\u202c now\u0007") == "pay gpj.exe now"
    assert clean_name("A\u200bd\u2066a") == "Ada"


def test_emoji_families_flags_and_persian_words_stay_whole() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    scotland = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    persian = "\u0645\u06cc\u200c\u0631\u0648\u0645"

    assert clean_body(f"{family} {scotland} {persian}") == f"{family} {scotland} {persian}"
    assert clean_name(family) == family


def test_right_to_left_text_stays() -> None:
    assert (
        clean_body("\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd")
        == "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd"
    )


def test_towers_of_marks_are_cut_to_four_per_letter() -> None:
    cleaned = clean_body("z" + "\u0335" * 300 + "a")

    assert cleaned.count("\u0335") == 4
    assert cleaned[0] == "z"
    assert cleaned[-1] == "a"


def test_lines_are_folded_as_people_mean_them() -> None:
    assert (
        clean_body("\r\n one  \r\ntwo\rthree\u2028four\n\n\n\n\nfive \n") == "one\ntwo\nthree\nfour\n\nfive"
    )
    assert clean_name("  Ada \n\t Lovelace ") == "Ada Lovelace"


@given(st.text(max_size=200))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    body, name = clean_body(text), clean_name(text)

    assert clean_body(body) == body
    assert clean_name(name) == name
    assert unicodedata.is_normalized("NFC", body)
    assert "\n" not in name


@pytest.mark.parametrize(
    "unit",
    [
        " ",
        "\t",
        "\u00a0",
        " \n",
        "\n",
        "\u0301",
        "\u202e",
        "a\u0301",
        "\u1100",
        " a",
        "\ufdfa",
        "\U0001f468\u200d",
    ],
)
def test_sixty_thousand_characters_take_no_time(unit: str) -> None:
    """A run of blanks without a line end once took 51 s."""
    text = (unit * 60_000)[:60_000]
    started = time.process_time()

    clean_body(text + "x")
    clean_name(text + "x")

    assert time.process_time() - started < 1.0
