"""One file that holds a model and cannot run code: safetensors, its manifest in the metadata.

Reading trusts nothing: size, form, digest, shapes, finiteness and, last, the scores of the golden
texts (`moderation.classifier.model.load`) must all agree, or the file is refused in words.
"""

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

FORMAT = 3
MAX_BYTES = 20 * 1024 * 1024
MAX_COLUMNS = 1_500_000
LABELS = ("toxicity", "severe_toxicity", "obscene", "insult", "threat", "identity_attack", "spam")
_KEY = "newsroom.classifier"
_TENSORS: dict[str, np.dtype[Any]] = {
    "buckets": np.dtype(np.uint32),
    "idf": np.dtype(np.float32),
    "weights": np.dtype(np.float16),
    "plain_weights": np.dtype(np.float32),
    "bias": np.dtype(np.float32),
    "lexicon": np.dtype(np.uint32),
}

Tensors = dict[str, npt.NDArray[Any]]


class ArtifactError(ValueError):
    """The file is not a model that may be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Artifact:
    digest: str
    manifest: dict[str, Any]
    tensors: Tensors


def digest_of(manifest: dict[str, Any], tensors: Tensors) -> str:
    """SHA-256 over the manifest and every tensor, independent of the order in the file."""
    digest = hashlib.sha256(_canonical(manifest))
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _canonical(manifest: dict[str, Any]) -> bytes:
    return json.dumps(
        manifest, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":")
    ).encode()


def write(manifest: dict[str, Any], tensors: Tensors) -> tuple[bytes, str]:
    """The file's bytes and the digest. Same manifest and tensors, same bytes."""
    digest = digest_of(manifest, tensors)
    # One metadata key only: several are written in no fixed order.
    header = json.dumps({"digest": digest, "manifest": manifest}, sort_keys=True, allow_nan=False)
    data = save_tensors(
        {name: np.ascontiguousarray(a) for name, a in tensors.items()}, metadata={_KEY: header}
    )
    if len(data) > MAX_BYTES:
        raise ArtifactError(f"the model is {len(data):,} bytes; at most {MAX_BYTES:,} may ship")
    return data, digest


def read(source: str | Path | bytes) -> Artifact:
    """The checked content of an artifact.

    Raises:
        ArtifactError: too large, not this format, altered, of the wrong shape, or not finite.
    """
    data = _bytes_of(source)
    header = _header_of(data)
    try:
        tensors: Tensors = load_tensors(data)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"not a readable model file: {error}") from error
    manifest, digest = header["manifest"], header["digest"]
    if manifest.get("format") != FORMAT:
        raise ArtifactError(
            f"the model has format {manifest.get('format')!r}; this program reads format {FORMAT}"
        )
    if digest_of(manifest, tensors) != digest:
        raise ArtifactError("the model does not match its digest: it was altered or damaged")
    _check_tensors(manifest, tensors)
    return Artifact(digest, manifest, tensors)


def _bytes_of(source: str | Path | bytes) -> bytes:
    if isinstance(source, bytes):
        size = len(source)
    else:
        path = Path(source)
        try:
            size = path.stat().st_size
        except OSError as error:
            raise ArtifactError(f"the model file cannot be read: {error.strerror}") from error
    if size > MAX_BYTES:
        raise ArtifactError(f"the model file is {size:,} bytes; at most {MAX_BYTES:,} are read")
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    if data[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") or data[:2] == b"PK":
        raise ArtifactError(
            "this is a pickle or an archive, which could run code; only safetensors files are read"
        )
    return data


def _header_of(data: bytes) -> dict[str, Any]:
    """The digest and manifest, read before any tensor is."""
    if len(data) < 8:
        raise ArtifactError("not a model file: it is shorter than a header")
    (length,) = struct.unpack("<Q", data[:8])
    if length > len(data) - 8:
        raise ArtifactError("not a model file: its header is cut short or it is of another format")
    try:
        header = json.loads(data[8 : 8 + length])
        parsed = json.loads(header["__metadata__"][_KEY])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArtifactError("not a model file: it has no manifest") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("manifest"), dict):
        raise ArtifactError("not a model file: its manifest is not an object")
    if not isinstance(parsed.get("digest"), str):
        raise ArtifactError("not a model file: it has no digest")
    return parsed


def _check_tensors(manifest: dict[str, Any], tensors: Tensors) -> None:
    if set(tensors) != set(_TENSORS):
        raise ArtifactError(f"the model holds {sorted(tensors)} instead of {sorted(_TENSORS)}")
    for name, dtype in _TENSORS.items():
        if tensors[name].dtype != dtype:
            raise ArtifactError(f"{name} is {tensors[name].dtype}, not {dtype}")
        if dtype.kind == "f" and not np.isfinite(tensors[name]).all():
            raise ArtifactError(f"{name} holds numbers that are not finite")
    if tuple(manifest.get("labels", ())) != LABELS:
        raise ArtifactError(f"the model's labels are {manifest.get('labels')}, not {list(LABELS)}")
    columns = len(tensors["buckets"])
    plain = manifest.get("plain_features")
    if not isinstance(plain, list) or columns > MAX_COLUMNS:
        raise ArtifactError("the model's features are not described, or too many")
    expected = {
        "buckets": (columns,),
        "idf": (columns,),
        "weights": (columns, len(LABELS)),
        "plain_weights": (len(plain), len(LABELS)),
        "bias": (len(LABELS),),
    }
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            raise ArtifactError(f"{name} has shape {tensors[name].shape}, not {shape}")
    if tensors["lexicon"].ndim != 1:
        raise ArtifactError("lexicon is not a list")
