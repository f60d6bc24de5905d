"""What one page shows together: roadblocks, how often, competitors, floor prices, sizes. No database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from ads.decision import Candidate, Surroundings, decide, rules_at

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
CALM_PAGE = Surroundings(sensitivity={"crime": "low"})
PLACES = ("top", "thread", "thread", "bottom")


def ad(number: int, *, item: int = 0, **fields: Any) -> Candidate:
    given = {
        "sponsor": f"Sponsor {item or number}",
        "tier": "standard",
        "status": "ready",
        "weight": 100,
        "starts_at": datetime(2026, 1, 1, tzinfo=UTC),
        "ends_at": None,
        "slots": frozenset(PLACES),
    }
    return Candidate(creative_id=UUID(int=number), line_item_id=UUID(int=item or number), **(given | fields))


def shown(
    *ads: Candidate, slots: tuple[str, ...] = PLACES, beside: Any = CALM_PAGE, seed: int = 7
) -> list[int]:
    choices = decide(ads, slots=slots, at=AT, seed=seed, beside=beside)
    return [choice.creative_id.int if choice.creative_id else 0 for choice in choices]


def test_each_creative_stands_on_a_page_once_unless_more_was_booked() -> None:
    assert sorted(shown(ad(1), ad(2))) == [0, 0, 1, 2]
    assert shown(ad(1, per_page=3)) == [1, 1, 1, 0]
    assert sorted(shown(ad(1, item=9, per_page=1), ad(2, item=9, per_page=1)))[:3] == [0, 0, 0]


@pytest.mark.parametrize("seed", range(12))
def test_a_roadblock_has_all_its_slots_or_none(seed: int) -> None:
    block = [ad(number, item=9, roadblock=True) for number in (1, 2)]
    found = shown(*block, *(ad(number) for number in range(3, 9)), seed=seed)
    assert not set(found) & {1, 2} or set(found) == {1, 2}


def test_a_roadblock_gives_way_where_a_higher_tier_stands_in_one_of_its_slots() -> None:
    block = ad(1, roadblock=True)
    sponsor = ad(2, tier="sponsorship", slots=frozenset({"bottom"}))
    assert shown(block) == [1, 1, 1, 1]
    assert shown(block, sponsor) == [0, 0, 0, 2]
    place = {"slots": PLACES, "at": AT, "seed": 7, "beside": CALM_PAGE}
    assert rules_at([block, sponsor], place=0, **place) == ["roadblock_incomplete", "other_slot"]


def test_the_others_are_told_whose_the_place_is() -> None:
    block, other = ad(1, roadblock=True, weight=32_000), ad(2, weight=1)
    assert shown(block, other) == [1, 1, 1, 1]
    rules = rules_at([block, other], slots=PLACES, at=AT, seed=7, place=2, beside=CALM_PAGE)
    assert rules == ["", "roadblock_of_another"]


def test_two_competitors_never_stand_on_one_page() -> None:
    dealers = [ad(number, item=number, competitor_group="cars") for number in (1, 2)]
    for seed in range(10):
        assert len(set(shown(*dealers, seed=seed)) - {0}) == 1
    first = decide(dealers, slots=PLACES, at=AT, seed=3, beside=CALM_PAGE)[0].creative_id
    rules = rules_at(dealers, slots=PLACES, at=AT, seed=3, place=1, beside=CALM_PAGE)
    loser = next(number for number in (0, 1) if dealers[number].creative_id != first)
    assert rules[loser] == "competitor_on_this_page"


def test_a_slot_takes_nothing_below_its_floor_but_the_papers_own() -> None:
    beside = Surroundings(sensitivity={"crime": "low"}, floors={"top": 2_000_000})
    cheap, dear, house = ad(1, per_thousand=1_999_999), ad(2, per_thousand=2_000_000), ad(3, tier="house")
    assert shown(cheap, house, slots=("top",), beside=beside) == [3]
    assert shown(cheap, dear, slots=("top",), beside=beside) == [2]
    assert shown(cheap, slots=("bottom",), beside=beside) == [1]


def test_a_picture_stands_where_its_size_fits() -> None:
    beside = Surroundings(sensitivity={"crime": "low"}, sizes={"top": ["300x250"]})
    assert shown(ad(1, size="728x90"), slots=("top", "bottom"), beside=beside) == [0, 1]
    assert shown(ad(1, size="300x250"), slots=("top",), beside=beside) == [1]
    assert shown(ad(1), slots=("top",), beside=beside) == [1]  # What is fluid fits everywhere.
