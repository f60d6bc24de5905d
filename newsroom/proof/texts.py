"""Texts for a load: no two alike, most fit to print, some rude, some with too many links."""

from __future__ import annotations

import random

_NOUNS = (
    "bus", "bridge", "harbour", "council", "school", "library", "market", "garden", "river",
    "kettle", "baker", "teacher", "ferry", "timetable", "choir", "station", "museum", "footpath",
    "lantern", "orchard", "bakery", "postbox", "allotment", "lifeboat", "tram", "clinic", "theatre",
    "playground",
)  # fmt: skip
_VERBS = (
    "opened", "closed", "mended", "painted", "moved", "praised", "measured", "visited", "counted",
    "borrowed", "rented", "photographed",
)  # fmt: skip
_ADVERBS = (
    "yesterday", "quietly", "again", "slowly", "twice", "early", "today", "properly", "together",
    "in spring", "on Tuesday", "at last",
)  # fmt: skip
_RUDE = "What a stupid idiot you are, you pathetic moron. The {} and the {} prove it."


class Writer:
    """Draws with its own dice; the same seed gives the same texts."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311  (test data)

    def comment(self) -> str:
        """One text, 9 in 10 of them harmless."""
        roll = self._dice.random()
        if roll < 0.07:
            return _RUDE.format(self._noun(), self._noun())
        if roll < 0.10:
            return " ".join(f"https://{self._noun()}-{self._noun()}.example.com/{n}" for n in range(4))
        return " ".join(self._sentence() for _ in range(self._dice.choice((1, 2, 2, 3))))

    def network(self) -> str:
        return ".".join(["10", *(str(self._dice.randrange(1, 255)) for _ in range(3))])

    def _sentence(self) -> str:
        dice = self._dice
        return (
            f"The {self._noun()} by the {self._noun()} {dice.choice(_VERBS)} the {self._noun()} and the"
            f" {self._noun()} number {dice.randrange(10_000)} {dice.choice(_ADVERBS)}."
        )

    def _noun(self) -> str:
        return self._dice.choice(_NOUNS)
