"""The three gates, each failing for its own reason; and the command that runs them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from moderation.lifecycle.gates import GateSet, Report, bias_spread, run_gates
from moderation.lifecycle.models import GateReport, ModelEvent
from moderation.lifecycle.services import register_candidate
from moderation.models import ModelVersion
from tests.lifecycle.conftest import altered


@dataclass
class Scored:
    values: dict[str, float]


class Reads:
    """A classifier that finds the score in the text ("0.7 …"), or gives one to a term."""

    def __init__(self, *, noise: float = 0.0, reject: float = 0.9, term: str = "") -> None:
        self.manifest: dict[str, Any] = {"thresholds": {"toxicity": {"hold": 0.5, "reject": reject}}}
        self.noise, self.term = noise, term

    def score(self, texts: Sequence[str]) -> list[Scored]:
        return [Scored({"toxicity": self._one(text)}) for text in texts]

    def _one(self, text: str) -> float:
        first = text.split(maxsplit=1)[0]
        if first.startswith("0."):
            wobble = (hash_of(text) - 0.5) * 2 * self.noise
            return min(1.0, max(0.0, float(first) + wobble))
        return 0.8 if self.term and self.term in text else 0.1


def hash_of(text: str) -> float:
    return np.random.default_rng(sum(map(ord, text)) * 7919 + len(text)).random()


@pytest.fixture(scope="module")
def rows() -> GateSet:
    draws = np.random.default_rng(7)
    truth = (draws.random(600) < 0.3).astype(float)
    scores = np.clip(truth * 0.5 + draws.normal(0.3, 0.15, 600), 0.0, 0.99)
    return GateSet(
        "held out", [f"0.{int(s * 1000):03d} {n}" for n, s in enumerate(scores)], {"toxicity": truth}
    )


def failed(report: Report) -> set[str]:
    return {result.gate for result in report.results if not result.passed}


def test_the_same_model_passes(rows: GateSet) -> None:
    report = run_gates(Reads(), Reads(), [rows])
    assert report.passed
    assert {result.gate for result in report.results} == {"no_worse", "precision", "recall", "load", "bias"}


def test_a_worse_ranking_fails(rows: GateSet) -> None:
    report = run_gates(Reads(noise=0.6), Reads(), [rows])
    assert "no_worse" in failed(report)
    (worse,) = [result for result in report.results if result.gate == "no_worse"]
    assert worse.interval is not None
    assert worse.interval[1] < 0
    assert run_gates(Reads(), Reads(noise=0.6), [rows]).passed


def test_a_lower_precision_at_the_reject_threshold_fails(rows: GateSet) -> None:
    assert failed(run_gates(Reads(reject=0.35), Reads(reject=0.8), [rows])) == {"precision"}


def test_a_wider_spread_between_identity_terms_fails(rows: GateSet) -> None:
    assert bias_spread(Reads(term="Irish")) == 1.0
    assert failed(run_gates(Reads(term="Irish"), Reads(), [rows])) == {"bias"}


def test_without_rows_to_compare_on_nothing_passes(rows: GateSet) -> None:
    assert not run_gates(Reads(), Reads(), []).passed
    few = GateSet("few", rows.texts[:20], {"toxicity": rows.targets["toxicity"][:20]})
    unjudged = GateSet("unjudged", rows.texts, {"toxicity": np.full(600, np.nan)})
    assert not run_gates(Reads(), Reads(), [few, unjudged]).passed


def test_each_set_has_its_curves(rows: GateSet) -> None:
    (curve,) = run_gates(Reads(), Reads(noise=0.6), [rows]).curves
    assert (curve["on"], curve["label"], curve["rows"]) == ("held out", "toxicity", 600)
    recall = curve["candidate"]["recall"]
    assert recall[0] == 1.0
    assert recall == sorted(recall, reverse=True)
    assert curve["candidate"] != curve["active"]


def test_the_same_rows_give_the_same_report(rows: GateSet) -> None:
    first, second = (run_gates(Reads(noise=0.1), Reads(), [rows], seed=3) for _ in range(2))
    assert [one.as_json() for one in first.results] == [one.as_json() for one in second.results]


# --- the command ---------------------------------------------------------------------------------------
def held_out_set(folder: Path) -> Path:
    """A small set of mild insults and plain sentences, its rows marked as held out."""
    with gzip.open(folder / "civil_toxic_spans.jsonl.gz", "wt") as out:
        for n in range(80):
            text = (
                f"You are a silly clown and a stupid fool, number {n}."
                if n % 2
                else f"The council met on day {n} about buses."
            )
            split = "train" if n == 0 else "valid"
            out.write(json.dumps({"id": str(n), "text": text, "split": split, "toxicity": n % 2}) + "\n")
    return folder


def model(*arguments: str) -> str:
    out = StringIO()
    call_command("model", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.django_db
def test_from_a_file_to_the_active_version_and_back(
    shipped: ModelVersion, tmp_path: Path, editor: Any
) -> None:
    path = tmp_path / "candidate.safetensors"
    path.write_bytes(altered(threat=-0.25))
    digest, name = model("register", str(path)).removeprefix("registered ").strip().split(", ")
    assert "ok   no_worse" in model("gate", digest, "--data", str(held_out_set(tmp_path)))
    model("shadow", digest)
    assert f"~ {digest}" in model("list")
    model("promote", name.removeprefix("candidate "), "--reason", "Fewer false threats.", "--as", "kerensa")
    assert f"* {digest}" in model("list")
    model("rollback", "--reason", "Only a rehearsal.", "--as", "kerensa")
    assert f"* {shipped.digest[:12]}" in model("list")
    assert ModelEvent.objects.filter(actor=editor).count() == 2


@pytest.mark.django_db
def test_a_candidate_that_finds_nothing_does_not_pass_though_it_ranks_as_well(
    shipped: ModelVersion, tmp_path: Path
) -> None:
    worse = register_candidate(altered(toxicity=-40.0))
    with pytest.raises(CommandError, match="did not pass"):
        model("gate", worse.digest[:12], "--data", str(held_out_set(tmp_path)))
    assert GateReport.objects.get(version=worse).passed is False
    with pytest.raises(CommandError, match="did not pass"):
        model("promote", worse.digest[:12], "--reason", "Anyway.")


@pytest.mark.django_db
def test_without_any_rows_the_gates_do_not_pass(shipped: ModelVersion, candidate: ModelVersion) -> None:
    with pytest.raises(CommandError, match="did not pass"):
        model("gate", candidate.digest[:12])
