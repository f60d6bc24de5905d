"""What is summed chunk by chunk is what the rows of n-grams give, whatever was read before and beside it."""

import random
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.classifier import sums as sums_module
from moderation.classifier.sums import Sums

WORDS = [
    "the",
    "council",
    "voted",
    "on",
    "tuesday",
    "(again),",
    "nobody",
    "called",
    "you",
    "a",
    "fool!",
    "it's",
]
TEXTS = [
    "",
    " ",
    "no",
    "the the the the council, the council, of the council",
    "a  b   c",
    "@" * 4_000,
    "x" * 4_000,
    "ab" * 2_500,
    "a. b, c! d? " * 300,
    "\ue000 people and \ue001, 漢字かな 漢字 \ud800",
    "haha hahaha haha! ha",
]


@pytest.fixture(scope="module")
def parts(shipped):
    return shipped._columns, shipped._weights


@pytest.fixture(scope="module")
def kept(parts):
    return Sums(*parts)


def texts(count: int, *, seed: int = 7) -> list[str]:
    random.seed(seed)
    return [" ".join(random.choices(WORDS, k=random.randint(0, 80))) for _ in range(count)]


def expected(parts, of: list[str]):
    columns, weights = parts
    return columns.rows(of).astype(np.float64) @ weights.astype(np.float64)


def test_they_are_the_rows_times_the_weights(parts, kept):
    of = TEXTS + texts(60)
    assert kept.of(of) == pytest.approx(expected(parts, of), abs=1e-5)


@settings(max_examples=80)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Zs", "Zl", "Zp", "Cc"]), max_size=200))
def test_they_are_so_for_any_text(parts, kept, text):
    assert kept.of([text]) == pytest.approx(expected(parts, [text]), abs=1e-5)


def test_neither_company_nor_what_was_read_before_changes_a_bit(parts):
    of = TEXTS + texts(40)
    one = Sums(*parts)
    together = one.of(of)
    other = Sums(*parts)
    other.of(texts(30, seed=8))
    assert all((other.of([text])[0] == row).all() for text, row in zip(of, together, strict=True))
    assert (one.of(of[::-1])[::-1] == together).all()


def test_a_full_memory_begins_anew(parts, monkeypatch):
    of = [f"word{number} again" for number in range(300)]
    together = Sums(*parts).of(of)
    monkeypatch.setattr(sums_module, "CHARACTERS", 400)
    small = Sums(*parts)
    assert all((small.of([text])[0] == row).all() for text, row in zip(of, together, strict=True))
    assert len(small._memory.places) < 200
    long = " ".join(of)  # More than fits into any: read all the same, and not remembered.
    assert small.of([long]) == pytest.approx(expected(parts, [long]), abs=1e-5)
    assert len(small._memory.places) < 200


def test_threads_fill_one_memory(parts, monkeypatch):
    monkeypatch.setattr(sums_module, "CHARACTERS", 2_000)
    of = texts(80)
    together = Sums(*parts).of(of)
    shared = Sums(*parts)
    found: list[bool] = []

    def read() -> None:
        found.append(all((shared.of([text])[0] == row).all() for text, row in zip(of, together, strict=True)))

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 6


def test_more_texts_than_one_number_can_tell_apart_are_read_in_parts(parts):
    of = texts(20)
    sums = Sums(*parts)
    together = sums.of(of)
    sums._bits = np.uint32(29)  # Leaves room for 8 texts.
    sums._mask = np.uint32((1 << 29) - 1)
    assert (sums.of(of) == together).all()
