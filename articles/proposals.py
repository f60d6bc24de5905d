"""Which sensitive topics an article seems to touch, by its words and its section. Proposes only. Pure.

Editors decide; until one has, the proposal holds, so that a report of a death does not stand beside a sale
while nobody has looked. English words; for other languages the section alone speaks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

RISKS = ("low", "medium", "high")
# Topic to words, by the risk of an article that names them on top. A word stands for its plural too.
WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "war": {
        "high": (
            "airstrike", "air strike", "artillery", "bombardment", "drone strike", "invasion", "missile",
            "shelling", "war crime", "warzone", "massacre",
        ),
        "medium": ("ceasefire", "front line", "insurgent", "military", "soldier", "troops", "truce", "war"),
    },
    "terrorism": {
        "high": ("bombing", "hostage", "suicide bomber", "terror attack", "terrorist"),
        "medium": ("extremist", "radicalisation", "terrorism"),
    },
    "crime": {
        "high": (
            "abduction", "assault", "kidnapping", "manslaughter", "murder", "rape", "shooting", "stabbing",
        ),
        "medium": ("arson", "burglary", "fraud", "gang", "robbery", "theft", "violence"),
        "low": ("court", "police", "sentenced", "trial", "suspect"),
    },
    "death": {
        "high": ("bodies", "dead", "drowned", "fatal", "killed", "mass grave", "suicide", "victim"),
        "medium": ("casualty", "coroner", "died", "death", "funeral", "inquest", "injured", "wounded"),
        "low": ("obituary", "mourner"),
    },
    "disaster": {
        "high": ("avalanche", "derailment", "earthquake", "explosion", "plane crash", "tsunami", "wreckage"),
        "medium": ("collapse", "crash", "evacuation", "flood", "hurricane", "landslide", "wildfire"),
        "low": ("outage", "storm"),
    },
    "adult": {"high": ("pornography",), "medium": ("escort agency", "sex work", "strip club")},
    "drugs": {
        "high": ("cocaine", "fentanyl", "heroin", "overdose"),
        "medium": ("addiction", "drug dealer", "drug smuggling", "narcotics"),
        "low": ("alcohol", "brewery", "cannabis", "tobacco", "vaping"),
    },
    "hate": {
        "high": ("genocide", "hate crime", "lynching"),
        "medium": ("antisemitic", "homophobic", "islamophobic", "racist", "racism", "xenophobic"),
    },
    "obscenity": {"medium": ("expletive", "obscene", "obscenity", "profanity")},
    "piracy": {"medium": ("bootleg", "counterfeit", "pirated")},
    "politics": {
        "medium": ("abortion", "asylum seeker", "deportation", "election", "protest", "referendum", "riot"),
        "low": ("council", "minister", "parliament", "mayor"),
    },
    "health": {
        "high": ("epidemic", "outbreak", "pandemic"),
        "medium": ("cancer", "hospitalised", "poisoning", "virus"),
        "low": ("clinic", "vaccine"),
    },
}  # fmt: skip
ENOUGH_BELOW = 2  # So many different words, where none stands on top.
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A topic's risk, and the words or the section that speak for it."""

    topic: str
    risk: str
    because: tuple[str, ...]


def propose(
    *, top: str, body: str, default_topic: str = "", default_risk: str = "", language: str = "en"
) -> list[Proposal]:
    """The topics that words name, with the section's own; empty where no word does.

    Args:
        top: headline and standfirst: one word there is enough. In the body alone it takes two different
            ones, and they count a step lower.
    """
    found: dict[str, Proposal] = {}
    if language.partition("-")[0].lower() == "en":
        above, below = _folded(top), _folded(body)
        found = {p.topic: p for topic in WORDS if (p := _named(topic, above, below)) is not None}
    if found and default_topic and default_risk in RISKS:
        known = found.get(default_topic)
        if known is None or RISKS.index(known.risk) < RISKS.index(default_risk):
            found[default_topic] = Proposal(default_topic, default_risk, ("section",))
    return [found[topic] for topic in sorted(found)]


def _named(topic: str, above: str, below: str) -> Proposal | None:
    on_top = {word: risk for risk, words in WORDS[topic].items() for word in words if f" {word} " in above}
    if on_top:
        return Proposal(topic, max(on_top.values(), key=RISKS.index), tuple(sorted(on_top)))
    inside = {word: risk for risk, words in WORDS[topic].items() for word in words if f" {word} " in below}
    if len(inside) < ENOUGH_BELOW:
        return None
    risk = max(inside.values(), key=RISKS.index)
    return Proposal(topic, RISKS[max(0, RISKS.index(risk) - 1)], tuple(sorted(inside)))


def _folded(text: str) -> str:
    """Words between single spaces, each also without a plural's ending."""
    words = [word.group().casefold().removesuffix("'s").removesuffix("’s") for word in _WORD.finditer(text)]
    return f" {' '.join(words)}  {' '.join(_singular(word) for word in words)} "


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
