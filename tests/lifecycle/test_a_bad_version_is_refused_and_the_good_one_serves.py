"""Poisoned, corrupt, oversized, pickled, mismatched files through PostgreSQL: refused, and nothing stops."""

from __future__ import annotations

import hashlib
import json
import pickle
import struct

import numpy as np
import pytest

from moderation.classifier import artifact, shipped_artifact
from moderation.classifier.artifact import MAX_BYTES
from moderation.engine import ModelUnavailable, engine
from moderation.lifecycle.services import ModelRefused, register_candidate
from moderation.models import ModelVersion
from moderation.services import moderate_comment
from tests.factories import CommentFactory
from tests.lifecycle.conftest import forget_engines, look_again

pytestmark = pytest.mark.django_db


def written(manifest: dict, tensors: dict) -> bytes:  # type: ignore[type-arg]
    return artifact.write(manifest, tensors)[0]


def parts() -> tuple[dict, dict]:  # type: ignore[type-arg]
    found = artifact.read(shipped_artifact())
    return json.loads(json.dumps(found.manifest)), {
        name: np.array(values) for name, values in found.tensors.items()
    }


def poisoned() -> bytes:
    """Weights changed, golden scores not."""
    manifest, tensors = parts()
    tensors["bias"][:] -= 5.0
    return written(manifest, tensors)


def not_finite() -> bytes:
    manifest, tensors = parts()
    tensors["bias"][0] = np.nan
    return written(manifest, tensors)


def misshapen() -> bytes:
    manifest, tensors = parts()
    tensors["bias"] = tensors["bias"][:-1]
    return written(manifest, tensors)


def corrupt() -> bytes:
    data = bytearray(shipped_artifact().read_bytes())
    data[-1000] ^= 0xFF
    return bytes(data)


def cut_short() -> bytes:
    return shipped_artifact().read_bytes()[:50_000]


def oversized() -> bytes:
    return struct.pack("<Q", 2) + b"{}" + b"\0" * MAX_BYTES


def pickled() -> bytes:
    return pickle.dumps({"weights": [1.0]})


def an_archive() -> bytes:
    return b"PK\x03\x04" + b"\0" * 1000


BAD = {
    "poisoned": (poisoned, "golden text"),
    "not finite": (not_finite, "not finite"),
    "misshapen": (misshapen, "has shape"),
    "corrupt": (corrupt, "altered or damaged"),
    "cut short": (cut_short, "not a readable model file"),
    "oversized": (oversized, "at most"),
    "pickled": (pickled, "pickle"),
    "archive": (an_archive, "could run code"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_that_became_active_is_refused_while_the_last_good_one_serves(
    kind: str, shipped: ModelVersion
) -> None:
    make, says = BAD[kind]
    assert engine.active().version_id == shipped.pk
    activate(make())
    look_again()

    assert engine.active().version_id == shipped.pk
    assert says in engine.refusal()
    comment = CommentFactory()
    decision = moderate_comment(comment.pk)
    assert decision is not None
    assert (decision.outcome, decision.model_version_id) == ("published", shipped.pk)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_not_registered_and_the_message_says_why(kind: str, shipped: ModelVersion) -> None:
    make, says = BAD[kind]
    with pytest.raises(ModelRefused, match=says):
        register_candidate(make())
    assert ModelVersion.objects.count() == 1


def test_bytes_of_another_digest_are_refused(shipped: ModelVersion, candidate_bytes: bytes) -> None:
    """A valid model, but not the one that the row names."""
    engine.active()
    activate(candidate_bytes, digest=hashlib.sha256(b"another").hexdigest())
    look_again()
    assert engine.active().version_id == shipped.pk
    assert "does not have its digest" in engine.refusal()


def test_a_damaged_file_in_the_local_folder_is_fetched_again(shipped: ModelVersion) -> None:
    from django.conf import settings

    engine.active()
    cached = next((settings.NEWSROOM_STATE / "models").iterdir())
    cached.write_bytes(b"\x80\x04 somebody's pickle")
    forget_engines()

    assert engine.active().version_id == shipped.pk
    assert cached.read_bytes() == shipped_artifact().read_bytes()


def test_a_fresh_process_with_only_a_bad_version_has_no_classifier_and_holds(shipped: ModelVersion) -> None:
    activate(poisoned())
    with pytest.raises(ModelUnavailable, match="golden text"):
        engine.active()
    comment = CommentFactory()
    decision = moderate_comment(comment.pk)
    assert decision is not None
    assert (decision.outcome, decision.held_by) == ("held", "failure")


def test_a_repaired_choice_is_picked_up_and_the_refusal_forgotten(shipped: ModelVersion) -> None:
    engine.active()
    bad = activate(corrupt())
    look_again()
    engine.active()
    ModelVersion.objects.filter(pk=bad.pk).update(is_active=False)
    ModelVersion.objects.filter(pk=shipped.pk).update(is_active=True)
    look_again()
    assert engine.active().version_id == shipped.pk
    assert engine.refusal() == ""


def activate(data: bytes, *, digest: str = "") -> ModelVersion:
    """Past every service, as somebody with the database in hand could."""
    ModelVersion.objects.filter(is_active=True).update(is_active=False)
    return ModelVersion.objects.create(
        digest=digest or hashlib.sha256(data).hexdigest(),
        name="bad",
        manifest={},
        artifact=data,
        is_active=True,
    )
