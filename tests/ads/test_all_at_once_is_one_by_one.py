"""The bits that choose say the same as the rules that explain, for any snapshot and surroundings."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ads.decision import TIERS, Candidate, Surroundings, decide, first_failing_rule, indexed, rules_at
from ads.suitability import RISKS, THREADS, TOLERANCES, TOPICS
from ads.targeting import DIMENSIONS, OPERATORS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SLOTS = ("top", "bottom", "thread", "side")
VALUES = ("a", "b", "c")


def some(dice: random.Random, values: Any, most: int) -> list[Any]:
    return dice.sample(list(values), dice.randint(0, min(most, len(values))))


def a_rule(dice: random.Random) -> dict[str, Any]:
    return {
        "dimension": dice.choice(DIMENSIONS),
        "op": dice.choice(OPERATORS),
        "values": some(dice, VALUES, 2),
    }


def a_candidate(dice: random.Random, number: int) -> Candidate:
    item = random.Random(number // 2)  # What all creatives of a line item share.
    return Candidate(
        creative_id=UUID(int=dice.getrandbits(128)),
        line_item_id=UUID(int=number // 2),
        sponsor=f"sponsor {number // 2 % 7}",
        tier=item.choice(TIERS),
        status=dice.choice(("ready", "ready", "ready", "paused")),
        weight=dice.randint(1, 5),
        starts_at=NOW + timedelta(hours=dice.choice((-9, -1, 0, 1))),
        ends_at=dice.choice((None, None, NOW, NOW + timedelta(seconds=1))),
        slots=frozenset(some(dice, SLOTS, 4)),
        is_approved=dice.random() < 0.9,
        tolerances={topic: dice.choice(TOLERANCES) for topic in some(dice, TOPICS, 3)},
        thread_tolerance=dice.choice(("calm", "heated", "odd")),
        competitor_group=item.choice(("", "", "cars", "bread")),
        targeting=[a_rule(dice) for _ in range(dice.choice((0, 0, 1, 2, 3)))],
        size=dice.choice(("fluid", "fluid", "300x250", "728x90")),
        per_thousand=dice.choice((None, 1_000, 5_000)),
        per_page=item.choice((None, None, 1, 2)),
        roadblock=item.random() < 0.1,
    )


def surroundings(dice: random.Random) -> Surroundings:
    ids = [UUID(int=number) for number in range(20)]
    return Surroundings(
        sensitivity={topic: dice.choice((*RISKS, "odd")) for topic in some(dice, TOPICS, 2)},
        thread=dice.choice((*THREADS, "odd")),
        override=dice.choice(("", "", "", "house", "none")),
        at_thread=frozenset(some(dice, SLOTS, 2)),
        spent=frozenset(some(dice, ids, 3)),
        ahead=frozenset(some(dice, ids, 3)),
        audience={name: some(dice, VALUES, 2) for name in some(dice, DIMENSIONS, 7)},
        floors=dict.fromkeys(some(dice, SLOTS, 1), 2_000),
        sizes=dict.fromkeys(some(dice, SLOTS, 1), ("300x250",)),
    )


@pytest.mark.parametrize("seed", range(6))
def test_open_to_a_slot_is_having_no_failing_rule(seed: int) -> None:
    dice = random.Random(seed)
    snapshot = [a_candidate(dice, number) for number in range(40)]
    index = indexed(snapshot)
    for _ in range(60):
        beside = surroundings(dice) if dice.random() < 0.95 else None
        at = NOW + timedelta(seconds=dice.choice((-4_000, 0, 1, 3_600)))
        for slot in (*SLOTS, "unknown"):
            expected = {
                c.creative_id for c in snapshot if not first_failing_rule(c, slot=slot, at=at, beside=beside)
            }
            mask = index.open_to(slot, at=at, beside=beside)
            found, weights = index.pool(mask)
            assert {c.creative_id for c in found} == expected
            assert (weights[-1] if weights else 0) == sum(c.weight for c in found)


@pytest.mark.parametrize("seed", range(6))
def test_whoever_is_chosen_has_no_rule_against_it_and_no_higher_tier_is_free(seed: int) -> None:
    dice = random.Random(100 + seed)
    snapshot = [a_candidate(dice, number) for number in range(60)]
    index = indexed(snapshot)
    for _ in range(25):
        given: dict[str, Any] = {
            "slots": [dice.choice(SLOTS) for _ in range(4)], "at": NOW, "beside": surroundings(dice),
            "seed": dice.getrandbits(62),
        }  # fmt: skip
        chosen = decide(index, **given)
        assert chosen == decide(snapshot, **given)
        for place, choice in enumerate(chosen):
            rules = list(zip(snapshot, rules_at(snapshot, place=place, **given), strict=True))
            free = {c.creative_id: c.tier for c, rule in rules if not rule}
            assert (choice.creative_id is None) == (not free)
            if choice.creative_id is not None:
                assert free[choice.creative_id] == min(free.values(), key=TIERS.index)


@pytest.mark.parametrize("seed", range(4))
def test_passing_over_a_few_draws_whom_a_pool_of_its_own_draws(seed: int) -> None:
    """As replays of decisions need it, which were drawn by ``random.choices`` from such pools."""
    dice = random.Random(200 + seed)
    index = indexed([a_candidate(dice, number) for number in range(80)])
    for _ in range(300):
        among = dice.getrandbits(80) | 1
        wanted = among & ~sum(1 << place for place in dice.sample(range(1, 80), dice.randint(0, 20)))
        pool, weights = index.pool(wanted)
        number = dice.getrandbits(62)
        (expected,) = random.Random(number).choices(pool, cum_weights=weights)
        assert index.drawn(wanted, among=among, at=random.Random(number).random()) is expected
