"""The table that says which of our thresholds stops as many texts as one that people used before."""

from __future__ import annotations

import gzip
import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from moderation.ports.thresholds import COMMON, Compared, as_markdown, map_thresholds, same_share


def rows(count: int = 400) -> list[Compared]:
    """Ours is always the square of theirs, so that the right answer is known."""
    scores = (np.arange(count) + 0.5) / count
    return [
        Compared(theirs=score, ours=score**2, is_toxic=score > 0.6, is_held_out=place % 2 == 0)
        for place, score in enumerate(scores.tolist())
    ]


def test_as_many_texts_are_over_ours_as_over_theirs() -> None:
    mapped = map_thresholds(rows(), resamples=50)
    assert [row.threshold for row in mapped] == list(COMMON)
    for row in mapped:
        assert row.ours.value == pytest.approx(row.threshold**2, abs=0.01)
        assert row.ours.low <= row.ours.value <= row.ours.high
        assert row.held_out.rows == 200
    assert mapped[0].toxic_ours == mapped[0].toxic_theirs == pytest.approx(0.8)


def test_it_is_the_same_each_time() -> None:
    assert as_markdown(map_thresholds(rows(), resamples=20)) == as_markdown(
        map_thresholds(rows(), resamples=20)
    )


def test_a_row_drawn_twice_counts_twice() -> None:
    statistic = same_share(np.array([True, False, False]), np.array([0.2, 0.9, 0.5]))
    assert statistic(np.ones(3)) == 0.9
    assert statistic(np.array([2.0, 1.0, 0.0])) == 0.2
    assert np.isnan(statistic(np.array([0.0, 1.0, 1.0])))


def test_the_command_reads_a_folder(tmp_path: Path) -> None:
    texts = ["Thank you for this.", "The ferry was late again.", "You are a stupid idiot."]
    with gzip.open(tmp_path / "wiki_cat_large.jsonl.gz", "wt", encoding="utf-8") as file:
        for place, text in enumerate(texts * 4):
            extra = json.dumps({"perspective": 0.97 if "idiot" in text else 0.1})
            row = {"text": text, "toxicity": 0, "split": "valid" if place % 2 else "train", "extra": extra}
            file.write(f"{json.dumps(row)}\n")
    said = StringIO()
    call_command("map_perspective_thresholds", "--data", str(tmp_path), "--resamples", "5", stdout=said)
    assert said.getvalue().count("| **") == len(COMMON)
    assert "12 texts, 6 of them never trained on" in said.getvalue()


def test_a_folder_without_the_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="wiki_cat_large"):
        call_command("map_perspective_thresholds", "--data", str(tmp_path))
