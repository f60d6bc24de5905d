"""A link is what has a real public suffix, with or without a scheme; finding it takes no time."""

from __future__ import annotations

import time

import pytest

from moderation.text_rules import links


def domains(text: str) -> list[str]:
    return [domain for _, _, domain in links(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://shop.example.co.uk/a?b=c#d now", ["example.co.uk"]),
        ("see http://user@pills.example.com:8080/x", ["example.com"]),
        ("WWW.EXAMPLE.ORG", ["example.org"]),
        ("cheap at best-pills.biz!", ["best-pills.biz"]),
        ("(example.org/path)", ["example.org"]),
        ("mail me at ada@example.org, or see @example.org", ["example.org"]),
        ("a.example.org and b.example.net", ["example.org", "example.net"]),
        ("one.org/x two.org/y three.org", ["one.org", "two.org", "three.org"]),
        ("..example.org..", ["example.org"]),
        ("example.org.2", ["example.org"]),
        ("https://bit.ly/3x", ["bit.ly"]),
        ("someone.github.io/x", ["someone.github.io"]),
    ],
)
def test_links_and_bare_domains_are_found(text: str, found: list[str]) -> None:
    assert domains(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "It opened.Then it closed.",
        "version 3.14.1 of readme.notasuffix",
        "e.g. this, i.e. that... and so on",
        "http://localhost/x and http://192.0.2.7/x",
        "co.uk alone is no site, nor is com",
        "10.000 people, 3.5 km, 12.30 h",
        "hello world",
        "mail ada@example.org or ben+x@mail.example.co.uk",
        "https:// www.",
        "",
    ],
)
def test_what_has_no_public_suffix_is_no_link(text: str) -> None:
    assert domains(text) == []


def test_a_link_is_marked_from_its_first_letter_to_its_last() -> None:
    text = "go to spam.example.com/now, please"

    [(start, end, _)] = links(text)

    assert text[start:end] == "spam.example.com/now,"


@pytest.mark.parametrize(
    "unit", ["a", "a.", "a-", "-.", "a-.", "aa.bb", "1.", "www.", "http://", "a.com", "a@", "..", "x/"]
)
def test_five_thousand_characters_take_no_time(unit: str) -> None:
    started = time.process_time()

    links((unit * 5_000)[:5_000] + " end")

    assert time.process_time() - started < 0.5
