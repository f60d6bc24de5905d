"""Near-copies by several commenters within a day, found in a file that is in any order."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from moderation.near_copies import BANDS, WAVE_WINDOW, wave_findings

_MOST_COMPARED = 200  # as many as a live site looks at
_MOST_PASSED = 1_000  # of one commenter's own copies, which do not count


@dataclass(slots=True)
class Waves:
    """The signatures of all comments that can have near-copies: 256 bytes each."""

    _found: list[tuple[float, int, Hashable, bytes]] = field(default_factory=list)

    def add(self, number: int, *, at: float, author: Hashable, signature: bytes) -> None:
        self._found.append((at, number, author, signature))

    def members(self) -> set[int]:
        """The comments that a live site would have found to be part of a wave; it sees those before each."""
        self._found.sort(key=lambda entry: entry[:2])
        window = WAVE_WINDOW.total_seconds()
        recent: deque[tuple[float, int, Hashable, bytes]] = deque()
        by_band: defaultdict[tuple[int, bytes], deque[tuple[Hashable, bytes]]] = defaultdict(deque)
        members = set()
        for entry in self._found:
            at, number, author, signature = entry
            while recent and recent[0][0] <= at - window:
                _, _, _, old = recent.popleft()
                for key in _bands(old):
                    by_band[key].popleft()  # The oldest of a band is the oldest of all in it.
                    if not by_band[key]:
                        del by_band[key]
            near = _others(author, [by_band[key] for key in _bands(signature) if key in by_band])
            if wave_findings(signature, near):
                members.add(number)
            recent.append(entry)
            for key in _bands(signature):
                by_band[key].append((author, signature))
        return members


def _bands(signature: bytes) -> Iterator[tuple[int, bytes]]:
    size = len(signature) // BANDS
    for band in range(BANDS):
        yield band, signature[band * size : (band + 1) * size]


def _others(author: Hashable, sharing: list[deque[tuple[Hashable, bytes]]]) -> set[tuple[Hashable, bytes]]:
    """The newest texts by others that share a band."""
    found: set[tuple[Hashable, bytes]] = set()
    for entries in sharing:
        for passed, entry in enumerate(reversed(entries)):
            if len(found) >= _MOST_COMPARED or passed >= _MOST_PASSED:
                break
            if entry[0] != author:
                found.add(entry)
    return found
