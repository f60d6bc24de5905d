"""Who may stand in a slot, for all candidates of a snapshot at once. Pure.

One bit per candidate, in the order of their creatives' ids: a rule is a few ANDs over all of them, whether
there are ten or ten thousand. ``ads.decision.first_failing_rule`` says the same one by one, in words; a test
holds the two together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate, compress, count
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from ads.suitability import HOUSE, NO_ADS, NONE, UNKNOWN, is_refused, is_too_heated

if TYPE_CHECKING:
    from ads.decision import Candidate, Surroundings

K = TypeVar("K")

FLUID = "fluid"
KEPT = 64  # The same few sets are asked for again and again: a section's readers, the budgets of a second.
FEW = 16  # Passing over more costs more than a pool of its own.
_DIGITS = bytes.maketrans(b"01", b"\x00\x01")
_NEVER = datetime.max.replace(tzinfo=UTC)
_ALWAYS = datetime.min.replace(tzinfo=UTC)


class Index:
    """A snapshot, arranged for choosing from it. Never changed; what it remembers are its own answers."""

    def __init__(self, snapshot: Iterable[Candidate], *, tiers: Sequence[str]) -> None:
        self.candidates = tuple(sorted(snapshot, key=lambda c: c.creative_id.int))
        self.weights = [c.weight for c in self.candidates]
        self.tiers = [self._mask(c.tier == tier for c in self.candidates) for tier in tiers]
        self.roadblocks = self._mask(c.roadblock for c in self.candidates)
        self._place_of = {c.creative_id: place for place, c in enumerate(self.candidates)}
        self._ready = self._mask(c.status == "ready" and c.is_approved for c in self.candidates)
        self._house = self._mask(c.tier == "house" for c in self.candidates)
        self._slots = self._by(lambda c: c.slots)
        self._sizes = self._by(lambda c: () if c.size == FLUID else (c.size,))
        self.items = self._by(lambda c: (c.line_item_id,))
        self.groups = self._by(lambda c: (c.competitor_group,) if c.competitor_group else ())
        self.sponsors = self._by(lambda c: (c.sponsor,))
        self._refusing: dict[tuple[str, str], int] = {}  # By topic and risk.
        self._heated: dict[str, int] = {}  # By state of a conversation.
        self._rules = _TargetingRules(self.candidates)
        self._span: tuple[datetime, datetime, int] = (_NEVER, _ALWAYS, 0)
        self.pool = lru_cache(maxsize=KEPT)(self._pool)
        self._creatives_of = lru_cache(maxsize=KEPT)(self._of_items)
        self._cheaper_than = lru_cache(maxsize=KEPT)(self._below_floor)

    def __len__(self) -> int:
        return len(self.candidates)

    def bit(self, candidate: Candidate) -> int:
        return 1 << self._place_of[candidate.creative_id]

    def open_to(self, slot: str, *, at: datetime, beside: Surroundings | None) -> int:
        """The candidates that no rule keeps out of this slot, whatever else stands on the page."""
        found = self._ready & self._slots.get(slot, 0) & self.span(at)[2]
        if beside is None or not found:
            return found
        if beside.override == NONE or NO_ADS in (beside.sensitivity or UNKNOWN).values():
            return 0
        if beside.override == HOUSE:
            found &= self._house
        if slot in beside.sizes:
            fitting = beside.sizes[slot]
            for size, those in self._sizes.items():
                if size not in fitting:
                    found &= ~those
        if floor := beside.floors.get(slot, 0):
            found &= ~self._cheaper_than(floor)
        found &= ~(self._creatives_of(beside.spent) | self._creatives_of(beside.ahead))
        found &= ~self._rules.missed(beside.audience)
        return found & (self._house | ~self._conflicting(beside, in_thread=slot in beside.at_thread))

    def drawn(self, wanted: int, *, among: int, at: float) -> Candidate:
        """The candidate that ``random.choices`` takes from these by weight, where ``random()`` gave ``at``.

        Args:
            among: a set that holds them all and is asked for often: its pool is kept, and the few that
                are not wanted are passed over in it.
        """
        unwanted = among & ~wanted
        if unwanted.bit_count() > FEW:
            among, unwanted = wanted, 0
        pool, weights = self.pool(among)
        passed = []
        while unwanted:
            lowest = unwanted & -unwanted
            passed.append((among & (lowest - 1)).bit_count())
            unwanted ^= lowest
        number = at * (weights[-1] - sum(pool[place].weight for place in passed) + 0.0)
        start, end, less = 0, len(pool), 0
        for place in passed:
            if place > start and number < weights[place - 1] - less:
                end = place
                break
            start, less = place + 1, less + pool[place].weight
        key = (lambda weight: weight - less) if less else None
        return pool[bisect_right(weights, number, start, end, key=key)]

    def _pool(self, mask: int) -> tuple[list[Candidate], list[int]]:
        """The candidates of a mask, and their weights added up."""
        digits = f"{mask:b}".encode().translate(_DIGITS)[::-1]
        found = list(compress(self.candidates, digits))
        return found, list(accumulate(compress(self.weights, digits)))

    def _conflicting(self, beside: Surroundings, *, in_thread: bool) -> int:
        found = 0
        for topic, risk in (beside.sensitivity or UNKNOWN).items():
            known = self._refusing.get((topic, risk))
            if known is None:
                known = self._refusing[topic, risk] = self._mask(
                    is_refused(c.tolerances, topic, risk) for c in self.candidates
                )
            found |= known
        if in_thread:
            if beside.thread not in self._heated:
                self._heated[beside.thread] = self._mask(
                    is_too_heated(c.thread_tolerance, beside.thread) for c in self.candidates
                )
            found |= self._heated[beside.thread]
        return found

    def span(self, at: datetime) -> tuple[datetime, datetime, int]:
        """Who has started and not ended, and since when and until when it is the same ones."""
        found = self._span
        if not found[0] <= at < found[1]:
            times = {c.starts_at for c in self.candidates}
            times |= {c.ends_at for c in self.candidates if c.ends_at is not None}
            start = max((time for time in times if time <= at), default=_ALWAYS)
            end = min((time for time in times if time > at), default=_NEVER)
            mask = self._mask(
                c.starts_at <= at and (c.ends_at is None or at < c.ends_at) for c in self.candidates
            )
            found = self._span = start, end, mask
        return found

    def _of_items(self, items: frozenset[UUID]) -> int:
        found = 0
        for item in items:
            found |= self.items.get(item, 0)
        return found

    def _below_floor(self, floor: int) -> int:
        return self._mask(c.per_thousand is not None and c.per_thousand < floor for c in self.candidates)

    def _mask(self, bits: Iterable[bool]) -> int:
        return mask_of(compress(count(), bits))

    def _by(self, keys: Callable[[Candidate], Iterable[K]]) -> Mapping[K, int]:
        places: dict[K, list[int]] = {}
        for place, candidate in enumerate(self.candidates):
            for key in keys(candidate):
                places.setdefault(key, []).append(place)
        return {key: 1 << found[0] if len(found) == 1 else mask_of(found) for key, found in places.items()}


class Opened:
    """Who may stand in which slot beside one thing, remembered until somebody's time begins or ends."""

    def __init__(self, index: Index, beside: Surroundings | None) -> None:
        self._index, self._beside = index, beside
        self._known: dict[str, tuple[datetime, datetime, int]] = {}

    def to(self, slot: str, *, at: datetime) -> int:
        known = self._known.get(slot)
        if known is None or not known[0] <= at < known[1]:
            mask = self._index.open_to(slot, at=at, beside=self._beside)
            known = self._known[slot] = *self._index.span(at)[:2], mask
        return known[2]


