"""Training on a small made-up folder: reproducible, and honest about thin data."""

import gzip
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from moderation.classifier import LABELS, Classifier, artifact, load
from moderation.classifier.evaluation.functional import functions
from moderation.classifier.features import word_hash
from moderation.classifier.training import train
from moderation.classifier.training.duplicates import near_duplicate_groups
from moderation.classifier.training.fit import Examples, Features, fit_head
from moderation.classifier.training.recipes import Expert
from moderation.classifier.training.sources import (
    SOURCES,
    DataMissing,
    Row,
    data_digest,
    read_source,
    read_training_rows,
)
from moderation.classifier.training.templates import template_rows
from moderation.classifier.training.train import Settings, build_lexicon, one_text_an_author
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
    steps = manifest["thresholds"]["toxicity"]["steps"]
    assert [step["recall"] for step in steps] == sorted((step["recall"] for step in steps), reverse=True)
    assert {"at", "precision", "recall", "ordinary_share"} == set(steps[0])


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


def own(text, author, toxicity, n=0):
    return Row("own_decisions", f"{author}-{n}", text, "train", {"toxicity": toxicity}, author=author)


def test_what_the_newsroom_decided_is_learned(folder, trained, tmp_path):
    insults = [own(f"what a gribblewit, number {i}", f"author {i}", 1.0) for i in range(12)]
    result = train(folder, tmp_path, own=insults, settings=SMALL, progress=lambda _: None)
    text = "The gribblewit opened the library at 9 o'clock."
    before, after = (load(path).score([text])[0].values["toxicity"] for path in (trained.path, result.path))
    assert after > 1.5 * before
    assert result.manifest["sources"]["own_decisions"] == "own, 12 rows"
    assert result.manifest["data_digest"] != data_digest(folder)


def test_a_word_of_one_author_enters_no_vocabulary(tmp_path):
    once = [own("gribblewit", "one author", 1.0, n) for n in range(12)]
    often = [own("gribblewit", f"author {n}", 1.0) for n in range(12)]
    assert len(one_text_an_author(once, [row.text for row in once])) == 1
    assert len(one_text_an_author(often, [row.text for row in often])) == 12
    assert word_hash("gribblewit") not in build_lexicon(once, at_least=5)
    assert word_hash("gribblewit") in build_lexicon(often, at_least=5)


def examples(n=400):
    """A telling column on one side only, a common one on both, and one text's accident."""
    grams = np.zeros((n, 3), dtype=np.float32)
    target = np.arange(n) % 2.0
    grams[:, 1] = 1.0
    grams[target == 1, 0] = 1.0
    grams[1, 2] = 1.0
    rows = sparse.csr_matrix(grams)
    features = Features(rows, np.zeros((n, 1)), rows, np.ones(n, dtype=np.int64))
    return Examples(features, {"toxicity": target, "insult": 1 - target}, np.array(["a"] * n), np.ones(n))


def test_contrast_lets_telling_ngrams_count_more():
    none = np.zeros((0, 4), dtype=np.float32)
    plain, sharp = (
        fit_head("toxicity", examples(), [Expert({"a": 1.0}, strength=0.05, contrast=c)], none).columns
        for c in (0.0, 1.0)
    )
    assert sharp[0] > plain[0] > 0
    assert abs(sharp[1]) <= abs(plain[1]) + 1e-6


def test_an_expert_may_learn_from_another_label():
    none = np.zeros((0, 4), dtype=np.float32)
    borrowed = fit_head("toxicity", examples(), [Expert({"a": 1.0}, strength=1.0, label="insult")], none)
    assert borrowed.columns[0] < 0


def test_rows_that_nobody_judged_for_a_label_teach_it_nothing():
    none = np.zeros((0, 4), dtype=np.float32)
    rows = examples()
    half = np.where(np.arange(400) < 200, rows.targets["toxicity"], np.nan)
    partly = replace(rows, targets={"toxicity": half})
    first = rows.take(np.arange(200))
    expert = [Expert({"a": 1.0}, strength=1.0, contrast=1.0)]
    heads = [fit_head("toxicity", one, expert, none) for one in (partly, first)]
    np.testing.assert_allclose(heads[0].columns, heads[1].columns)


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
