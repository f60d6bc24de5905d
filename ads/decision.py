"""Which ad fills a slot: a pure function of (snapshot, slots, seed), so that it can be replayed.

It knows status, approval, dates, slots, sizes, floor prices, targeting, suitability, budgets, pacing, tiers,
weights, competitors, roadblocks and how often an item may stand on one page.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ads.suitability import CALM, HOUSE, NONE, UNKNOWN, conflict
from ads.targeting import Rules, missed

TIERS = ("sponsorship", "standard", "bulk", "house")
FLUID = "fluid"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One creative of one line item, flattened for choosing.

    Attributes:
        size: of a picture; what is fluid fits every slot.
        per_thousand: micros that 1,000 impressions bring; None: floor prices are not asked.
        per_page: most times that its line item stands on one page; None: each of its creatives once.
        roadblock: its line item fills all its slots of a page, or none.
    """

    creative_id: UUID
    line_item_id: UUID
    sponsor: str
    tier: str
    status: str
    weight: int
    starts_at: datetime
    ends_at: datetime | None
    slots: frozenset[str]
    is_approved: bool = True
    tolerances: Mapping[str, str] = field(default_factory=dict)
    thread_tolerance: str = CALM
    competitor_group: str = ""
    targeting: Rules = ()
    size: str = FLUID
    per_thousand: int | None = None
    per_page: int | None = None
    roadblock: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an ad would stand beside: from our own rows, never from what a page claims.

    Attributes:
        sensitivity: risk per topic, with the section's default or *medium* filled in.
        thread: how heated the conversation is.
        override: the editors' switch: ``house``, ``none`` or empty.
        at_thread: the slots that stand in or at the conversation.
        spent: the line items whose budget, or that of the day, has no room for one more.
        ahead: the line items that have had their share of the time so far, and wait.
        audience: what targeting asks for: section, tags, author, device, country, hour and conversation.
        floors: the lowest price per 1,000 impressions by slot, in micros.
        sizes: by slot, where only some pictures fit.
    """

    sensitivity: Mapping[str, str] = field(default_factory=lambda: UNKNOWN)
    thread: str = CALM
    override: str = ""
    at_thread: frozenset[str] = frozenset()
    spent: frozenset[UUID] = frozenset()
    ahead: frozenset[UUID] = frozenset()
    audience: Mapping[str, Sequence[str]] = field(default_factory=dict)
    floors: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    slot: str
    creative_id: UUID | None
    no_fill_reason: str = ""


def first_failing_rule(
    candidate: Candidate, *, slot: str, at: datetime, beside: Surroundings | None = None
) -> str:
    """The first rule that keeps a candidate out of a slot, or an empty string."""
    if candidate.status != "ready":
        return "not_ready"
    if not candidate.is_approved:
        return "not_approved"
    if at < candidate.starts_at:
        return "not_started"
    if candidate.ends_at is not None and at >= candidate.ends_at:
        return "ended"
    if slot not in candidate.slots:
        return "other_slot"
    return unsuitable(candidate, slot=slot, beside=beside) if beside is not None else ""


def unsuitable(candidate: Candidate, *, slot: str, beside: Surroundings) -> str:
    """Why a candidate may not stand in this slot beside this, or an empty string."""
    if candidate.size != FLUID and candidate.size not in beside.sizes.get(slot, (candidate.size,)):
        return "other_size"
    if candidate.per_thousand is not None and candidate.per_thousand < beside.floors.get(slot, 0):
        return "below_floor"
    if candidate.line_item_id in beside.spent:
        return "budget_spent"
    if candidate.line_item_id in beside.ahead:
        return "ahead_of_pace"
    if rule := missed(candidate.targeting, beside.audience):
        return rule
    is_house = candidate.tier == "house"
    if beside.override == NONE or (beside.override == HOUSE and not is_house):
        return f"override_{beside.override}"
    return conflict(
        beside.sensitivity,
        beside.thread,
        tolerances=candidate.tolerances,
        thread_tolerance=candidate.thread_tolerance,
        is_house=is_house,
        in_thread=slot in beside.at_thread,
    )


class _Page:
    """The places of one page, filled in order; a slot may have several (between comments)."""

    def __init__(
        self,
        snapshot: Sequence[Candidate],
        *,
        slots: Sequence[str],
        at: datetime,
        seed: int,
        beside: Surroundings | None,
    ) -> None:
        self.slots = slots
        self._snapshot, self._at, self._beside = snapshot, at, beside
        self._draw = random.Random(seed)  # noqa: S311  (fair and replayable, not secret)
        self._open: dict[str, list[Candidate]] = {}
        self._creatives: set[UUID] = set()
        self._items: Counter[UUID] = Counter()
        self._groups: dict[str, str] = {}  # The one sponsor of each group of competitors on this page.
        self._kept: dict[int, Candidate] = {}  # By place: what a roadblock takes besides the one it won.

    def choose(self, place: int) -> Choice:
        """The highest tier with a candidate, then by weight."""
        slot = self.slots[place]
        winner = self._kept.get(place)
        if winner is None:
            eligible = [c for c in self._open_to(slot) if not self.rule(c, place)]
            if not eligible:
                return Choice(slot, None, "no_eligible_line_item")
            tier = min(TIERS.index(candidate.tier) for candidate in eligible)
            pool = sorted((c for c in eligible if TIERS.index(c.tier) == tier), key=lambda c: c.creative_id)
            winner = self._draw.choices(pool, weights=[candidate.weight for candidate in pool])[0]
            if winner.roadblock:
                self._keep_the_rest(winner, place)
        self._creatives.add(winner.creative_id)
        self._items[winner.line_item_id] += 1
        if winner.competitor_group:
            self._groups[winner.competitor_group] = winner.sponsor
        return Choice(slot, winner.creative_id)

    def rule(self, candidate: Candidate, place: int) -> str:
        """What on this page keeps a candidate out of a place that is open to it; empty if nothing does."""
        kept = self._kept.get(place)
        if kept is not None:
            return "" if kept.creative_id == candidate.creative_id else "roadblock_of_another"
        if self._groups.get(candidate.competitor_group, candidate.sponsor) != candidate.sponsor:
            return "competitor_on_this_page"
        if candidate.roadblock:
            return "" if self._has_all(candidate, place) else "roadblock_incomplete"
        if candidate.per_page is None:
            return "already_on_this_page" if candidate.creative_id in self._creatives else ""
        is_often = self._items[candidate.line_item_id] >= candidate.per_page
        return "often_enough_on_this_page" if is_often else ""

    def _open_to(self, slot: str) -> list[Candidate]:
        """Who may stand in this slot, whatever else stands on the page."""
        if slot not in self._open:
            self._open[slot] = [
                c
                for c in self._snapshot
                if not first_failing_rule(c, slot=slot, at=self._at, beside=self._beside)
            ]
        return self._open[slot]

    def _places_of(self, candidate: Candidate) -> list[int]:
        return [place for place, slot in enumerate(self.slots) if slot in candidate.slots]

    def _has_all(self, candidate: Candidate, place: int) -> bool:
        """Whether a roadblock can have every place of its slots: none is taken, or goes to a higher tier."""
        places = self._places_of(candidate)
        if places[0] != place or any(wanted in self._kept for wanted in places):
            return False
        tier = TIERS.index(candidate.tier)
        return all(
            any(c.line_item_id == candidate.line_item_id for c in self._open_to(slot))
            and not any(self._outranks(c, tier) for c in self._open_to(slot))
            for slot in {self.slots[wanted] for wanted in places}
        )

    def _outranks(self, other: Candidate, tier: int) -> bool:
        is_free = self._groups.get(other.competitor_group, other.sponsor) == other.sponsor
        return TIERS.index(other.tier) < tier and is_free and other.creative_id not in self._creatives

    def _keep_the_rest(self, winner: Candidate, place: int) -> None:
        """Its other places, its creatives in turn."""
        turn = 0
        for wanted in self._places_of(winner):
            own = [c for c in self._open_to(self.slots[wanted]) if c.line_item_id == winner.line_item_id]
            own.sort(key=lambda c: (c.creative_id <= winner.creative_id, c.creative_id))
            if wanted != place:
                self._kept[wanted] = own[turn % len(own)]
                turn += 1


def decide(
    snapshot: Sequence[Candidate],
    *,
    slots: Sequence[str],
    at: datetime,
    seed: int,
    beside: Surroundings | None = None,
) -> list[Choice]:
    """One choice per place, in order; a slot that has several places on the page is named once for each."""
    page = _Page(snapshot, slots=slots, at=at, seed=seed, beside=beside)
    return [page.choose(place) for place in range(len(slots))]


def rules_at(
    snapshot: Sequence[Candidate],
    *,
    slots: Sequence[str],
    at: datetime,
    seed: int,
    place: int,
    beside: Surroundings | None = None,
) -> list[str]:
    """Per candidate the first rule that kept it out of one place, or an empty string; of the same draw."""
    page = _Page(snapshot, slots=slots, at=at, seed=seed, beside=beside)
    for earlier in range(place):
        page.choose(earlier)
    return [
        first_failing_rule(c, slot=slots[place], at=at, beside=beside) or page.rule(c, place)
        for c in snapshot
    ]
