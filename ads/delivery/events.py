"""Counting what happened to a decision: once, within its budgets, else with a named reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction

from ads.delivery.models import AdDecision, AdEvent, Kind, UncountedEvent
from ads.delivery.serving import spend_key
from ads.delivery.snapshots import price_of, spend_keys
from newsroom.crypto import is_signed, sign
from newsroom.ids import uuid7_time

LIFE = timedelta(hours=2)
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


class _OverBudget(Exception):
    """Inside this module: the transaction rolls back."""


def event_token(kind: str, decision_id: UUID) -> str:
    """What a page sends back to say that this happened: the decision's id, signed for one kind."""
    return f"{decision_id.hex}.{sign(f'ad-{kind}', decision_id.hex)}"


def signed_decision(kind: str, token: str) -> UUID | None:
    """The decision that a token names, or None if nobody here signed it for this kind."""
    name, _, signature = token.partition(".")
    if not re.fullmatch(r"[0-9a-f]{32}", name) or not is_signed(f"ad-{kind}", name, signature):
        return None
    return UUID(hex=name)


def count_event(decision: AdDecision, kind: str, visit: Visit, *, at: datetime) -> str:
    """Count it and settle its price, or note why not; the reason, empty if it counted. Twice counts once."""
    reason = _refused(decision, kind, visit, at=at) or _counted(decision, kind, at=at)
    if reason:
        UncountedEvent.objects.create(decision=decision, kind=kind, reason=reason, at=at)
    return reason


def _refused(decision: AdDecision, kind: str, visit: Visit, *, at: datetime) -> str:
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
    is_seen = kind == Kind.IMPRESSION or decision.events.filter(kind=Kind.IMPRESSION).exists()
    return "" if is_seen else Reason.NO_IMPRESSION


def _counted(decision: AdDecision, kind: str, *, at: datetime) -> str:
    is_paid = PAID_KIND.get(decision.price_model) == kind and decision.price_micros > 0
    revenue = decision.price_micros if is_paid else 0
    try:
        with transaction.atomic():
            AdEvent.objects.create(
                decision=decision,
                kind=kind,
                at=at,
                day=uuid7_time(decision.pk).date(),
                revenue_micros=revenue,
            )
            if revenue:
                _settle(decision, revenue)
    except IntegrityError as error:
        if "ad_event_counts_once" not in str(error):
            raise
        return Reason.REPLAY
    except _OverBudget:
        return Reason.OVER_BUDGET
    return ""


def _settle(decision: AdDecision, micros: int) -> None:
    """Spend from the line item, its day and its campaign, in one order for all: nobody waits in a circle.

    What has no limit is written down as well: a limit that is set later counts what was spent before.
    """
    item = decision.line_item
    if item is None:
        return
    limits = price_of(item).limits
    day = decision.at.astimezone(ZoneInfo(decision.site.time_zone)).date()
    keys = spend_keys(item)
    named = {spend_key(key, day): limits.get(key) for key in keys}
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, {"keys": list(named), "limits": list(named.values()), "micros": micros})
        if cursor.rowcount < len(named):
            raise _OverBudget


# A row that would cross its limit is neither made nor changed, and so is missing in the count.
_SPEND = """
INSERT INTO delivery_spend AS spend (key, settled_micros)
SELECT key, %(micros)s FROM unnest(%(keys)s::text[], %(limits)s::bigint[]) AS named (key, most)
WHERE most IS NULL OR %(micros)s <= most ORDER BY key
ON CONFLICT (key) DO UPDATE SET settled_micros = spend.settled_micros + excluded.settled_micros
WHERE spend.settled_micros + excluded.settled_micros <= coalesce(
    (
        SELECT most FROM unnest(%(keys)s::text[], %(limits)s::bigint[]) AS named (key, most)
        WHERE named.key = spend.key
    ),
    9223372036854775807
)
"""
