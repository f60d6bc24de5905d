"""Texts by the thousand for the large seed, from a few templates. Pure, and the same for the same seed."""

from __future__ import annotations

import random
import tomllib
from functools import cache
from typing import Any

from seeds.content import FOLDER

PARAGRAPHS = 6


@cache
def phrases() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "phrases.toml").read_text())


class Writer:
    """Headlines, articles, names and comments, drawn with its own dice."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def headline(self) -> str:
        p, rng = phrases(), self._rng
        subject = rng.choice(p["bodies"])
        text = f"{subject} {rng.choice(p['verbs'])} {rng.choice(p['things'])} {rng.choice(p['outcomes'])}"
        return text[0].upper() + text[1:]

    def standfirst(self) -> str:
        p, rng = phrases(), self._rng
        return self._filled(rng.choice(p["paragraphs"]))[:500]

    def body(self) -> str:
        chosen = self._rng.sample(phrases()["paragraphs"], PARAGRAPHS)
        return "\n\n".join(self._filled(paragraph) for paragraph in chosen)

    def byline(self) -> str:
        return self._person()

    def reader(self) -> str:
        """A name to comment under: one in four a nickname."""
        p, rng = phrases(), self._rng
        if rng.random() < 0.25:
            return f"{rng.choice(p['nicknames'])}_{rng.randrange(1000)}"
        return self._person()

    def comment(self, *, is_reply: bool) -> str:
        p, rng = phrases(), self._rng
        texts = p["replies"] if is_reply else p["comments"]
        sentences = rng.sample(texts, rng.choice((1, 1, 1, 2, 2, 3)))
        return " ".join(self._filled(sentence) for sentence in sentences)

    def _person(self) -> str:
        p, rng = phrases(), self._rng
        return f"{rng.choice(p['first_names'])} {rng.choice(p['last_names'])}"

    def _filled(self, template: str) -> str:
        p, rng = phrases(), self._rng
        return template.format(
            place=rng.choice(p["places"]),
            thing=rng.choice(p["things"]),
            body=rng.choice(p["bodies"]),
            who=self._person(),
            n=rng.randrange(3, 40),
            m=rng.randrange(40, 900),
        )
