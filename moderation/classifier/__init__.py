"""A moderation classifier that runs anywhere Python does: no Django, no network, no third party.

>>> from moderation.classifier import load, shipped_artifact
>>> load(shipped_artifact()).score(["Thank you for this."])
"""

from pathlib import Path

from moderation.classifier.artifact import LABELS, ArtifactError
from moderation.classifier.language import Language
from moderation.classifier.model import Classifier, Explanation, Scores, Span, load

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


def shipped_artifact() -> Path:
    """The model that came with this release."""
    found = sorted((Path(__file__).parent / "artifacts").glob("*.safetensors"))
    if len(found) != 1:
        raise ArtifactError(f"expected one shipped model, found {len(found)}")
    return found[0]
