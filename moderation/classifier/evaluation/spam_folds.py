"""Spam scores for sets that have train rows only: heads that never saw the row, nor a near copy of it."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from moderation.classifier.model import Classifier
from moderation.classifier.training.train import Settings, held_out_spam_logits

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
FOLDED = ("scamspot_instagram", "janitr_x")


def grouped_spam_scores(
    folder: Path, classifier: Classifier, *, folds: int = 5
) -> dict[str, tuple[Flags, Floats]]:
    """Truth and out-of-fold logit of each row of the sets without rows of their own to test on.

    The heads are trained as ``classifier`` was (its settings, its seed), each on four fifths of the
    rows; near-duplicates, found by MinHash over words, always lie in one fold.
    """
    stored = {k: v for k, v in classifier.manifest["settings"].items() if k in Settings.__slots__}
    rows, logits = held_out_spam_logits(folder, Settings(**stored), folds=folds)
    answers = {}
    for name in FOLDED:
        at = [i for i, row in enumerate(rows) if row.source == name and "spam" in row.labels]
        answers[name] = (np.array([rows[i].labels["spam"] == 1 for i in at]), logits[at])
    return answers
