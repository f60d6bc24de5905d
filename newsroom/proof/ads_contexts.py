"""No conflicting ad is ever chosen: random contexts, judged by a rule that is written here a second time."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from ads.decision import TIERS, Candidate, Surroundings, decide, indexed
from ads.eligibility import Index
from ads.suitability import RISKS, THREADS, TOLERANCES, TOPICS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADVERTISERS = 8  # in one snapshot; a house ad and a tolerant one among them, so that something is chosen
CONTEXTS_OF_ONE = 2_000
RISK_RANK = {"low": 1, "medium": 2, "high": 3, "no_ads": 4}
ACCEPTED_RANK = {"none": 0, "low": 1, "medium": 2, "high": 3}
HEAT_RANK = {"calm": 0, "heated": 1, "unsafe": 2}


def conflicts_in(contexts: int, *, seed: int) -> tuple[int, int]:
    """How many of so many random contexts got an ad that conflicts, and how many got one at all."""
    dice = random.Random(seed)  # noqa: S311  (test data)
    wrong = filled = 0
    index, by_id = _snapshot(dice)
    for number in range(contexts):
        if number % CONTEXTS_OF_ONE == 0:
            index, by_id = _snapshot(dice)
        topics = dice.sample(TOPICS, dice.randrange(4))
        risks = {topic: dice.choice(RISKS) for topic in topics}
        thread = dice.choice(THREADS)
        beside = Surroundings(sensitivity=risks, thread=thread, at_thread=frozenset(["thread"]))
        slots = ("top", "thread") if number % 2 else ("thread", "top")
        for choice in decide(index, slots=slots, at=NOW, seed=number, beside=beside):
            if choice.creative_id is not None:
                filled += 1
                is_at_thread = choice.slot == "thread"
                wrong += _conflicts(by_id[choice.creative_id], risks, thread, is_at_thread=is_at_thread)
    return wrong, filled


def _conflicts(ad: Candidate, risks: dict[str, str], thread: str, *, is_at_thread: bool) -> bool:
    is_house = ad.tier == "house"
    return not promised(
        risks, thread, ad.tolerances, ad.thread_tolerance, is_house=is_house, is_at_thread=is_at_thread
    )


def promised(
    risks: Mapping[str, str],
    thread: str,
    tolerances: Mapping[str, str],
    thread_tolerance: str,
    *,
    is_house: bool,
    is_at_thread: bool,
) -> bool:
    """Whether an advertiser may stand here: again, in its own words, sharing nothing with what chooses."""
    known = risks or dict.fromkeys(TOPICS, "medium")
    if "no_ads" in known.values():
        return False
    if is_house:
        return True
    for topic, risk in known.items():
        if RISK_RANK[risk] > ACCEPTED_RANK[tolerances.get(topic, "medium")]:
            return False
    return not is_at_thread or (thread != "unsafe" and HEAT_RANK[thread] <= HEAT_RANK[thread_tolerance])


def _snapshot(dice: random.Random) -> tuple[Index, dict[UUID, Candidate]]:
    ads = [_advertiser(dice, number) for number in range(ADVERTISERS)]
    return indexed(ads), {ad.creative_id: ad for ad in ads}


def _advertiser(dice: random.Random, number: int) -> Candidate:
    topics = dice.sample(TOPICS, dice.randrange(len(TOPICS) + 1))
    return Candidate(
        creative_id=UUID(int=dice.getrandbits(128)),
        line_item_id=UUID(int=number),
        sponsor=f"Sponsor {number}",
        tier="house" if number == 0 else dice.choice(TIERS[:3]),
        status="ready",
        weight=dice.randint(1, 100),
        starts_at=NOW,
        ends_at=None,
        slots=frozenset(["top", "thread"]),
        tolerances={topic: "high" if number == 1 else dice.choice(TOLERANCES) for topic in topics},
        thread_tolerance=dice.choice(("calm", "heated")),
    )
