"""Which ad fills a slot: a pure function of (snapshot, slots, seed), so that it can be replayed.

It knows status, approval, dates, slots, targeting, suitability, budgets, pacing, tiers and weights.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ads.suitability import CALM, HOUSE, NONE, UNKNOWN, conflict
from ads.targeting import Rules, missed

TIERS = ("sponsorship", "standard", "bulk", "house")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One creative of one line item, flattened for choosing."""

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
        audience: what targeting asks for: section, tags, author, device, hour and conversation.
    """

    sensitivity: Mapping[str, str] = field(default_factory=lambda: UNKNOWN)
    thread: str = CALM
    override: str = ""
    at_thread: frozenset[str] = frozenset()
    spent: frozenset[UUID] = frozenset()
    ahead: frozenset[UUID] = frozenset()
    audience: Mapping[str, Sequence[str]] = field(default_factory=dict)


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
    """Why a candidate may not stand beside this, or an empty string."""
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


def decide(
    snapshot: Sequence[Candidate],
    *,
    slots: Sequence[str],
    at: datetime,
    seed: int,
    beside: Surroundings | None = None,
) -> list[Choice]:
    """One choice per slot, in order: the highest tier with a candidate, then by weight; no creative twice."""
    draw = random.Random(seed)  # noqa: S311  (fair and replayable, not secret)
    used: set[UUID] = set()
    groups: dict[str, str] = {}  # The one sponsor of each group of competitors that stands on this page.
    choices = []
    for slot in slots:
        eligible = [
            c
            for c in snapshot
            if not first_failing_rule(c, slot=slot, at=at, beside=beside)
            and c.creative_id not in used
            and groups.get(c.competitor_group, c.sponsor) == c.sponsor
        ]
        if not eligible:
            choices.append(Choice(slot, None, "no_eligible_line_item"))
            continue
        tier = min(TIERS.index(candidate.tier) for candidate in eligible)
        pool = sorted((c for c in eligible if TIERS.index(c.tier) == tier), key=lambda c: c.creative_id)
        winner = draw.choices(pool, weights=[candidate.weight for candidate in pool])[0]
        used.add(winner.creative_id)
        if winner.competitor_group:
            groups[winner.competitor_group] = winner.sponsor
        choices.append(Choice(slot, winner.creative_id))
    return choices
