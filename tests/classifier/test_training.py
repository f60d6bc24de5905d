"""Training on a small made-up folder: reproducible, and honest about thin data."""

import gzip
import json

import numpy as np
import pytest

from moderation.classifier import LABELS, Classifier, artifact, load
from moderation.classifier.evaluation.functional import functions
from moderation.classifier.training import train
from moderation.classifier.training.duplicates import near_duplicate_groups
from moderation.classifier.training.sources import (
    SOURCES,
    DataMissing,
    data_digest,
    read_source,
    read_training_rows,
)
from moderation.classifier.training.templates import template_rows
from moderation.classifier.training.train import Settings
from tests.classifier.synthetic import write_data_folder

SMALL = Settings(at_least=2, lexicon_at_least=2, folds=2, min_positives=100_000)
FORBIDDEN = (
    "c3_news",
    "unhealthy_news",
    "kaggle_insults",
    "ethos",
    "seo_spintax",
    "bias_madlibs_en",
    "wiki_cat_small",
    "germeval21_de",
    "told_br_pt",
    "kocohub_ko",
    "kmhas_ko",
    "stormfront",
    "tweeteval_hate",
    "tweeteval_offensive",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_data_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    return train(folder, tmp_path_factory.mktemp("out"), settings=SMALL, progress=lambda _: None)


def test_a_trained_model_tells_rude_from_ordinary_and_spam_from_both(trained):
    classifier = load(trained.path)
    rude, spam, plain = classifier.score(
        [
            "You numbskull, the tram is none of your business.",
            "Earn 500 dollars a day, visit www.example.com",
            "The library opened at 9 o'clock and 80 people came.",
        ]
    )
    assert rude.values["toxicity"] > 3 * plain.values["toxicity"]
    assert spam.values["spam"] > 3 * max(plain.values["spam"], rude.values["spam"])


def test_the_same_data_and_seed_give_the_same_file(folder, trained, tmp_path):
    again = train(folder, tmp_path, settings=SMALL, progress=lambda _: None)
    assert again.digest == trained.digest
    assert again.path.read_bytes() == trained.path.read_bytes()


def test_other_data_has_another_digest(folder, trained, tmp_path):
    other = write_data_folder(tmp_path, seed=6)
    assert data_digest(folder) == trained.manifest["data_digest"]
    assert data_digest(other) != trained.manifest["data_digest"]


def test_labels_with_little_data_are_scored_but_not_vouched_for(trained):
    assert not any(trained.manifest["supported"].values())
    scores = load(trained.path).score(["You fool"])[0]
    assert len(scores.values) == 7
    assert not any(scores.supported.values())


def test_the_manifest_says_what_went_in(trained):
    manifest = trained.manifest
    assert set(manifest["sources"]) == {*SOURCES, "templates"}
    assert manifest["expected_violation_rate"] == 0.08
    assert manifest["seed"] == SMALL.seed


def test_only_sets_marked_train_are_named():
    assert not set(FORBIDDEN) & set(SOURCES)


def test_a_set_for_evaluation_in_the_folder_is_not_read(folder, tmp_path):
    crowded = write_data_folder(tmp_path)
    for name in FORBIDDEN:
        with gzip.open(crowded / f"{name}.jsonl.gz", "wt") as file:
            file.write(json.dumps({"id": "1", "text": "You fool", "toxicity": 0, "split": "train"}) + "\n")
    assert data_digest(crowded) == data_digest(folder)
    assert read_training_rows(crowded, seed=1) == read_training_rows(folder, seed=1)


def test_valid_and_test_rows_are_never_trained_on(folder):
    rows = read_training_rows(folder, seed=1)
    assert {row.split for row in rows} == {"train"}
    assert len(rows) < sum(len(list(read_source(folder, name))) for name in SOURCES)


def test_a_label_that_is_absent_is_not_read_as_zero(folder):
    for row in read_source(folder, "hatemoji_build"):
        assert "insult" not in row.labels
    for row in read_source(folder, "youtube_spam"):
        assert set(row.labels) == {"spam"}


def test_a_missing_set_is_named(folder, tmp_path):
    with pytest.raises(DataMissing, match=r"civil_toxic_spans\.jsonl\.gz"):
        read_training_rows(tmp_path, seed=1)


def test_the_expected_rate_moves_probabilities_and_not_the_order(trained):
    quiet = artifact.read(trained.path)
    lively = {**quiet.manifest, "base_rate": dict.fromkeys(LABELS, 0.3)}
    busy = artifact.Artifact(quiet.digest, lively, quiet.tensors)
    texts = ["You fool, be quiet.", "The market opened.", "You clown", "Trams are late."]
    low, high = ([s.values["toxicity"] for s in Classifier(a).score(texts)] for a in (quiet, busy))
    assert all(b > a for a, b in zip(low, high, strict=True))
    assert np.argsort(low).tolist() == np.argsort(high).tolist()


def test_own_sentences_are_no_copies_of_the_functional_suite():
    suite = {case.lower() for function in functions() for case in function.cases}
    assert not suite & {row.text.lower() for row in template_rows()}


def test_near_copies_share_a_group_and_short_texts_do_not():
    groups = near_duplicate_groups(
        [
            "please join our channel for free coins every day until friday",
            "something else altogether about the harbour and the new bridge",
            "please join our channel for free coins every day until monday",
            "well said",
            "well done",
            "well said",
        ]
    ).tolist()
    assert groups[0] == groups[2] != groups[1]
    assert groups[3] == groups[5] != groups[4]
