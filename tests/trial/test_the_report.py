"""One file with everything in it: safe to open, fit for any screen, and no text in sight before a click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from moderation.classifier import Classifier, load, shipped_artifact
from moderation.trial.judging import Judge
from moderation.trial.records import Broken, Note, Record, Skipped, Theirs
from moderation.trial.report import Trial, render
from moderation.trial.tally import Tally
from newsroom.embedded.pytest_plugin import chromium

RUDE = "You are a stupid idiot and everybody here knows it."
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> \"'& \u202egnp.exe \x07 https://evil.example/x"
)
DAY = 86_400.0
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load(shipped_artifact())


def trial(classifier: Classifier, *rows: Record, name: str = "export.xml", **fields: Any) -> Trial:
    tally = Tally()
    judged = Judge(classifier).judge([(row.text, row.name) for row in rows])
    for row, found in zip(rows, judged, strict=True):
        tally.add(row, found, longest=5_000)
    tally.finish()
    at = datetime(2026, 5, 1, tzinfo=UTC)
    return Trial(name, "csv", tally, classifier, at, 12.0, 20.0, fields.get("lists", {}))


def record(text: str, theirs: Theirs = Theirs.PUBLISHED, *, at: float | None = NOON) -> Record:
    return Record("line 7, id <9>", text, theirs, "Ada", "ada", at)


@pytest.fixture(scope="module")
def full(classifier: Classifier) -> str:
    """A report in which every section has something to say."""
    rows = [
        record(f"Thank you for report {n} about the harbour.", at=NOON + n % 40 * DAY) for n in range(200)
    ]
    rows += [record(RUDE, at=NOON + 3 * DAY), record(f"{HOSTILE} {RUDE}"), record(HOSTILE, Theirs.REFUSED)]
    rows += [record("Ich finde, dass die Stadt endlich auf die Leute hören sollte, die hier wohnen.")]
    rows += [record("word " * 1_200, at=None), record("No decision yet", Theirs.UNDECIDED)]
    made = trial(classifier, *rows, name='<b>"export".xml', lists={"banned": 3, "suspect": 0})
    for number in range(60):
        made.tally.note(Broken(f"line {number} <i>", "torn & gone"))
    made.tally.note(Skipped("a <pingback>"))
    made.tally.note(Note("Beware & care."))
    return render(made)


def words(document: str) -> str:
    without = re.sub(r"<(style|script)>.*?</\1>", " ", document, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", without).split())


def test_it_says_what_would_become_of_them(full: str) -> None:
    said = words(full)

    assert "Of your last 206 comments" in said
    assert re.search(r"\b20\d we would publish at once", said)
    assert "Newsroom rejects nothing by a score unless you switch that on" in said
    assert "Of what you refused, we would stop (hold or reject)" in said
    assert "only 1 comment that you refused here: too few to say much" in said
    assert "1 comment had no decision" in said
    assert "careful × 0.5" in said
    assert "German hold it for a person 1" in said
    assert "60 rows could not be read The first 50:" in said
    assert "your lists (3 banned words)" in said
    assert "without a date (1)" in said
    assert (
        "Longer than the 5,000 characters that Newsroom's form takes, and read only that far: 1 comment."
        in said
    )
    assert "Beware &amp; care." in said


def test_it_is_sound_html_and_reaches_for_nothing(full: str) -> None:
    html5lib.HTMLParser(strict=True).parse(full)
    tree = html5lib.parse(full, namespaceHTMLElements=False)

    assert [each.tag for each in tree.iter() if {"src", "href", "action", "srcset"} & set(each.keys())] == []
    assert not re.search(r"url\(|@import", full)
    policy = next(each.get("content", "") for each in tree.iter("meta") if each.get("http-equiv"))
    assert policy.startswith("default-src 'none'")
    assert len(list(tree.iter("script"))) == 1


def test_readers_words_stay_text(full: str) -> None:
    assert "<script>alert" not in full
    assert "&lt;script&gt;alert(1)" in full
    assert "<b>&quot;" not in full
    assert "\u202e" not in full
    assert "\x07" not in full
    assert "line 7, id &lt;9&gt;" in full


def test_the_words_that_drove_a_score_are_marked(full: str) -> None:
    assert re.search(r'<mark class="s3">[^<]*idiot', full)


def test_one_comment_makes_a_report_too(classifier: Classifier) -> None:
    said = words(render(trial(classifier, record("Thank you for this.", at=None))))

    assert "Of your last 1 comment " in said
    assert "Every row could be read." in said
    assert "There are none: where you decided, we would have done the same." in said
    assert "The file has no dates" in said
    assert "nan" not in said


def test_a_paper_in_another_language_is_told_so_first(classifier: Classifier) -> None:
    text = "Ich finde, dass die Stadt beim Hafen endlich auf die Leute hören sollte, die hier wohnen, Nummer"
    said = words(render(trial(classifier, *(record(f"{text} {n}") for n in range(20)))))

    assert "100.0% of these comments are in a language that the shipped classifier does not read" in said


# --- in a browser --------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium())
        yield started
        started.close()


@pytest.fixture
def page(browser: Any, full: str, tmp_path: Path) -> Iterator[Any]:
    path = tmp_path / "report.html"
    path.write_text(full, encoding="utf-8")
    opened = browser.new_page()
    opened.goto(path.as_uri())
    yield opened
    opened.close()


BLUR = "node => getComputedStyle(node).filter"


@pytest.mark.browser
def test_texts_are_blurred_until_clicked(page: Any) -> None:
    texts = page.locator(".words")
    assert texts.count() >= 3
    assert {texts.nth(number).evaluate(BLUR) for number in range(texts.count())} == {"blur(7px)"}
    assert texts.first.get_attribute("aria-hidden") == "true"

    texts.first.click()
    assert texts.first.evaluate(BLUR) == "none"
    assert texts.first.get_attribute("aria-hidden") is None
    assert texts.nth(1).evaluate(BLUR) == "blur(7px)"

    page.get_by_role("button", name="Show this text").first.press("Enter")
    assert texts.nth(1).evaluate(BLUR) == "none"

    page.get_by_role("button", name="Show all texts").click()
    assert {texts.nth(number).evaluate(BLUR) for number in range(texts.count())} == {"none"}


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_screen_and_everybody_can_read_it(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.get_by_role("button", name="Show all texts").click()
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})

        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
