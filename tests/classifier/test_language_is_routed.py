"""A confident other language or script goes to a person; short and odd English does not."""

import subprocess
import sys

import pytest

from moderation.classifier.language import detect_language


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "RIP",
        "",
        "👍👍👍",
        "12345",
        "C'est la vie",
        "Danke schön!",
        "lol ok",
        "!!!",
        "http://example.com/a/b/c/d/e/f/g",
    ],
)
def test_a_short_text_counts_as_the_sites_language(text):
    found = detect_language(text)
    assert (found.code, found.supported) == ("en", True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Der Stadtrat hat am Dienstag über die neue Brücke abgestimmt und sie abgelehnt.", "de"),
        ("O governo anunciou ontem que vai aumentar os impostos sobre os combustíveis.", "pt"),
        ("Le conseil municipal a voté hier soir contre la construction du pont.", "fr"),
    ],
)
def test_a_confident_other_language_is_held(text, code):
    found = detect_language(text)
    assert (found.code, found.confident, found.supported) == (code, True, False)


@pytest.mark.parametrize("text", ["안녕하세요", "Привет всем", "你好世界", "مرحبا بالجميع", "ありがとう"])
def test_an_unsupported_script_is_held_however_short(text):
    found = detect_language(text)
    assert found.confident
    assert not found.supported


@pytest.mark.parametrize(
    "text",
    [
        "This is a perfectly ordinary remark about the new bridge and the traffic.",
        "omg sooooo true, cant believe they did that again lmao",
        "Traffic jam, delays, roadworks, potholes: welcome downtown, folks, enjoy yourselves.",
        "A сlоwn like you should not write about the council and its plans.",  # Two Cyrillic letters.
        "ＴＨＥ ＣＯＵＮＣＩＬ ＶＯＴＥＤ ＦＯＲ ＴＨＥ ＢＲＩＤＧＥ ＡＮＤ Ｉ ＡＭ ＧＬＡＤ",
    ],
)
def test_english_in_any_dress_is_read(text):
    assert detect_language(text).supported


def test_a_german_site_reads_german_and_holds_english():
    german = "Der Stadtrat hat am Dienstag über die neue Brücke abgestimmt und sie abgelehnt."
    english = "The council voted on Tuesday evening against the construction of the bridge."
    assert detect_language(german, "de").supported
    assert not detect_language(english, "de").supported


def test_routing_works_without_a_network():
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from moderation.classifier.language import detect_language\n"
        "assert not detect_language('Le conseil municipal a voté hier soir contre le pont.').supported\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
