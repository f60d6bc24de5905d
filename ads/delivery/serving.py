"""Choosing the ads of one page view and writing each choice down; and saying, later, why it was so."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ads.decision import TIERS, Choice, Surroundings, decide, first_failing_rule
from ads.delivery.models import AdDecision, Spend
from ads.delivery.snapshots import Choices, choices_of, stored
from ads.models import Creative, LineItem, Slot
from ads.selectors import AT_THREAD, surroundings
from articles.models import Article
from newsroom.ids import uuid7

UNKNOWN_SLOT = "unknown_slot"


@dataclass(frozen=True, slots=True)
class Served:
    """What one asked slot got: a decision with its creative, or why not."""

    code: str
    slot: Slot | None
    decision: AdDecision | None
    creative: Creative | None
    reason: str = ""


def serve(
    article: Article,
    codes: Sequence[str],
    *,
    at: datetime,
    view: UUID | None = None,
    seed: int | None = None,
    loaded: Iterable[Slot] | None = None,
    device: str = "",
) -> list[Served]:
    """Fill an article's slots in the order asked, and write every choice down, unfilled ones too.

    Args:
        loaded: the active slots of these codes, from who has them already.
        device: what the reader holds, as far as the browser says.
    """
    found = Slot.objects.filter(site=article.site, active=True, code__in=codes) if loaded is None else loaded
    slots = {slot.code: slot for slot in found}
    known = [code for code in codes if code in slots]
    choices = choices_of(article.site)
    at_thread = [code for code in known if slots[code].position in AT_THREAD]
    spent, ahead = held_back(choices, article, at=at)
    beside = surroundings(article, at=at, at_thread=at_thread, spent=spent, ahead=ahead, device=device)
    draw = secrets.randbits(62) if seed is None else seed
    made = decide(choices.candidates, slots=known, at=at, seed=draw, beside=beside)
    rows = {
        choice.slot: _decision(choice, slots[choice.slot], article, choices, beside, known, at, draw, view)
        for choice in made
    }
    AdDecision.objects.bulk_create(rows.values())
    wanted = [row.creative_id for row in rows.values() if row.creative_id]
    creatives = Creative.objects.select_related("image", "line_item__campaign__advertiser__site").in_bulk(
        wanted
    )
    return [_served(code, slots.get(code), rows.get(code), creatives) for code in codes]


def _served(code: str, slot: Slot | None, row: AdDecision | None, creatives: dict[UUID, Creative]) -> Served:
    if row is None:
        return Served(code, None, None, None, UNKNOWN_SLOT)
    creative = creatives.get(row.creative_id) if row.creative_id else None
    return Served(code, slot, row, creative, row.no_fill_reason)


def _decision(
    choice: Choice,
    slot: Slot,
    article: Article,
    choices: Choices,
    beside: Surroundings,
    asked: Sequence[str],
    at: datetime,
    seed: int,
    view: UUID | None,
) -> AdDecision:
    winner = next((c for c in choices.candidates if c.creative_id == choice.creative_id), None)
    price = choices.prices[winner.line_item_id] if winner else None
    return AdDecision(
        id=uuid7(at=at),
        at=at,
        view=view or uuid7(),
        site_id=article.site_id,
        article=article,
        slot=slot,
        line_item_id=winner.line_item_id if winner else None,
        creative_id=choice.creative_id,
        no_fill_reason=choice.no_fill_reason,
        price_model=price.model if price else "",
        price_micros=price.each if price else 0,
        seed=seed,
        snapshot_id=choices.digest,
        context=_as_json(beside) | {"slots": list(asked)},
    )


def held_back(choices: Choices, article: Article, *, at: datetime) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """The line items whose next event would cross one of their limits, and those ahead of their pace."""
    day = at.astimezone(ZoneInfo(article.site.time_zone)).date()
    limits = {
        (item, spend_key(key, day)): limit - price.each
        for item, price in choices.prices.items()
        for key, limit in price.limits.items()
        if price.each
    }
    if not limits:
        return frozenset(), frozenset()
    keys = {key for _, key in limits}
    spent = dict(Spend.objects.filter(key__in=keys).values_list("key", "settled_micros"))
    over = frozenset(item for (item, key), most in limits.items() if spent.get(key, 0) > most)
    ahead = frozenset(
        item
        for item, price in choices.prices.items()
        if price.each and price.plan is not None
        if spent.get(f"item:{item}", 0) >= price.plan.allowed(at=at, each=price.each)
    )
    return over, ahead


def spend_key(key: str, day: Any) -> str:
    return f"{key.removesuffix(':day')}:{day}" if key.endswith(":day") else key


# --- why ---------------------------------------------------------------------------------------------------
def explain(decision: AdDecision) -> dict[str, Any]:
    """Each line item with its first failing rule or its odds, and the same draw again."""
    beside, asked = _from_json(decision.context), decision.context["slots"]
    candidates = stored(decision.snapshot_id)
    again = decide(candidates, slots=asked, at=decision.at, seed=decision.seed, beside=beside)
    place = asked.index(decision.slot.code) if decision.slot.code in asked else 0
    before = again[:place]
    used = {choice.creative_id for choice in before if choice.creative_id}
    names = dict(
        LineItem.objects.filter(pk__in={c.line_item_id for c in candidates}).values_list("pk", "name")
    )
    rows = []
    for found in candidates:
        rule = first_failing_rule(found, slot=decision.slot.code, at=decision.at, beside=beside)
        if not rule and found.creative_id in used:
            rule = "already_on_this_page"
        rows.append((found, rule))
    best = min((TIERS.index(c.tier) for c, rule in rows if not rule), default=None)
    pool = sum(c.weight for c, rule in rows if not rule and TIERS.index(c.tier) == best)
    replayed = again[place].creative_id if again else None
    return {
        "decision": str(decision.pk),
        "at": decision.at,
        "slot": decision.slot.code,
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


def _as_json(beside: Surroundings) -> dict[str, Any]:
    return {
        "sensitivity": dict(beside.sensitivity),
        "thread": beside.thread,
        "override": beside.override,
        "at_thread": sorted(beside.at_thread),
        "spent": sorted(str(item) for item in beside.spent),
        "ahead": sorted(str(item) for item in beside.ahead),
        "audience": dict(beside.audience),
    }


def _from_json(context: dict[str, Any]) -> Surroundings:
    return Surroundings(
        sensitivity=context["sensitivity"],
        thread=context["thread"],
        override=context["override"],
        at_thread=frozenset(context["at_thread"]),
        spent=frozenset(UUID(item) for item in context["spent"]),
        ahead=frozenset(UUID(item) for item in context.get("ahead", ())),
        audience=context.get("audience", {}),
    )
