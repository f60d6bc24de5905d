"""Choosing the ads of one page view, and having each choice written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from ads.decision import Choice, Standing, Surroundings, decide
from ads.delivery.circumstances import kept_held, kept_page
from ads.delivery.ledger import left_in_pots, tight_leases_taken
from ads.delivery.records import Record
from ads.delivery.showing import ready
from ads.delivery.snapshots import Choices, choices_of
from ads.delivery.writing import writer
from ads.eligibility import Opened
from ads.fresh import Fresh
from ads.models import Creative, Slot
from ads.selectors import NOBODY, Reader, surroundings
from ads.thread_places import Gap, Roots, gaps
from articles.models import Article, Site
from newsroom.ids import random_bits, uuid7

UNKNOWN_SLOT = "unknown_slot"
NO_PLACE_IN_THREAD = "no_place_in_thread"
NO_ROOTS = Roots(())


@dataclass(frozen=True, slots=True)
class Served:
    """What one place got: a decision with its creative, or why not.

    Attributes:
        gap: which two comments it parts.
        ready: what a page is told of the creative, as it goes out.
    """

    code: str
    slot: Slot | None
    decision: Record | None
    creative: Creative | None
    reason: str = ""
    gap: Gap | None = None
    ready: bytes = b""


@dataclass(frozen=True, slots=True)
class _Place:
    """One place to be filled; a slot in a thread has one per gap."""

    slot: Slot
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class _Page:
    """What all page views of a moment have in common that ask for the same: made once for all of them.

    Attributes:
        page: the digest of its circumstance.
        held: that of the budgets.
    """

    article: Article
    choices: Choices
    places: list[_Place]
    codes: list[str]
    beside: Surroundings
    page: str
    held: str
    opened: Opened = field(repr=False)


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
    """Fill an article's slots in the order asked, and have every choice written down, unfilled ones too.

    Args:
        standing: what earlier calls of this page view were given.
        roots: the top-level comments that are shown; a slot in the thread is filled in each of its gaps.
    """
    choices = choices_of(article.site)
    page = _page(article, choices, codes, at=at, reader=reader, roots=roots)
    if page is None:
        return [_unfilled(code, choices) for code in codes]
    if standing:
        page = _beside_these(page, standing, at=at)
    number, seen = random_bits(62) if seed is None else seed, view or uuid7()
    made = decide(choices.index, slots=page.codes, at=at, seed=number, beside=page.beside, opened=page.opened)
    records = [
        _record(choice, place, page, at=at, view=seen, seed=number) for place, choice in enumerate(made)
    ]
    writer.put(records)
    return _in_order(codes, page, records)


def _in_order(codes: Sequence[str], page: _Page, records: Sequence[Record]) -> list[Served]:
    choices = page.choices
    filled: dict[str, list[Served]] = {}
    for place, record in zip(page.places, records, strict=True):
        creative = choices.creatives[record.creative] if record.creative else None
        one = Served(
            code=place.slot.code,
            slot=place.slot,
            decision=record,
            creative=creative,
            reason=record.no_fill_reason,
            gap=place.gap,
            ready=_ready(choices, creative, place.slot) if creative else b"",
        )
        filled.setdefault(place.slot.code, []).append(one)
    return [one for code in codes for one in filled.get(code) or [_unfilled(code, choices)]]


def _ready(choices: Choices, creative: Creative, slot: Slot) -> bytes:
    found = choices.ready.get((creative.pk, slot.pk))
    if found is None:
        found = choices.ready[creative.pk, slot.pk] = ready(creative, slot)
    return found


def _unfilled(code: str, choices: Choices) -> Served:
    """A slot that there is not, or that has no place between these comments: nothing was decided."""
    slot = choices.slots_by_code.get(code)
    return Served(code, slot, None, None, NO_PLACE_IN_THREAD if slot else UNKNOWN_SLOT)


_pages: Fresh[tuple[Any, ...], _Page | None] = Fresh(share=0.5)


def _page(
    article: Article,
    choices: Choices,
    codes: Sequence[str],
    *,
    at: datetime,
    reader: Reader,
    roots: Roots,
) -> _Page | None:
    """None where there is no place to fill. Kept for a moment, but where comments stand around the places."""

    def made() -> _Page | None:
        return _made_page(article, choices, codes, at=at, reader=reader, roots=roots)

    if roots.ids:
        return made()
    key = (choices.version, article.pk, tuple(codes), reader, tight_leases_taken())
    return _pages.get(key, made)


def _made_page(
    article: Article,
    choices: Choices,
    codes: Sequence[str],
    *,
    at: datetime,
    reader: Reader,
    roots: Roots,
) -> _Page | None:
    slots = choices.slots_by_code
    places = [place for code in codes if code in slots for place in _places(slots[code], roots)]
    if not places:
        return None
    held = held_back(choices, article.site, at=at)
    beside = surroundings(
        article,
        at=at,
        slots=list({place.slot.code: place.slot for place in places}.values()),
        spent=held.spent,
        ahead=held.ahead,
        reader=reader,
    )
    asked = [place.slot.code for place in places]
    page = kept_page(beside, asked, at=at)
    opened = Opened(choices.index, beside)
    return _Page(article, choices, places, asked, beside, page, held.digest, opened)


def _beside_these(page: _Page, standing: Sequence[Standing], *, at: datetime) -> _Page:
    """The page of one view alone; whom its surroundings let in is the same."""
    beside = replace(page.beside, standing=tuple(standing))
    return replace(page, beside=beside, page=kept_page(beside, page.codes, at=at))


def _places(slot: Slot, roots: Roots) -> list[_Place]:
    if slot.position != Slot.Position.IN_THREAD:
        return [_Place(slot)]
    return [_Place(slot, gap) for gap in gaps(slot, roots)]


def _record(choice: Choice, number: int, page: _Page, *, at: datetime, view: UUID, seed: int) -> Record:
    place = page.places[number]
    winner = page.choices.winners[choice.creative_id] if choice.creative_id else None
    price = page.choices.prices[winner.line_item_id] if winner else None
    return Record(
        pk=uuid7(at=at),
        at=at,
        view=view,
        site=page.article.site_id,
        article=page.article.pk,
        slot=place.slot.pk,
        line_item=winner.line_item_id if winner else None,
        creative=choice.creative_id,
        no_fill_reason=choice.no_fill_reason,
        price_model=price.model if price else "",
        price_micros=price.each if price else 0,
        seed=seed,
        snapshot=page.choices.digest,
        page=page.page,
        held=page.held,
        place=number,
        neighbours=(place.gap.above, place.gap.below) if place.gap else (),
    )


@dataclass(frozen=True, slots=True)
class HeldBack:
    """The line items whose next event would cross one of their limits, and those ahead of their pace."""

    spent: frozenset[UUID] = frozenset()
    ahead: frozenset[UUID] = frozenset()
    digest: str = ""


_held_back: Fresh[tuple[Any, ...], HeldBack] = Fresh()


def held_back(choices: Choices, site: Site, *, at: datetime) -> HeldBack:
    """As old as what others have spent may be; what this process finds scarce counts at once."""
    key = (choices.version, site.pk, tight_leases_taken())
    return _held_back.get(key, lambda: _read_held_back(choices, site, at=at))


def _read_held_back(choices: Choices, site: Site, *, at: datetime) -> HeldBack:
    if not choices.limited:
        return HeldBack()
    day = at.astimezone(ZoneInfo(site.time_zone)).date()
    names = {spend_key(key, day): key for key in choices.limited}
    least = [_least(choices, key, at=at) for key in names.values()]
    # As texts: thousands of objects are slow, and so would be rows of which nearly none says anything.
    watched = [f"{{{','.join(names)}}}", f"{{{','.join(map(str, least))}}}"]
    with connection.cursor() as cursor:
        cursor.execute(_HELD, watched)
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
    return HeldBack(frozenset(over), frozenset(ahead), kept_held(over, ahead, at=at))


_HELD = """
SELECT spend.key, spend.settled_micros + spend.reserved_micros
FROM unnest(%s::text[], %s::bigint[]) AS watched (key, least)
JOIN delivery_spend spend ON spend.key = watched.key
WHERE spend.settled_micros + spend.reserved_micros > watched.least
"""


def _least(choices: Choices, key: str, *, at: datetime) -> int:
    """What an account may hold before any of its line items has to wait."""
    least: int = min(most for _, most in choices.limited[key])
    if key.startswith("item:"):
        for item, _ in choices.limited[key]:
            price = choices.prices[item]
            if price.plan:
                least = min(least, price.plan.allowed(at=at, each=price.each) - 1)
    return least


def spend_key(key: str, day: Any) -> str:
    return f"{key.removesuffix(':day')}:{day}" if key.endswith(":day") else key
