"""What the judgements of a whole file add up to."""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from moderation.lifecycle.statistics import Share
from moderation.policy import Outcome
from moderation.trial.judging import POLICIES, SHIPPED, Judged
from moderation.trial.records import Broken, Note, Record, Row, Skipped, Theirs
from moderation.trial.waves import Waves

MOST_NAMED = 50  # broken rows
SHARPEST = 20
_KEPT = 200  # candidates of a side, each text once; what turns out to be a wave drops out at the end
_THEIRS = list(Theirs)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One comment that was treated otherwise than we would; ``outcome`` is ours."""

    place: str
    text: str
    theirs: Theirs
    outcome: Outcome
    label: str
    margin: float
    at: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """At one policy, over the comments that moderators published or refused.

    Attributes:
        published: of those they published, how many we would.
        stopped: of those they refused, how many we would hold or reject.
        alike: both.
        right: of those we would hold or reject, how many they refused.
    """

    published: Share
    stopped: Share
    alike: Share
    right: Share


@dataclass(frozen=True, slots=True)
class Load:
    """Comments that wait for a person at one policy; the average is per day that had any comments."""

    held: int
    average: float | None
    busiest: int
    busiest_on: date | None
    by_day: dict[date, int]


@dataclass(slots=True)
class Tally:
    """Adds up row by row; 100 bytes a comment, none of its words but for the sharpest disagreements."""

    broken: list[Broken] = field(default_factory=list)
    broken_count: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    theirs: Counter[Theirs] = field(default_factory=Counter)
    languages: Counter[tuple[str, bool]] = field(default_factory=Counter)
    rejectable: int = 0
    undated: int = 0
    unsigned: int = 0
    too_long: int = 0
    _all: list[tuple[Outcome, ...]] = field(default_factory=list)
    _their: array[int] = field(default_factory=lambda: array("b"))
    _times: array[float] = field(default_factory=lambda: array("d"))
    _if_wave: dict[int, Outcome] = field(default_factory=dict)
    _waves: Waves = field(default_factory=Waves)
    _authors: dict[str, int] = field(default_factory=dict)
    _same: dict[tuple[Outcome, ...], tuple[Outcome, ...]] = field(default_factory=dict)
    _sharp: dict[Theirs, list[tuple[float, int, str, Disagreement]]] = field(
        default_factory=lambda: {Theirs.PUBLISHED: [], Theirs.REFUSED: []}
    )
    _seen: dict[Theirs, set[str]] = field(
        default_factory=lambda: {Theirs.PUBLISHED: set(), Theirs.REFUSED: set()}
    )

    def note(self, row: Row) -> None:
        """What was read and is no comment to judge."""
        if isinstance(row, Broken):
            self.broken_count += 1
            if len(self.broken) < MOST_NAMED:
                self.broken.append(row)
        elif isinstance(row, Skipped):
            self.skipped[row.reason] += 1
        elif isinstance(row, Note):
            self.notes.append(row.text)

    def add(self, record: Record, found: Judged | None, *, longest: int) -> None:
        if found is None:
            self.note(Broken(record.place, "judging it ended the process that judged it"))
            return
        number = len(self._all)
        outcomes = self._same.setdefault(found.outcomes, found.outcomes)
        self._all.append(outcomes)
        self._their.append(_THEIRS.index(record.theirs))
        self._times.append(record.at if record.at is not None else float("nan"))
        self.theirs[record.theirs] += 1
        self.languages[found.language, found.is_sure_of_language] += 1
        self.rejectable += found.is_rejectable
        self.undated += record.at is None
        self.unsigned += not record.author
        self.too_long += len(record.text) > longest
        if found.signature and record.at is not None and record.author:
            author = self._authors.setdefault(record.author, len(self._authors))
            self._waves.add(number, at=record.at, author=author, signature=found.signature)
            self._if_wave[number] = found.if_wave
        self._remember(number, record, found)

    def finish(self) -> None:
        """After the last row: find the waves, which only all of the file shows."""
        for number in self._waves.members():
            outcomes = (self._if_wave[number],) * len(POLICIES)
            self._all[number] = self._same.setdefault(outcomes, outcomes)
        self._if_wave.clear()
        self._waves = Waves()

    def _remember(self, number: int, record: Record, found: Judged) -> None:
        outcome = found.outcomes[SHIPPED]
        if record.theirs == Theirs.UNDECIDED or _is_alike(record.theirs, outcome):
            return
        # A rule or a language is no matter of degree: such disagreements come after those by score.
        is_by_score = outcome.status == "published" or (
            outcome.held_by == "detector" and outcome.reason_code != "language"
        )
        sharpness = abs(found.margin) if is_by_score else 0.0
        kept, seen = self._sharp[record.theirs], self._seen[record.theirs]
        if found.digest in seen:
            return
        disagreement = Disagreement(
            record.place, record.text, record.theirs, outcome, found.label, found.margin, record.at
        )
        entry = (sharpness, -number, found.digest, disagreement)
        if len(kept) < _KEPT:
            heapq.heappush(kept, entry)
            seen.add(found.digest)
        elif entry[:2] > kept[0][:2]:
            seen.add(found.digest)
            seen.remove(heapq.heapreplace(kept, entry)[2])

    # --- the results -----------------------------------------------------------------------------
    @property
    def count(self) -> int:
        return len(self._all)

    def outcomes(self, policy: int = SHIPPED) -> Counter[str]:
        """How many would be published, held, rejected."""
        return Counter(outcomes[policy].status for outcomes in self._all)

    def reasons(self) -> Counter[Outcome]:
        """Why those that would not be published would not, as shipped."""
        return Counter(each[SHIPPED] for each in self._all if each[SHIPPED].status != "published")

    def agreement(self, policy: int) -> Agreement:
        counts: Counter[tuple[Theirs, bool]] = Counter(
            (_THEIRS[theirs], outcomes[policy].status == "published")
            for outcomes, theirs in zip(self._all, self._their, strict=True)
        )
        both = counts[Theirs.PUBLISHED, True]
        stopped = counts[Theirs.REFUSED, False]
        published = both + counts[Theirs.PUBLISHED, False]
        refused = stopped + counts[Theirs.REFUSED, True]
        return Agreement(
            Share(both, published),
            Share(stopped, refused),
            Share(both + stopped, published + refused),
            Share(stopped, stopped + counts[Theirs.PUBLISHED, False]),
        )

    def loads(self) -> list[Load]:
        """One for each of `POLICIES`; days are UTC."""
        dated = [(number, day) for number, day in enumerate(self._days()) if day is not None]
        days = {day for _, day in dated}
        return [self._load(policy, dated, len(days)) for policy in range(len(POLICIES))]

    def _load(self, policy: int, dated: list[tuple[int, date]], days: int) -> Load:
        by_day = Counter(day for number, day in dated if self._all[number][policy].status == "held")
        busiest_on, busiest = max(by_day.items(), key=lambda item: item[1], default=(None, 0))
        return Load(
            self.outcomes(policy)["held"],
            by_day.total() / days if days else None,
            busiest,
            busiest_on,
            dict(sorted(by_day.items())),
        )

    def period(self) -> tuple[date, date, int] | None:
        """First and last day, and how many days had comments."""
        days = {day for day in self._days() if day is not None}
        return (min(days), max(days), len(days)) if days else None

    def _days(self) -> Iterator[date | None]:
        known: dict[int, date] = {}
        for at in self._times:
            if at != at:
                yield None
                continue
            number = int(at // 86_400)
            if number not in known:
                known[number] = datetime.fromtimestamp(number * 86_400, UTC).date()
            yield known[number]

    def sharpest(self) -> list[Disagreement]:
        """At most `SHARPEST`, every text once, both ways of disagreeing as far as there are any of each."""
        published, refused = (list(self._still(side)) for side in (Theirs.PUBLISHED, Theirs.REFUSED))
        half = SHARPEST // 2
        from_refused = refused[: max(half, SHARPEST - len(published))]
        return [*from_refused, *published[: SHARPEST - len(from_refused)]]

    def _still(self, side: Theirs) -> Iterator[Disagreement]:
        """The candidates of a side that waves have not changed, sharpest first."""
        ordered = sorted(self._sharp[side], key=lambda entry: entry[:2], reverse=True)
        for _, minus_number, _, disagreement in ordered:
            outcome = self._all[-minus_number][SHIPPED]
            if (outcome.status == "published") == (disagreement.outcome.status == "published"):
                yield disagreement


def _is_alike(theirs: Theirs, outcome: Outcome) -> bool:
    return (theirs == Theirs.PUBLISHED) == (outcome.status == "published")