class _TargetingRules:
    """Targeting by value: who asks for a section, who excludes it. A candidate's second rule on one dimension
    is kept apart from its first, since both must hold."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        asked: dict[tuple[str, str, int], dict[str, list[int]]] = {}
        who: dict[tuple[str, str, int], list[int]] = {}
        for place, candidate in enumerate(candidates):
            seen: dict[tuple[str, str], int] = {}
            for rule in candidate.targeting:
                kind = (rule["dimension"], rule["op"])
                turn = seen[kind] = seen.get(kind, -1) + 1
                who.setdefault((*kind, turn), []).append(place)
                for value in rule["values"]:
                    asked.setdefault((*kind, turn), {}).setdefault(value, []).append(place)
        self._who = {kind: mask_of(places) for kind, places in who.items()}
        self._asked = {
            kind: {value: mask_of(places) for value, places in values.items()}
            for kind, values in asked.items()
        }

    def missed(self, audience: Mapping[str, Sequence[str]]) -> int:
        """Those of whom some rule does not hold."""
        found = 0
        for kind, who in self._who.items():
            dimension, operator, _ = kind
            values, met = self._asked.get(kind, {}), 0
            for value in audience.get(dimension, ()):
                met |= values.get(value, 0)
            found |= met if operator == "not_in" else who & ~met
        return found


def mask_of(places: Iterable[int]) -> int:
    """These bits set; by way of bytes, since shifting a bit at a time is quadratic."""
    digits = bytearray()
    for place in places:
        byte = place >> 3
        if byte >= len(digits):
            digits.extend(bytes(byte + 1 - len(digits)))
        digits[byte] |= 1 << (place & 7)
    return int.from_bytes(digits, "little")
