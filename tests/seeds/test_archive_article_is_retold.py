"""The archive article carries the facts of the report it retells, and none of its sentences."""

import hashlib
import re
from pathlib import Path

import pytest

from seeds.content import ArticleText, load

RUN_OF_WORDS = 8
# Keyed by nothing: only hashes of the source's eight-word runs are kept here, not its text.
SOURCE_SHINGLES = frozenset(Path(__file__).with_name("archive_source_shingles.txt").read_text().split())


def article() -> ArticleText:
    (found,) = (text for text in load().articles if text.is_archive)
    return found


def whole(text: ArticleText) -> str:
    return f"{text.headline}\n{text.standfirst}\n{text.body}"


def shingles(text: str) -> set[str]:
    words = re.findall(r"[a-z0-9]+", text.lower().replace("’", "").replace("'", ""))
    runs = (" ".join(words[at : at + RUN_OF_WORDS]) for at in range(len(words) - RUN_OF_WORDS + 1))
    return {hashlib.blake2b(run.encode(), digest_size=6).hexdigest() for run in runs}


FACTS = """
Kremlin; Tuesday 18 January 2022; Belarus; Alexander Fomin; deputy defence minister; would not say how many
9 February; air defences; important sites; Jens Stoltenberg; Olaf Scholz; firm on our principles; NATO
Last week's meetings between American and Russian negotiators; in December; turned the ultimatum down
never be let into NATO; SWIFT; White House; Nord Stream 2; Annalena Baerbock; a "threat"; Sergey Lavrov
100,000; Moscow denies it; More than 14,000; 2014; annexed Crimea
"""


@pytest.mark.parametrize(
    "fact", [fact.strip() for line in FACTS.split("\n") for fact in line.split(";") if fact]
)
def test_the_archive_article_states_each_fact_of_the_report(fact: str) -> None:
    assert fact in whole(article())


def test_no_run_of_eight_words_is_copied_from_the_report() -> None:
    assert len(SOURCE_SHINGLES) > 300
    assert not shingles(whole(article())) & SOURCE_SHINGLES


def test_a_copied_sentence_would_be_noticed() -> None:
    """The source ends with a sentence that every such form has: its hash must be among the kept ones."""
    assert shingles("Your email address will not be published. Required fields are marked") & SOURCE_SHINGLES


def test_the_archive_article_is_dated_january_2022_and_marked_as_war() -> None:
    text = article()
    assert text.published.startswith("2022-01-18")
    assert text.sensitivity == {"war": "high"}
