"""The functional suite on the shipped model: a worse one does not ship unseen.

The floors lie a little below what docs/classifier.md reports. They are no aims.
"""

import pytest

from moderation.classifier.evaluation.disguises import DISGUISES, TEMPLATE, WORDS
from moderation.classifier.evaluation.functional import Function


def accuracy(classifier, function: Function) -> float:
    cut = classifier.manifest["thresholds"][function.label]["hold"]
    scores = classifier.score(function.cases)
    return sum((s.values[function.label] >= cut) == function.held for s in scores) / len(scores)


@pytest.mark.parametrize("name", sorted(DISGUISES))
def test_a_disguise_does_not_change_the_outcome_of_a_word(shipped, name):
    cut = shipped.manifest["thresholds"]["toxicity"]["hold"]
    for word in WORDS:
        plain, disguised = shipped.score(
            [TEMPLATE.format(word=word), TEMPLATE.format(word=DISGUISES[name](word))]
        )
        assert (plain.values["toxicity"] >= cut) == (disguised.values["toxicity"] >= cut)


def test_every_plain_insult_of_the_suite_is_held(shipped):
    cut = shipped.manifest["thresholds"]["toxicity"]["hold"]
    assert all(
        s.values["toxicity"] >= cut for s in shipped.score([TEMPLATE.format(word=word) for word in WORDS])
    )
