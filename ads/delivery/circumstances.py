"""What choices were made on besides their snapshot, kept once by its content: decisions name it by digest.

Many readers see one page in one state, so that a token of some hundred letters can name all of it. It is
stored before anybody is answered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from ads.decision import Standing, Surroundings
from ads.delivery.models import AdDecision, Circumstance

DIGEST_BYTES = 16
MOST_KNOWN = 20_000
# Noted as used once a day and process, so that the nightly job knows which ones no decision names any more.
_KEEP = """
INSERT INTO delivery_circumstance AS known (digest, content, used_on) VALUES (%s, %s, %s)
ON CONFLICT (digest) DO UPDATE SET used_on = greatest(known.used_on, excluded.used_on)
WHERE known.used_on < excluded.used_on
"""
_known: dict[str, date] = {}


def kept(content: Mapping[str, Any], *, at: datetime) -> str:
    """The digest of a circumstance, stored by now. No query for one that this process stored today."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()
    if _known.get(digest) != at.date():
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [digest, text, at.date()])
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[digest] = at.date()
    return digest


def kept_page(beside: Surroundings, codes: Iterable[str], *, at: datetime) -> str:
    """All but the budgets, which belong to a whole site and change every second."""
    content: dict[str, Any] = {
        "sensitivity": dict(beside.sensitivity),
        "thread": beside.thread,
        "override": beside.override,
        "at_thread": sorted(beside.at_thread),
        "audience": {name: list(values) for name, values in beside.audience.items()},
        "floors": dict(beside.floors),
        "sizes": {slot: list(sizes) for slot, sizes in beside.sizes.items()},
        "slots": list(codes),
    }
    if beside.standing:
        content["standing"] = [_plain(one) for one in beside.standing]
    return kept(content, at=at)


def kept_held(spent: Iterable[UUID], ahead: Iterable[UUID], *, at: datetime) -> str:
    """The line items without room and those ahead of their pace; empty where there is none."""
    content = {"spent": sorted(map(str, spent)), "ahead": sorted(map(str, ahead))}
    return kept(content, at=at) if any(content.values()) else ""


def circumstances_of(decision: AdDecision) -> dict[str, Any]:
    """What a decision was made on, with its place among the slots asked for."""
    return all_circumstances([decision])[decision.pk]


def all_circumstances(decisions: Collection[AdDecision]) -> dict[UUID, dict[str, Any]]:
    """The same of many, by their ids; one query."""
    digests = {digest for one in decisions for digest in (one.page, one.held) if digest}
    found = {digest: row.content for digest, row in Circumstance.objects.in_bulk(digests).items()}
    nothing: dict[str, Any] = {"spent": [], "ahead": []}
    return {
        one.pk: {**found[one.page], **(found[one.held] if one.held else nothing), "place": one.place}
        if one.page
        else dict(one.context)  # Written before circumstances were kept apart.
        for one in decisions
    }


def surroundings_of(context: Mapping[str, Any]) -> Surroundings:
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


def forget() -> None:
    """Take nothing for stored; for tests, whose rows are rolled back."""
    _known.clear()
