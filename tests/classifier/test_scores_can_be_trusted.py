"""What every score must be, whatever the text: a number, the same alone and in company, and explained."""

import math
import subprocess
import sys
import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.classifier import LABELS, load, shipped_artifact

TEXTS = [
    "Thank you for this article.",
    "You are a stupid clown and your argument is nonsense!",
    "Click here for a free prize: www.example.com",
    "",
    " ",
    "c l o w n",
    "A long remark. " * 60,
    "The council met on Tuesday. It voted for the bridge. You would know that if you were no idiot, friend.",
    "😂😂😂",
    "\ud800 lone surrogate",
    "Совет проголосовал",
]


def test_a_score_is_the_same_alone_and_in_a_batch(shipped):
    together = shipped.score(TEXTS * 40)
    for place, text in enumerate(TEXTS):
        alone = shipped.score([text])[0]
        assert alone.values == together[place].values == together[place + 37 * len(TEXTS)].values


@settings(max_examples=200)
@given(text=st.text(alphabet=st.characters(exclude_categories=[]), max_size=300))
def test_every_label_of_any_text_is_a_probability(shipped, text):
    scores = shipped.score([text])[0]
    assert set(scores.values) == set(LABELS) == set(scores.supported)
    assert all(math.isfinite(p) and 0.0 <= p <= 1.0 for p in scores.values.values())


def test_no_kind_of_attack_is_likelier_than_toxicity(shipped):
    for scores in shipped.score(TEXTS):
        kinds = ("severe_toxicity", "obscene", "insult", "threat", "identity_attack")
        assert all(scores.values[kind] <= scores.values["toxicity"] for kind in kinds)


@pytest.mark.parametrize("text", ["@" * 50_000, "x" * 50_000, "a" + "\u0301" * 50_000, "\n" * 9_000])
def test_a_text_over_the_limit_is_scored_by_its_beginning(shipped, text):
    assert shipped.score([text])[0].values == shipped.score([text[:5_000]])[0].values


def test_no_texts_have_no_scores(shipped):
    assert shipped.score([]) == []


@settings(max_examples=60)
@given(
    text=st.one_of(
        st.sampled_from(TEXTS), st.text(alphabet=st.characters(exclude_categories=[]), max_size=400)
    )
)
@pytest.mark.parametrize("label", ["toxicity", "spam"])
def test_contributions_add_up_to_the_logit_behind_the_score(shipped, label, text):
    explained = shipped.explain(text, label)
    total = explained.bias + sum(span.weight for span in explained.spans) + sum(explained.other.values())
    assert total == pytest.approx(explained.logit, abs=1e-6)
    calibration = shipped.manifest["calibration"][label]
    rate, fitted = shipped.manifest["base_rate"][label], calibration["fitted_rate"]
    shift = math.log(rate / (1 - rate)) - math.log(fitted / (1 - fitted))
    logit = calibration["slope"] * explained.logit + calibration["offset"] + shift
    assert 1 / (1 + math.exp(-logit)) == pytest.approx(shipped.score([text])[0].values[label], abs=1e-5)


def test_reasons_point_at_the_word_as_it_was_written(shipped):
    text = "My dear friend, you are such a c.l.o.w.n, really."
    explained = shipped.explain(text, "toxicity")
    worst = max(explained.spans, key=lambda span: span.weight)
    assert text[worst.start : worst.end].startswith("c.l.o.w.n")
    assert worst.read_as is not None
    assert worst.read_as.startswith("clown")


def test_an_insult_late_in_a_long_comment_is_the_strongest_reason(shipped):
    text = (
        "I read the report on rents. " * 12 + "You stupid idiot! " + "The council published the figures. " * 6
    )
    explained = shipped.explain(text, "toxicity")
    worst = max(explained.spans, key=lambda span: span.weight)
    assert text[worst.start : worst.end] in ("stupid", "idiot!")


def test_spans_are_ordered_apart_and_inside_the_text(shipped):
    for text in TEXTS:
        spans = shipped.explain(text, "toxicity").spans
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        assert all(one.end <= other.start for one, other in pairwise(spans))


def test_threads_that_share_a_model_get_the_same_scores(shipped):
    expected = shipped.score(TEXTS)
    found = []
    threads = [threading.Thread(target=lambda: found.append(shipped.score(TEXTS))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8


def test_a_second_copy_of_the_model_scores_alike(shipped):
    assert load(shipped_artifact().read_bytes()).score(TEXTS) == shipped.score(TEXTS)


def test_thresholds_say_what_they_achieve(shipped):
    for label in LABELS:
        cut = shipped.manifest["thresholds"][label]
        assert 0 < cut["hold"] <= cut["reject"] <= 1
        assert set(cut["hold_achieves"]) == {"precision", "recall", "ordinary_share"}


def test_importing_the_classifier_loads_neither_django_nor_scikit_learn():
    code = "import sys, moderation.classifier; sys.exit(bool({'django', 'sklearn'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
