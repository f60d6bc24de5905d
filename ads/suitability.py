"""Which advertiser may stand beside which article and conversation. Pure.

An article is a risk per sensitive topic; an advertiser names the highest risk it accepts per topic, and
how heated a conversation may be beside it. The stricter side wins wherever something is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

# Source: IAB Tech Lab Content Taxonomy 3.x, sensitive topics; the same codes as articles.models.Topic.
TOPICS = (
    "war", "terrorism", "crime", "death", "disaster", "adult", "drugs", "hate", "obscenity", "piracy",
    "politics", "health",
)  # fmt: skip
RISKS = ("low", "medium", "high", "no_ads")
NO_ADS = "no_ads"
# What an advertiser accepts: ``none`` not even a low risk. There is no accepting ``no_ads``.
TOLERANCES = ("none", "low", "medium", "high")
DEFAULT_TOLERANCE = "medium"
# What an article is taken for of which nobody has said anything.
UNKNOWN = MappingProxyType(dict.fromkeys(TOPICS, "medium"))

CALM, HEATED, UNSAFE = "calm", "heated", "unsafe"
THREADS = (CALM, HEATED, UNSAFE)
HOUSE, NONE = "house", "none"
_RISK = {name: rank for rank, name in enumerate(RISKS)}
_ACCEPTED = {name: rank for rank, name in enumerate(TOLERANCES, start=-1)}
_HEAT = {name: rank for rank, name in enumerate(THREADS)}


def conflict(
    sensitivity: Mapping[str, str],
    thread: str,
    *,
    tolerances: Mapping[str, str],
    thread_tolerance: str,
    is_house: bool = False,
    in_thread: bool = True,
) -> str:
    """The first reason why an advertiser may not stand here; empty if it may.

    Args:
        sensitivity: risk per topic; topics that are not named are not touched. Empty: not known, so
            *medium* for every topic.
        thread: how the conversation is; an unknown word counts as unsafe.
        tolerances: the highest risk accepted per topic; *medium* for those that are not named.
        thread_tolerance: the most heated conversation that the advertiser accepts; never *unsafe*.
        is_house: the paper's own; only *no ads* keeps it out.
        in_thread: whether the slot stands in or at the conversation.
    """
    known = sensitivity or UNKNOWN
    if NO_ADS in known.values():
        return NO_ADS
    if is_house:
        return ""
    for topic in sorted(known):
        if is_refused(tolerances, topic, known[topic]):
            return f"sensitive_{topic}"
    if in_thread and is_too_heated(thread_tolerance, thread):
        return f"thread_{THREADS[_HEAT.get(thread, _HEAT[UNSAFE])]}"
    return ""


def is_refused(tolerances: Mapping[str, str], topic: str, risk: str) -> bool:
    """Whether a risk is above what is accepted of its topic."""
    accepted = _ACCEPTED.get(tolerances.get(topic, DEFAULT_TOLERANCE), -1)
    return _RISK.get(risk, _RISK[NO_ADS]) > accepted


def is_too_heated(thread_tolerance: str, thread: str) -> bool:
    """Whether a conversation is more heated than accepted; an unsafe one always is."""
    heat = _HEAT.get(thread, _HEAT[UNSAFE])
    return heat == _HEAT[UNSAFE] or heat > _HEAT.get(thread_tolerance, 0)


def strictest(actions: Iterable[str]) -> str:
    """What several overrides make together: ``none`` before ``house`` before nothing (empty)."""
    found = set(actions)
    return NONE if NONE in found else HOUSE if found else ""


def highest(sensitivity: Mapping[str, str]) -> str:
    """The highest risk over all topics; *medium* where nothing is known."""
    return max((sensitivity or UNKNOWN).values(), key=lambda risk: _RISK.get(risk, _RISK[NO_ADS]))


def is_raised(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether any topic is riskier than it was."""
    known = before or UNKNOWN
    return any(
        _RISK.get(risk, _RISK[NO_ADS]) > (_RISK[known[topic]] if topic in known else -1)
        for topic, risk in after.items()
    )
