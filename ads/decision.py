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

from ads.eligibility import Index, Opened
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
class Standing:
    """An ad that an earlier call of the same page view was given."""

    slot: str
    creative_id: UUID
    line_item_id: UUID
    sponsor: str
    competitor_group: str = ""


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
        standing: what stands on the page already, from earlier calls of this view.
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
    standing: Sequence[Standing] = ()


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
        snapshot: Sequence[Candidate] | Index,
        *,
        slots: Sequence[str],
        at: datetime,
        seed: int,
        beside: Surroundings | None,
        opened: Opened | None = None,
    ) -> None:
        self.slots = slots
        self._index = snapshot if isinstance(snapshot, Index) else indexed(snapshot)
        self._at = at
        self._opened = opened or Opened(self._index, beside)
        self._draw = random.Random(seed)  # noqa: S311  (fair and replayable, not secret)
        self._taken = 0  # The candidates that something on this page keeps away.
        self._creatives: set[UUID] = set()
        self._items: Counter[UUID] = Counter()
        self._groups: dict[str, str] = {}  # The one sponsor of each group of competitors on this page.
        self._kept: dict[int, Candidate] = {}  # By place: what a roadblock takes besides the one it won.
        self._standing = beside.standing if beside else ()
        for one in self._standing:
            self._stands(one)
        for item in {one.line_item_id for one in self._standing}:
            self._keep_on(item)

    def choose(self, place: int) -> Choice:
        """The highest tier with a candidate, then by weight."""
        slot = self.slots[place]
        winner = self._kept.get(place)
        if winner is None:
            eligible = self._free(place)
            tier = next((tier for tier in self._index.tiers if tier & eligible), None)
            if tier is None:
                return Choice(slot, None, "no_eligible_line_item")
            among = tier & self._open_to(slot)
            winner = self._index.drawn(tier & eligible, among=among, at=self._draw.random())
            if winner.roadblock:
                self._keep_the_rest(winner, place)
        self._take(winner)
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

    def _free(self, place: int) -> int:
        """Whom neither this slot nor what stands on the page keeps out: those without a ``rule``."""
        found = self._open_to(self.slots[place]) & ~self._taken
        if roadblocks := found & self._index.roadblocks:
            for candidate in self._index.pool(roadblocks)[0]:
                if not self._has_all(candidate, place):
                    found &= ~self._index.bit(candidate)
        return found

    def _take(self, winner: Candidate) -> None:
        """Note who stands on the page, and whom that keeps away; a roadblock is asked for itself."""
        index = self._index
        self._creatives.add(winner.creative_id)
        self._items[winner.line_item_id] += 1
        if winner.per_page is None:
            self._taken |= index.bit(winner) & ~index.roadblocks
        elif self._items[winner.line_item_id] >= winner.per_page:
            self._taken |= index.items[winner.line_item_id] & ~index.roadblocks
        self._is_alone(winner.competitor_group, winner.sponsor)

    def _is_alone(self, group: str, sponsor: str) -> None:
        if group:
            self._groups[group] = sponsor
            self._taken |= self._index.groups.get(group, 0) & ~self._index.sponsors.get(sponsor, 0)

    def _stands(self, one: Standing) -> None:
        """What an earlier call was given keeps away what it would have kept away in this one."""
        index = self._index
        self._creatives.add(one.creative_id)
        self._items[one.line_item_id] += 1
        for candidate in index.pool(index.items.get(one.line_item_id, 0) & ~index.roadblocks)[0]:
            is_often = candidate.per_page is not None and self._items[one.line_item_id] >= candidate.per_page
            is_again = candidate.per_page is None and candidate.creative_id == one.creative_id
            if is_often or is_again:
                self._taken |= index.bit(candidate)
        self._is_alone(one.competitor_group, one.sponsor)

    def _keep_on(self, item: UUID) -> None:
        """A roadblock that stands on the page has the places of its slots that come later, too."""
        own = self._index.items.get(item, 0) & self._index.roadblocks
        for place, slot in enumerate(self.slots):
            creatives = sorted(self._of(slot, own), key=lambda c: c.creative_id)
            if creatives:
                self._kept[place] = creatives[place % len(creatives)]

    def _open_to(self, slot: str) -> int:
        """Who may stand in this slot, whatever else stands on the page."""
        return self._opened.to(slot, at=self._at)

    def _places_of(self, candidate: Candidate) -> list[int]:
        return [place for place, slot in enumerate(self.slots) if slot in candidate.slots]

    def _has_all(self, candidate: Candidate, place: int) -> bool:
        """Whether a roadblock can have every place of its slots: none is taken, or goes to a higher tier."""
        places = self._places_of(candidate)
        if places[0] != place or any(wanted in self._kept for wanted in places):
            return False
        if any(
            one.slot in candidate.slots and one.line_item_id != candidate.line_item_id
            for one in self._standing
        ):
            return False
        own, higher = self._index.items[candidate.line_item_id], 0
        for tier in self._index.tiers[: TIERS.index(candidate.tier)]:
            higher |= tier
        return all(
            self._open_to(slot) & own and not any(map(self._is_free, self._of(slot, higher)))
            for slot in {self.slots[wanted] for wanted in places}
        )

    def _is_free(self, other: Candidate) -> bool:
        is_alone = self._groups.get(other.competitor_group, other.sponsor) == other.sponsor
        return is_alone and other.creative_id not in self._creatives

    def _of(self, slot: str, those: int) -> list[Candidate]:
        return self._index.pool(self._open_to(slot) & those)[0]

    def _keep_the_rest(self, winner: Candidate, place: int) -> None:
        """Its other places, its creatives in turn."""
        turn = 0
        for wanted in self._places_of(winner):
            own = list(self._of(self.slots[wanted], self._index.items[winner.line_item_id]))
            own.sort(key=lambda c: (c.creative_id <= winner.creative_id, c.creative_id))
            if wanted != place:
                self._kept[wanted] = own[turn % len(own)]
                turn += 1


def indexed(snapshot: Sequence[Candidate]) -> Index:
    """A snapshot arranged for many decisions."""
    return Index(snapshot, tiers=TIERS)


def decide(
    snapshot: Sequence[Candidate] | Index,
    *,
    slots: Sequence[str],
    at: datetime,
    seed: int,
    beside: Surroundings | None = None,
    opened: Opened | None = None,
) -> list[Choice]:
    """One choice per place, in order; a slot that has several places on the page is named once for each.

    Args:
        opened: what is known already of this snapshot beside this.
    """
    page = _Page(snapshot, slots=slots, at=at, seed=seed, beside=beside, opened=opened)
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
