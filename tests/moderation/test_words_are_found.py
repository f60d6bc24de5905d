"""Listed words are found whole, through disguises, and pointed at in the text as it was written."""

from __future__ import annotations

import time

import pytest

from moderation.classifier.text import match_form
from moderation.text_rules import find_words


def found(text: str, *words: str) -> list[str]:
    return [text[start:end] for start, end in find_words(match_form(text), words)]


@pytest.mark.parametrize(
    "text",
    ["a turnip here", "TURNIP!", "(turnip)", "turnip", "a\nturnip\nb", "“turnip”", "turnip, turnip"],
)
def test_a_word_is_found_where_it_stands_alone(text: str) -> None:
    assert {word.lower() for word in found(text, "turnip")} == {"turnip"}


@pytest.mark.parametrize(
    "text", ["turnips", "unturnip", "turnip5x", "turn ip to it", "Turnipville", "турnipы"]
)
def test_a_word_is_not_found_inside_another(text: str) -> None:
    assert found(text, "turnip") == []


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("you turn1p you", "turn1p"),
        ("you tur\u200bnip you", "tur\u200bnip"),
        ("you tùrníp you", "tùrníp"),
        ("you turnір", "turnір"),  # Cyrillic i and er.
        ("you T U R N I P you", "T U R N I P"),
        ("you t.u.r.n.i.p you", "t.u.r.n.i.p"),
        ("you ｔｕｒｎｉｐ", "ｔｕｒｎｉｐ"),
        ("you tuuuuurnip", "tuuuuurnip"),
    ],
)
def test_disguises_are_undone_and_the_written_form_is_marked(text: str, written: str) -> None:
    assert found(text, "turnip") == [written]


def test_a_phrase_is_found_across_blanks_and_line_ends() -> None:
    assert found("that green  \n turnip there", "green turnip") == ["green  \n turnip"]
    assert found("greenturnip", "green turnip") == []


def test_several_words_and_places_are_all_found_in_order() -> None:
    assert found("beet, turnip and beet", "turnip", "beet") == ["beet", "turnip", "beet"]


def test_an_empty_list_and_words_of_nothing_find_nothing() -> None:
    assert found("turnip") == []
    assert found("turnip", "", " ", "\u200b") == []


@pytest.mark.parametrize(
    "unit", ["a", "a ", "a.", "1", "aab", "t u ", "@", "\u0301", "aaa", "a_", "ab", "\u200b", "4a"]
)
def test_five_thousand_characters_take_no_time(unit: str) -> None:
    text = (unit * 5_000)[:4_990] + " aaa_ x"
    started = time.process_time()

    found(text, "turnip", "aaaa")

    assert time.process_time() - started < 5.0  # A quarter of a task's time; a blow-up takes minutes.
