"""Choosing the ads of one page view and writing each choice down; and saying, later, why it was so."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from ads.decision import TIERS, Choice, Standing, Surroundings, decide, rules_at
from ads.delivery.ledger import leases_taken, left_in_pots
from ads.delivery.models import AdDecision
from ads.delivery.snapshots import Choices, choices_of, stored
from ads.fresh import Fresh
from ads.models import Creative, LineItem, Slot
from ads.selectors import NOBODY, Reader, surroundings
from ads.thread_places import Gap, Roots, gaps
from articles.models import Article, Site
from newsroom.ids import uuid7

UNKNOWN_SLOT = "unknown_slot"
NO_PLACE_IN_THREAD = "no_place_in_thread"
NO_ROOTS = Roots(())


@dataclass(frozen=True, slots=True)
class Served:
    """What one place got: a decision with its creative, or why not; ``gap``: which two comments it parts."""

    code: str
    slot: Slot | None
    decision: AdDecision | None
    creative: Creative | None
    reason: str = ""
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """One place to be filled; a slot in a thread has one per gap."""

    slot: Slot
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class _Draw:
    """What all decisions of one page view have in common."""

    article: Article
    choices: Choices
    beside: Surroundings
    codes: list[str]
    at: datetime
    seed: int
    view: UUID


def serve(
    article: Article,
    codes: Sequence[str],
    *,
    at: datetime,
    view: UUID | None = None,
    seed: int | None = None,
    reader: Reader = NOBODY,
    roots: Roots = NO_ROOTS,
    standing: Sequence[Standing] = (),
) -> list[Served]:
    """Fill an article's slots in the order asked, and write every choice down, unfilled ones too.

    Args:
        standing: what earlier calls of this page view were given.
        roots: the top-level comments that are shown; a slot in the thread is filled in each of its gaps.
    """
    choices = choices_of(article.site)
    slots = {slot.code: slot for slot in choices.slots}
    places = [place for code in codes if code in slots for place in _places(slots[code], roots)]
    if not places:
        return [_unfilled(code, slots) for code in codes]
    draw = _draw(article, choices, places, at=at, view=view, seed=seed, reader=reader)
    if standing:
        draw = replace(draw, beside=replace(draw.beside, standing=tuple(standing)))
    made = decide(choices.index, slots=draw.codes, at=at, seed=draw.seed, beside=draw.beside)
    rows = [_decision(choice, place, draw) for choice, place in zip(made, places, strict=True)]
    _write_down(rows, draw)
    filled: dict[str, list[Served]] = {}
    for place, row in zip(places, rows, strict=True):
        creative = choices.creatives[row.creative_id] if row.creative_id else None
        one = Served(place.slot.code, place.slot, row, creative, row.no_fill_reason, place.gap)
        filled.setdefault(place.slot.code, []).append(one)
    return [one for code in codes for one in filled.get(code) or [_unfilled(code, slots)]]


def _places(slot: Slot, roots: Roots) -> list[_Place]:
    if slot.position != Slot.Position.IN_THREAD:
        return [_Place(slot)]
    return [_Place(slot, gap) for gap in gaps(slot, roots)]


def _unfilled(code: str, slots: dict[str, Slot]) -> Served:
    """A slot that there is not, or that has no place between these comments: nothing was decided."""
    reason = NO_PLACE_IN_THREAD if code in slots else UNKNOWN_SLOT
    return Served(code, slots.get(code), None, None, reason)


def _draw(
    article: Article,
    choices: Choices,
    places: Sequence[_Place],
    *,
    at: datetime,
    view: UUID | None,
    seed: int | None,
    reader: Reader,
) -> _Draw:
    spent, ahead = held_back(choices, article.site, at=at)
    slots = list({place.slot.code: place.slot for place in places}.values())
    beside = surroundings(article, at=at, slots=slots, spent=spent, ahead=ahead, reader=reader)
    codes = [place.slot.code for place in places]
    number = secrets.randbits(62) if seed is None else seed
    return _Draw(article, choices, beside, codes, at, number, view or uuid7())


def _decision(choice: Choice, place: _Place, draw: _Draw) -> AdDecision:
    winner = draw.choices.winners[choice.creative_id] if choice.creative_id else None
    price = draw.choices.prices[winner.line_item_id] if winner else None
    return AdDecision(
        id=uuid7(at=draw.at),
        at=draw.at,
        view=draw.view,
        site_id=draw.article.site_id,
        article_id=draw.article.pk,
        slot_id=place.slot.pk,
        line_item_id=winner.line_item_id if winner else None,
        creative_id=choice.creative_id,
        no_fill_reason=choice.no_fill_reason,
        price_model=price.model if price else "",
        price_micros=price.each if price else 0,
        seed=draw.seed,
        snapshot_id=draw.choices.digest,
        neighbours=[place.gap.above, place.gap.below] if place.gap else [],
    )


_COLUMNS = (
    "id", "at", "view", "site_id", "article_id", "slot_id", "line_item_id", "creative_id", "no_fill_reason",
    "price_model", "price_micros", "seed", "snapshot_id", "context", "neighbours", "demo",
)  # fmt: skip
_ROW = f"({', '.join(['%s'] * len(_COLUMNS))})"
_WRITE = f"INSERT INTO delivery_addecision ({', '.join(_COLUMNS)}) VALUES "  # noqa: S608  (fixed texts)


def _write_down(rows: Sequence[AdDecision], draw: _Draw) -> None:
    """One statement for the whole page view; plain SQL, since it is most of what a decision costs."""
    common = json.dumps(_as_json(draw.beside) | {"slots": draw.codes})[:-1]
    values: list[Any] = []
    for place, row in enumerate(rows):
        values += (
            row.pk, row.at, row.view, row.site_id, row.article_id, row.slot_id, row.line_item_id,
            row.creative_id, row.no_fill_reason, row.price_model, row.price_micros, row.seed,
            row.snapshot_id, f'{common}, "place": {place}}}', row.neighbours, False,
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_WRITE + ", ".join([_ROW] * len(rows)), values)


HeldBack = tuple[frozenset[UUID], frozenset[UUID]]
_held_back: Fresh[tuple[Any, ...], HeldBack] = Fresh()


def held_back(choices: Choices, site: Site, *, at: datetime) -> HeldBack:
    """The line items whose next event would cross one of their limits, and those ahead of their pace.

    As old as what others have spent may be; this process's own leases count at once.
    """
    key = (choices.version, site.pk, leases_taken())
    return _held_back.get(key, lambda: _read_held_back(choices, site, at=at))


def _read_held_back(choices: Choices, site: Site, *, at: datetime) -> HeldBack:
    if not choices.limited:
        return frozenset(), frozenset()
    day = at.astimezone(ZoneInfo(site.time_zone)).date()
    names = {spend_key(key, day): key for key in choices.limited}
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [list(names)])
        held = cursor.fetchall()
    own = left_in_pots()  # Reserved by this process, for exactly what it may be about to choose.
    over, ahead = set(choices.too_small), set()
    for key, micros in held:  # Where nothing was spent yet, nothing is over or ahead.
        spent = micros - own.get(key, 0)
        for item, most in choices.limited[names[key]]:
            price = choices.prices[item]
            if spent > most:
                over.add(item)
            if price.plan and key.startswith("item:") and spent >= price.plan.allowed(at=at, each=price.each):
                ahead.add(item)
    return frozenset(over), frozenset(ahead)


_HELD = "SELECT key, settled_micros + reserved_micros FROM delivery_spend WHERE key = ANY(%s)"


def spend_key(key: str, day: Any) -> str:
    return f"{key.removesuffix(':day')}:{day}" if key.endswith(":day") else key


# --- why ---------------------------------------------------------------------------------------------------
def explain(decision: AdDecision) -> dict[str, Any]:
    """Each line item with its first failing rule or its odds, and the same draw again."""
    beside, asked = _from_json(decision.context), decision.context["slots"]
    candidates = stored(decision.snapshot_id)
    again = decide(candidates, slots=asked, at=decision.at, seed=decision.seed, beside=beside)
    place = decision.context.get("place")
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


def _as_json(beside: Surroundings) -> dict[str, Any]:
    return {
        "sensitivity": dict(beside.sensitivity),
        "thread": beside.thread,
        "override": beside.override,
        "at_thread": sorted(beside.at_thread),
        "spent": sorted(str(item) for item in beside.spent),
        "ahead": sorted(str(item) for item in beside.ahead),
        "audience": dict(beside.audience),
        "floors": dict(beside.floors),
        "sizes": {slot: list(sizes) for slot, sizes in beside.sizes.items()},
    } | ({"standing": [_plain(one) for one in beside.standing]} if beside.standing else {})


def _from_json(context: dict[str, Any]) -> Surroundings:
    return Surroundings(
        sensitivity=context["sensitivity"],
        thread=context["thread"],
        override=context["override"],
        at_thread=frozenset(context["at_thread"]),
        spent=frozenset(UUID(item) for item in context["spent"]),
        ahead=frozenset(UUID(item) for item in context.get("ahead", ())),
        audience=context.get("audience", {}),
        floors=context.get("floors", {}),
        sizes=context.get("sizes", {}),
        standing=[
            Standing(**one | {name: UUID(one[name]) for name in ("creative_id", "line_item_id")})
            for one in context.get("standing", ())
        ],
    )


def _plain(one: Standing) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(one).items()}
