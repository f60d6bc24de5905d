"""Near-copies by several commenters within a day, found in a file that is in any order."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from moderation.near_copies import WAVE_WINDOW, bands_of, wave_findings

_MOST_COMPARED = 50  # the newest of other commenters; two that are alike make a wave

_Entry = tuple[float, int, Hashable, bytes]  # at, number, author, signature


@dataclass(slots=True)
class Waves:
    """The signatures of all comments that can have near-copies: 256 bytes each."""

    _found: list[_Entry] = field(default_factory=list)

    def add(self, number: int, *, at: float, author: Hashable, signature: bytes) -> None:
        self._found.append((at, number, author, signature))

    def members(self) -> set[int]:
        """The comments that a live site would have found to be part of a wave; it sees those before each."""
        self._found.sort(key=lambda entry: entry[:2])
        recent: deque[_Entry] = deque()
        by_band: defaultdict[tuple[int, bytes], dict[Hashable, _Entry]] = defaultdict(dict)
        members = set()
        for entry in self._found:
            at, number, author, signature = entry
            while recent and recent[0][0] <= at - WAVE_WINDOW.total_seconds():
                _forget(recent.popleft(), by_band)
            bands = [by_band[band] for band in bands_of(signature)]
            if wave_findings(signature, _others(author, bands)):
                members.add(number)
            recent.append(entry)
            for band in bands:
                band.pop(author, None)  # Put in anew, it is the newest.
                band[author] = entry
        return members


def _forget(entry: _Entry, by_band: dict[tuple[int, bytes], dict[Hashable, _Entry]]) -> None:
    _, _, author, signature = entry
    for key in bands_of(signature):
        band = by_band[key]
        if band.get(author) is entry:
            del band[author]
        if not band:
            del by_band[key]


def _others(author: Hashable, bands: list[dict[Hashable, _Entry]]) -> set[tuple[Hashable, bytes]]:
    """The newest text of each other commenter that shares a band."""
    found: set[tuple[Hashable, bytes]] = set()
    for band in bands:
        for other, entry in reversed(band.items()):
            if len(found) >= _MOST_COMPARED:
                return found
            if other != author:
                found.add((other, entry[3]))
    return found
