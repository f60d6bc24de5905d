"""The shipped model, loaded once; nothing here needs Django, a store or a data set."""

import pytest

from moderation.classifier import Classifier, load, shipped_artifact


@pytest.fixture(scope="session")
def shipped() -> Classifier:
    return load(shipped_artifact())
