"""Plain text becomes HTML that says what was written and nothing more."""

from __future__ import annotations

import time

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.text import clean_body
from newsroom.pages.text import article_html, comment_html, first_sentences

RUN_ON = "x" * 5_000


def text_of(html: str) -> str:
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    return "".join(tree.itertext())


def test_markup_in_a_comment_is_shown_as_it_was_typed():
    html = comment_html('<script>alert("1")</script> & <b onclick=x>bold</b>')
    assert "<script" not in html
    assert "<b" not in html
    assert text_of(html) == '<script>alert("1")</script> & <b onclick=x>bold</b>'


def test_an_empty_line_starts_a_paragraph_and_a_line_end_breaks_the_line():
    assert comment_html("One\ntwo\r\n\r\nthree") == '<p dir="auto">One<br>two</p><p dir="auto">three</p>'


def test_a_web_address_becomes_a_link_that_lends_no_reputation():
    html = comment_html("See https://example.org/a?b=1&c=2, please")
    assert (
        '<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow ugc noopener">https://example.org/a?b=1&amp;c=2</a>,'
        in html
    )


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("(https://example.org/a)", "https://example.org/a"),
        ("https://en.example.org/wiki/Tern_(bird)", "https://en.example.org/wiki/Tern_(bird)"),
        ("https://example.org/what?!", "https://example.org/what"),
        ("HTTPS://EXAMPLE.ORG.", "HTTPS://EXAMPLE.ORG"),
    ],
)
def test_punctuation_around_an_address_is_not_part_of_it(text, address):
    assert f'href="{address}"' in comment_html(text)


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "data:text/html,x", "https://", "https:///etc", "www.example.org"]
)
def test_what_is_no_web_address_stays_text(text):
    assert "<a " not in comment_html(text)


def test_an_address_cannot_break_out_of_its_attribute():
    html = comment_html('https://example.org/"onmouseover="alert(1)')
    assert html.startswith('<p dir="auto"><a href="https://example.org/" rel=')
    assert "&quot;onmouseover=&quot;alert(1)" in html


@given(st.text(max_size=300))
def test_any_stored_comment_gives_valid_html_of_links_and_line_breaks(text):
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree = parser.parseFragment(comment_html(clean_body(text)))
    assert {element.tag for element in tree.iter()} <= {"DOCUMENT_FRAGMENT", "p", "br", "a"}


@pytest.mark.parametrize(
    "text", [f"https://x/{')' * 5_000}", "\n " * 2_500, "*" * 5_000, RUN_ON, f"**{RUN_ON}", "https://" * 600]
)
def test_a_hostile_text_takes_no_longer_than_a_long_one(text):
    started = time.process_time()
    comment_html(text)
    article_html(text)
    assert time.process_time() - started < 1.0  # 20 ms; what grows with the square takes many seconds.


def test_an_article_has_headings_quotations_and_emphasis():
    html = article_html("Lead *softly* and **loud**.\n\n## A heading\n\n**Another one**\n\n> Said\n> twice")
    assert html == (
        "<p>Lead <em>softly</em> and <strong>loud</strong>.</p>\n<h2>A heading</h2>\n<h2>Another one</h2>\n"
        "<blockquote><p>Said<br>twice</p></blockquote>"
    )


def test_markup_in_an_article_is_escaped_too():
    assert (
        article_html("## <b>x</b>\n\n<img src=x>")
        == "<h2>&lt;b&gt;x&lt;/b&gt;</h2>\n<p>&lt;img src=x&gt;</p>"
    )


def test_a_sum_is_not_emphasis():
    assert article_html("2*3*4 = 24") == "<p>2*3*4 = 24</p>"


def test_a_description_ends_at_a_word():
    assert first_sentences("One two\nthree four", chars=12) == "One two…"
    assert first_sentences("One two", chars=12) == "One two"
