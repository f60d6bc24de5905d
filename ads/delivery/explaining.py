"""Why a decision was made, told from what it was made on; and the same draw again."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from ads.decision import TIERS, decide, rules_at
from ads.delivery.circumstances import circumstances_of, surroundings_of
from ads.delivery.models import AdDecision
from ads.delivery.references import ids_meant
from ads.delivery.snapshots import stored
from ads.delivery.writing import EVERY_S, writer
from ads.models import LineItem
from newsroom.ids import uuid7_time

LATELY = timedelta(seconds=5)


def decision_of(rows: QuerySet[AdDecision], asked: UUID | str) -> AdDecision | None:
    """The one decision among these rows that an id or a reference names.

    One of this moment may not be written yet: it is waited for.
    """
    meant = ids_meant(str(asked))
    if meant is None:
        return None
    found = list(rows.filter(pk__range=meant)[:2])
    if not found and writer.is_behind and abs(timezone.now() - uuid7_time(meant[0])) < LATELY:
        writer.flush()
        time.sleep(2 * EVERY_S)  # Another process may have it.
        found = list(rows.filter(pk__range=meant)[:2])
    return found[0] if len(found) == 1 else None


def explain(decision: AdDecision) -> dict[str, Any]:
    """Each line item with its first failing rule or its odds, and the same draw again."""
    context = circumstances_of(decision)
    beside, asked = surroundings_of(context), context["slots"]
    candidates = stored(decision.snapshot_id)
    again = decide(candidates, slots=asked, at=decision.at, seed=decision.seed, beside=beside)
    place = context.get("place")
    if place is None:  # Decided before a slot could have several places.
        place = asked.index(decision.slot.code) if decision.slot.code in asked else 0
    rules = rules_at(candidates, slots=asked, at=decision.at, seed=decision.seed, beside=beside, place=place)
    names = dict(
        LineItem.objects.filter(pk__in={c.line_item_id for c in candidates}).values_list("pk", "name")
    )
    rows = list(zip(candidates, rules, strict=True))
    best = min((TIERS.index(c.tier) for c, rule in rows if not rule), default=None)
    pool = sum(c.weight for c, rule in rows if not rule and TIERS.index(c.tier) == best)
    replayed = again[place].creative_id if again else None
    return {
        "decision": str(decision.pk),
        "at": decision.at,
        "slot": asked[place] if asked else decision.slot.code,  # Its code may have changed since.
        "neighbours": [str(comment) for comment in decision.neighbours],
        "article": decision.article.slug,
        "winner": str(decision.line_item_id) if decision.line_item_id else None,
        "no_fill_reason": decision.no_fill_reason or None,
        "replayed": replayed == decision.creative_id,
        "seed": str(decision.seed),
        "snapshot": decision.snapshot_id,
        "sensitivity": dict(beside.sensitivity),
        "thread": beside.thread,
        "override": beside.override or None,
        "audience": dict(beside.audience),
        "line_items": [
            {
                "line_item": str(c.line_item_id),
                "creative": str(c.creative_id),
                "name": names.get(c.line_item_id, ""),
                "sponsor": c.sponsor,
                "tier": c.tier,
                "weight": c.weight,
                "rule": rule or ("" if TIERS.index(c.tier) == best else "lower_tier"),
                "odds": round(c.weight / pool, 6) if not rule and TIERS.index(c.tier) == best else 0.0,
            }
            for c, rule in rows
        ],
    }
