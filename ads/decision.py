"""Which ad fills a slot: a pure function of (snapshot, slots, seed), so that it can be replayed.

This version knows status, dates, slots, tiers and weights; targeting, suitability, pacing and
budgets join as further eligibility rules.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

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


@dataclass(frozen=True, slots=True)
class Choice:
    slot: str
    creative_id: UUID | None
    no_fill_reason: str = ""


def first_failing_rule(candidate: Candidate, *, slot: str, at: datetime) -> str:
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
    return ""


def decide(snapshot: Sequence[Candidate], *, slots: Sequence[str], at: datetime, seed: int) -> list[Choice]:
    """One choice per slot, in order: the highest tier with a candidate, then by weight; no creative twice."""
    draw = random.Random(seed)  # noqa: S311  (fair and replayable, not secret)
    used: set[UUID] = set()
    choices = []
    for slot in slots:
        eligible = [
            c for c in snapshot if not first_failing_rule(c, slot=slot, at=at) and c.creative_id not in used
        ]
        if not eligible:
            choices.append(Choice(slot, None, "no_eligible_line_item"))
            continue
        tier = min(TIERS.index(candidate.tier) for candidate in eligible)
        pool = sorted((c for c in eligible if TIERS.index(c.tier) == tier), key=lambda c: c.creative_id)
        winner = draw.choices(pool, weights=[candidate.weight for candidate in pool])[0]
        used.add(winner.creative_id)
        choices.append(Choice(slot, winner.creative_id))
    return choices
