"""A model file is data from elsewhere: whatever is wrong with it, it is refused in words."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from moderation.classifier import ArtifactError, artifact, load, shipped_artifact


@pytest.fixture(scope="module")
def good() -> artifact.Artifact:
    return artifact.read(shipped_artifact())


def rewritten(good, *, manifest=None, tensors=None) -> bytes:
    """A file with a valid digest whose content was changed by somebody who knows how."""
    data, _ = artifact.write({**good.manifest, **(manifest or {})}, {**good.tensors, **(tensors or {})})
    return data


def test_the_shipped_model_is_small():
    assert shipped_artifact().stat().st_size <= 20 * 1024 * 1024


def test_the_shipped_model_is_written_as_it_was_read(good):
    data, digest = artifact.write(good.manifest, good.tensors)
    assert digest == good.digest
    assert data == shipped_artifact().read_bytes()


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="cannot be read"):
        load(tmp_path / "none.safetensors")


@pytest.mark.parametrize("content", [b"", b"abc", b"\x00" * 100, b"{}" * 50, "ä".encode() * 40])
def test_what_is_no_model_at_all_is_refused(content):
    with pytest.raises(ArtifactError, match="not a model file"):
        load(content)


def test_a_pickle_is_never_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").write_text, ("x",))

    for protocol in range(2, 6):
        with pytest.raises(ArtifactError, match="run code"):
            load(pickle.dumps(Trap(), protocol))
    with pytest.raises(ArtifactError):
        load(pickle.dumps(Trap(), 0))
    assert not (tmp_path / "ran").exists()


def test_an_archive_is_never_opened():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("data.pkl", b"x")
    with pytest.raises(ArtifactError, match="archive"):
        load(content.getvalue())


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.truncate(artifact.MAX_BYTES + 1)
    with pytest.raises(ArtifactError, match="at most"):
        load(path)


def test_a_file_that_is_cut_short_is_refused():
    with pytest.raises(ArtifactError):
        load(shipped_artifact().read_bytes()[:-1_000])


@pytest.mark.parametrize("place", [200_000, 2_000_000, -5])
def test_one_changed_byte_is_found(place):
    content = bytearray(shipped_artifact().read_bytes())
    content[place] ^= 0x40
    with pytest.raises(ArtifactError, match="digest"):
        load(bytes(content))


def test_a_manifest_of_another_model_is_refused(good):
    header = json.dumps({"digest": "0" * 64, "manifest": good.manifest})
    content = save_tensors(good.tensors, metadata={"newsroom.classifier": header})
    with pytest.raises(ArtifactError, match="digest"):
        load(content)


def test_a_file_without_a_manifest_is_refused(good):
    with pytest.raises(ArtifactError, match="manifest"):
        load(save_tensors(good.tensors))


def test_another_format_is_refused(good):
    with pytest.raises(ArtifactError, match="format 99"):
        load(rewritten(good, manifest={"format": 99}))


def test_other_labels_are_refused(good):
    with pytest.raises(ArtifactError, match="labels"):
        load(rewritten(good, manifest={"labels": ["toxicity"]}))


def test_a_missing_tensor_is_refused(good):
    tensors = {name: array for name, array in good.tensors.items() if name != "bias"}
    data, _ = artifact.write(good.manifest, tensors)
    with pytest.raises(ArtifactError, match="instead of"):
        load(data)


@pytest.mark.parametrize("name", ["idf", "weights", "plain_weights", "bias"])
def test_numbers_that_are_not_finite_are_refused(good, name):
    changed = good.tensors[name].copy()
    changed.flat[0] = np.nan
    with pytest.raises(ArtifactError, match="finite"):
        load(rewritten(good, tensors={name: changed}))


@pytest.mark.parametrize("name", ["idf", "weights", "plain_weights", "bias"])
def test_a_wrong_shape_is_refused(good, name):
    with pytest.raises(ArtifactError, match="shape"):
        load(rewritten(good, tensors={name: good.tensors[name][:-1]}))


def test_a_wrong_type_is_refused(good):
    with pytest.raises(ArtifactError, match="float64"):
        load(rewritten(good, tensors={"bias": good.tensors["bias"].astype(np.float64)}))


def test_weights_that_were_tampered_with_fail_the_golden_texts(good):
    with pytest.raises(ArtifactError, match="golden text"):
        load(rewritten(good, tensors={"bias": good.tensors["bias"] + np.float32(0.01)}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"golden": []},
        {"golden": [{"text": "a"}]},
        {"golden": None},
        {"calibration": {}},
        {"calibration": {"toxicity": {"slope": -1.0, "offset": 0.0, "fitted_rate": 0.1}}},
        {"feature_config": {"bits": 22, "command": 1}},
        {"feature_config": {"bits": 60, "word_max": 2, "char_min": 2, "char_max": 5}},
        {"view_ends": [0, 1]},
        {"base_rate": {"toxicity": 0.0}},
        {"plain_features": "many"},
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(good, wrong):
    with pytest.raises(ArtifactError):
        load(rewritten(good, manifest=wrong))


def test_buckets_outside_the_table_are_refused(good):
    changed = good.tensors["buckets"].copy()
    changed[0] = np.uint32(2**32 - 1)
    with pytest.raises(ArtifactError):
        load(rewritten(good, tensors={"buckets": changed}))


def test_the_golden_texts_are_stated_for_every_label(good):
    assert len(good.manifest["golden"]) >= 8
    assert all(set(case["scores"]) == set(artifact.LABELS) for case in good.manifest["golden"])


def test_tensors_are_all_that_the_file_holds(good):
    assert set(load_tensors(shipped_artifact().read_bytes())) == set(good.tensors)
