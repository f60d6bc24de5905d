"""The short form of ``manage.py prove ads``: whatever is accepted, whatever is judged, nothing conflicts."""

from __future__ import annotations

from itertools import product

import pytest

from ads.suitability import RISKS, THREADS, TOLERANCES, conflict
from newsroom.proof.ads_contexts import conflicts_in, promised

CONTEXTS = 12_000


@pytest.mark.parametrize("seed", range(2))
def test_in_random_contexts_no_conflicting_ad_is_ever_chosen(seed: int) -> None:
    wrong, filled = conflicts_in(CONTEXTS, seed=seed)
    assert wrong == 0
    assert filled > CONTEXTS  # of two slots each: where nothing were chosen, nothing could be wrong


def test_every_pair_of_topics_tolerances_and_conversations_is_judged_as_promised() -> None:
    """All of them, where the million are drawn: two topics, each judged or not, each named or not."""
    judged, named = (None, *RISKS), (None, *TOLERANCES)
    seen = set()
    for war, crime, accepts_war, accepts_crime in product(judged, judged, named, named):
        risks = {topic: risk for topic, risk in (("war", war), ("crime", crime)) if risk}
        accepted = {topic: most for topic, most in (("war", accepts_war), ("crime", accepts_crime)) if most}
        for thread, heat, is_house, is_at_thread in product(
            THREADS, ("calm", "heated"), (False, True), (False, True)
        ):
            told = conflict(
                risks,
                thread,
                tolerances=accepted,
                thread_tolerance=heat,
                is_house=is_house,
                in_thread=is_at_thread,
            )
            ought = promised(risks, thread, accepted, heat, is_house=is_house, is_at_thread=is_at_thread)
            assert bool(told) is not ought, (risks, thread, accepted, heat, is_house, is_at_thread)
            seen.add(ought)
    assert seen == {False, True}
