"""Counting what happened to a decision: once, within its budgets, else with a named reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from ads.delivery.ledger import Purse, drop, give_back, reserve
from ads.delivery.models import AdEvent, Kind, UncountedEvent
from newsroom.crypto import is_signed, sign
from newsroom.ids import uuid7, uuid7_time

LIFE = timedelta(hours=2)
# Sooner after the choice than a page can arrive and be acted on; viewable means a whole second of it.
SOONEST = {Kind.VIEWABLE: timedelta(seconds=1), Kind.CLICK: timedelta(milliseconds=300)}
PAID_KIND = {"cpm": Kind.IMPRESSION, "flat": Kind.IMPRESSION, "cpc": Kind.CLICK}
Reason = UncountedEvent.Reason
# Programs that say what they are. An empty User-Agent is one: every browser sends its name.
_PROGRAM = re.compile(
    r"bot\b|bot[/;_-]|crawl|spider|slurp|headless|phantomjs|lighthouse|facebookexternalhit|preview"
    r"|curl/|wget/|python-|aiohttp|httpx|okhttp|go-http-client|java/|libwww|monitor|scrapy|axios|node-fetch",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a request tells of itself, without its address."""

    user_agent: str
    is_prefetch: bool = False
    is_staff: bool = False
    is_too_many: bool = False


def event_token(kind: str, decision_id: UUID) -> str:
    """What a page sends back to say that this happened: the decision's id, signed for one kind."""
    return f"{decision_id.hex}.{sign(f'ad-{kind}', decision_id.hex)}"


def signed_decision(kind: str, token: str) -> UUID | None:
    """The decision that a token names, or None if nobody here signed it for this kind."""
    name, _, signature = token.partition(".")
    if not re.fullmatch(r"[0-9a-f]{32}", name) or not is_signed(f"ad-{kind}", name, signature):
        return None
    return UUID(hex=name)


@dataclass(frozen=True, slots=True)
class Shown:
    """A decision as far as counting asks for it; ``is_seen``: its impression has counted."""

    pk: UUID
    at: datetime
    time_zone: str
    line_item: UUID | None
    campaign: UUID | None
    price_model: str
    price_micros: int
    target_url: str | None
    is_seen: bool


# Plain SQL: as objects of the framework, these five tables cost more than all the counting.
_SHOWN = """
SELECT d.id, d.at, site.time_zone, item.id, item.campaign_id, d.price_model, d.price_micros,
    creative.target_url,
    EXISTS (SELECT FROM delivery_adevent e WHERE e.decision_id = d.id AND e.kind = 'impression')
FROM delivery_addecision d JOIN articles_site site ON site.id = d.site_id
LEFT JOIN ads_lineitem item ON item.id = d.line_item_id
LEFT JOIN ads_creative creative ON creative.id = d.creative_id
WHERE d.id = %s
"""


def shown_decision(decision_id: UUID) -> Shown | None:
    """What is to be counted, as it stands now. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, [decision_id])
        row = cursor.fetchone()
    return Shown(*row) if row else None


def count_event(decision: Shown, kind: str, visit: Visit, *, at: datetime) -> str:
    """Count it and settle its price, or note why not; the reason, empty if it counted. Twice counts once."""
    reason = _refused(decision, kind, visit, at=at) or _counted(decision, kind, at=at)
    if reason:
        UncountedEvent.objects.create(decision_id=decision.pk, kind=kind, reason=reason, at=at)
    return reason


def _refused(decision: Shown, kind: str, visit: Visit, *, at: datetime) -> str:
    if not visit.user_agent or _PROGRAM.search(visit.user_agent):
        return Reason.BOT
    if visit.is_prefetch:
        return Reason.PREFETCH
    if visit.is_staff:
        return Reason.STAFF
    if at - uuid7_time(decision.pk) > LIFE:
        return Reason.EXPIRED
    if visit.is_too_many:
        return Reason.RATE
    if settings.ADS_EVENT_RATE != "off" and at - decision.at < SOONEST.get(Kind(kind), timedelta()):
        return Reason.TOO_FAST
    return "" if kind == Kind.IMPRESSION or decision.is_seen else Reason.NO_IMPRESSION


def _counted(decision: Shown, kind: str, *, at: datetime) -> str:
    is_paid = PAID_KIND.get(decision.price_model) == kind and decision.price_micros > 0
    if not is_paid or decision.line_item is None or decision.campaign is None:
        return "" if _stored(decision, kind, at=at) else Reason.REPLAY
    day = decision.at.astimezone(ZoneInfo(decision.time_zone)).date()
    purse = Purse(decision.line_item, decision.campaign, day)
    for _ in range(MOST_LEASES):
        lease = reserve(purse, decision.price_micros)
        if lease is None:
            # Who asks twice has not been refused: the first one counted.
            is_known = AdEvent.objects.filter(decision=decision.pk, kind=kind).exists()
            return Reason.REPLAY if is_known else Reason.OVER_BUDGET
        is_valid, is_new = _paid(decision, kind, lease, at=at)
        if is_new:
            return ""
        give_back(purse, lease, decision.price_micros)
        if is_valid:
            return Reason.REPLAY
        drop(purse, lease)
    return Reason.OVER_BUDGET  # Its limits changed at each try.


MOST_LEASES = 5
# The lease is held until this commits: who ends it waits, and then knows of this event.
_PAID = """
WITH held AS (
    SELECT id FROM delivery_lease WHERE id = %(lease)s AND until > clock_timestamp() FOR KEY SHARE
), made AS (
    INSERT INTO delivery_adevent (id, day, decision_id, kind, at, revenue_micros, lease)
    SELECT %(id)s, %(day)s, %(decision)s, %(kind)s, %(at)s, %(micros)s, held.id FROM held
    ON CONFLICT (decision_id, kind, day) DO NOTHING RETURNING 1
)
SELECT EXISTS (SELECT FROM held), EXISTS (SELECT FROM made)
"""
_FREE = """
INSERT INTO delivery_adevent (id, day, decision_id, kind, at, revenue_micros)
VALUES (%(id)s, %(day)s, %(decision)s, %(kind)s, %(at)s, 0)
ON CONFLICT (decision_id, kind, day) DO NOTHING
"""


def _paid(decision: Shown, kind: str, lease: UUID, *, at: datetime) -> tuple[bool, bool]:
    """Whether the lease was valid, and whether the event is new; it is stored only if both."""
    values = _values(decision, kind, at) | {"lease": lease, "micros": decision.price_micros}
    with connection.cursor() as cursor:
        cursor.execute(_PAID, values)
        is_valid, is_new = cursor.fetchone()
    return is_valid, is_new


def _stored(decision: Shown, kind: str, *, at: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_FREE, _values(decision, kind, at))
        return bool(cursor.rowcount)


def _values(decision: Shown, kind: str, at: datetime) -> dict[str, Any]:
    day = uuid7_time(decision.pk).date()
    return {"id": uuid7(), "day": day, "decision": decision.pk, "kind": kind, "at": at}
