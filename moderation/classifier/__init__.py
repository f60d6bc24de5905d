"""A moderation classifier that runs anywhere Python does: no Django, no network, no third party.

>>> from moderation.classifier import load, shipped_artifact
>>> load(shipped_artifact()).score(["Thank you for this."])
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.classifier.artifact import LABELS, ArtifactError

if TYPE_CHECKING:
    from moderation.classifier.language import Language
    from moderation.classifier.model import Classifier, Explanation, Scores, Span

__all__ = [
    "LABELS",
    "ArtifactError",
    "Classifier",
    "Explanation",
    "Language",
    "Scores",
    "Span",
    "load",
    "shipped_artifact",
]

# Imported when first asked for: whoever loads no model needs no SciPy and no language detector.
_LATER = {
    "Classifier": "model",
    "Explanation": "model",
    "Language": "language",
    "Scores": "model",
    "Span": "model",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


def load(source: Path | str | bytes) -> Classifier:
    """Read a model: see :func:`moderation.classifier.model.load`."""
    from moderation.classifier.model import load as load_model

    return load_model(source)


def shipped_artifact() -> Path:
    """The model that came with this release."""
    found = sorted((Path(__file__).parent / "artifacts").glob("*.safetensors"))
    if len(found) != 1:
        raise ArtifactError(f"expected one shipped model, found {len(found)}")
    return found[0]
