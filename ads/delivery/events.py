"""Counting what happened to a decision: once, within its budgets, else with a named reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import Error, connection

from ads.delivery.ledger import Purse, drop, give_back, reserve
from ads.delivery.models import AdEvent, Kind, UncountedEvent
from ads.delivery.records import Record, brought, write
from ads.delivery.snapshots import choices_of
from ads.delivery.together import Together
from articles.sites import all_sites
from newsroom import metrics
from newsroom.crypto import is_signed
from newsroom.ids import uuid7, uuid7_time
from newsroom.prepared import one_row_of, rows_of

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


@dataclass(frozen=True, slots=True)
class Shown:
    """A decision as far as counting asks for it.

    Attributes:
        record: what its token brought, should the decision not be written.
    """

    pk: UUID
    at: datetime
    time_zone: str
    line_item: UUID | None
    campaign: UUID | None
    price_model: str
    price_micros: int
    target_url: str | None
    record: Record | None = None


def decision_named(kind: str, token: str) -> Shown | None:
    """The decision that a token names, or None if nobody here signed it for this kind."""
    record = brought(kind, token)
    if record is not None:
        return _shown_record(record)
    written = written_decision(kind, token)
    return shown_decision(written) if written else None


def written_decision(kind: str, token: str) -> UUID | None:
    """The same where a token is a decision's id alone, as they were until decisions were written behind."""
    name, _, signature = token.partition(".")
    if not re.fullmatch(r"[0-9a-f]{32}", name) or not is_signed(f"ad-{kind}", name, signature):
        return None
    return UUID(hex=name)


# Plain SQL: as objects of the framework, these tables cost more than all the counting.
_SHOWN = """
SELECT d.id, d.at, site.time_zone, item.id, item.campaign_id, d.price_model, d.price_micros,
    creative.target_url
FROM delivery_addecision d JOIN articles_site site ON site.id = d.site_id
LEFT JOIN ads_lineitem item ON item.id = d.line_item_id
LEFT JOIN ads_creative creative ON creative.id = d.creative_id
WHERE d.id = %s
"""
_SOLD = """
SELECT item.id, item.campaign_id, creative.target_url
FROM ads_creative creative LEFT JOIN ads_lineitem item ON item.id = %s WHERE creative.id = %s
"""


def shown_decision(decision_id: UUID) -> Shown | None:
    """What is to be counted, as it stands now. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, [decision_id])
        row = cursor.fetchone()
    return Shown(*row) if row else None


def _shown_record(record: Record) -> Shown | None:
    """The same of what a token brought; no query while its creative may be chosen."""
    site = next((site for site in all_sites() if site.pk == record.site), None)
    if site is None or record.creative is None:
        return None
    creative = choices_of(site).creatives.get(record.creative)
    sold: tuple[UUID | None, UUID | None, str | None] = (None, None, None)
    if creative is not None:
        sold = record.line_item, creative.line_item.campaign_id, creative.target_url
    else:
        with connection.cursor() as cursor:
            cursor.execute(_SOLD, [record.line_item, record.creative])
            sold = cursor.fetchone() or sold
    item, campaign, target = sold
    return Shown(
        pk=record.pk,
        at=record.at,
        time_zone=site.time_zone,
        line_item=item,
        campaign=campaign,
        price_model=record.price_model,
        price_micros=record.price_micros,
        target_url=target,
        record=record,
    )


def count_event(decision: Shown, kind: str, visit: Visit, *, at: datetime) -> str:
    """Count it and settle its price, or note why not; the reason, empty if it counted. Twice counts once."""
    reason = _refused(decision, kind, visit, at=at) or _counted(decision, kind, at=at)
    if reason:
        values = {"id": uuid7(), "decision": decision.pk, "kind": kind, "reason": str(reason), "at": at}
        if not one_row_of(_NOTE, values)[0] and _is_restored(decision, at=at):
            one_row_of(_NOTE, values)
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
    return ""


def _counted(decision: Shown, kind: str, *, at: datetime) -> str:
    is_paid = PAID_KIND.get(decision.price_model) == kind and decision.price_micros > 0
    if not is_paid or decision.line_item is None or decision.campaign is None:
        return _stored(decision, kind, at=at).reason
    day = decision.at.astimezone(ZoneInfo(decision.time_zone)).date()
    purse = Purse(decision.line_item, decision.campaign, day)
    for _ in range(MOST_LEASES):
        lease = reserve(purse, decision.price_micros)
        if lease is None:
            return _refused_money(decision, kind)
        found = _stored(decision, kind, at=at, lease=lease)
        if found.is_new:
            return ""
        give_back(purse, lease, decision.price_micros)
        if found.is_held:
            return found.reason
        drop(purse, lease)
    return Reason.OVER_BUDGET  # Its limits changed at each try.


def _refused_money(decision: Shown, kind: str) -> str:
    """Who asks twice has not been refused: the first one counted."""
    known = set(AdEvent.objects.filter(decision=decision.pk).values_list("kind", flat=True))
    if kind in known:
        return Reason.REPLAY
    return Reason.OVER_BUDGET if kind == Kind.IMPRESSION or Kind.IMPRESSION in known else Reason.NO_IMPRESSION


MOST_LEASES = 5


class _Found(NamedTuple):
    """What stood there when an event was to be stored: it was stored, where all of it did, and it was new."""

    is_known: bool  # its decision
    is_seen: bool  # its impression
    is_held: bool  # its lease
    is_new: bool

    @property
    def reason(self) -> str:
        if self.is_new:
            return ""
        return Reason.REPLAY if self.is_seen else Reason.NO_IMPRESSION


# The lease is held until this commits: who ends it waits, and then knows of it.
_STORE = """
WITH known AS (
    SELECT FROM delivery_addecision WHERE id = %(decision)s
), seen AS (
    SELECT FROM delivery_adevent WHERE decision_id = %(decision)s AND kind = 'impression'
), held AS (
    {held}
), made AS (
    INSERT INTO delivery_adevent (id, day, decision_id, kind, at, revenue_micros, lease)
    SELECT %(id)s, %(day)s::date, %(decision)s, %(kind)s::text, %(at)s, %(micros)s::bigint, held.id FROM held
    WHERE EXISTS (SELECT FROM known) AND (%(kind)s::text = 'impression' OR EXISTS (SELECT FROM seen))
    ON CONFLICT (decision_id, kind, day) DO NOTHING RETURNING 1
)
SELECT EXISTS (SELECT FROM known), %(kind)s::text = 'impression' OR EXISTS (SELECT FROM seen),
    EXISTS (SELECT FROM held), EXISTS (SELECT FROM made)
"""
_PAID = _STORE.format(
    held="SELECT id FROM delivery_lease WHERE id = %(lease)s AND until > clock_timestamp() FOR KEY SHARE"
)
_FREE = _STORE.format(held="SELECT NULL::uuid AS id")
# All leases first, in the order of those who end them; then the events, in the order of all processes: so
# nobody waits in a circle. As subqueries of each row, so that their indexes are used however many there are.
_STORE_ALL = """
INSERT INTO delivery_adevent (id, day, decision_id, kind, at, revenue_micros, lease)
SELECT id, day, decision, kind, at, micros, lease
FROM unnest(%(id)s::uuid[], %(day)s::date[], %(decision)s::uuid[], %(kind)s::text[], %(at)s::timestamptz[],
    %(micros)s::bigint[], %(lease)s::uuid[]) AS one (id, day, decision, kind, at, micros, lease)
WHERE (lease IS NULL OR lease = ANY (ARRAY(
    SELECT id FROM delivery_lease WHERE id = ANY (%(lease)s::uuid[]) AND until > clock_timestamp()
    ORDER BY id FOR KEY SHARE
))) AND (SELECT true FROM delivery_addecision known WHERE known.id = one.decision)
AND (one.kind = 'impression' OR (
    SELECT true FROM delivery_adevent seen WHERE seen.decision_id = one.decision AND seen.kind = 'impression'
))
ON CONFLICT (decision_id, kind, day) DO NOTHING RETURNING id
"""
_NOTE = """
WITH made AS (
    INSERT INTO delivery_uncountedevent (id, decision_id, kind, reason, at)
    SELECT %(id)s, id, %(kind)s::text, %(reason)s::text, %(at)s FROM delivery_addecision
    WHERE id = %(decision)s
    RETURNING 1
)
SELECT EXISTS (SELECT FROM made)
"""


class _Row(NamedTuple):
    """An event to be stored. In the order in which all processes store theirs."""

    decision: UUID
    kind: str
    id: UUID
    day: date
    at: datetime
    micros: int
    lease: UUID | None


def _stored(decision: Shown, kind: str, *, at: datetime, lease: UUID | None = None) -> _Found:
    day = uuid7_time(decision.pk).date()
    row = _Row(decision.pk, str(kind), uuid7(), day, at, decision.price_micros if lease else 0, lease)
    if not connection.in_atomic_block and _together(row):  # Else it belongs to the caller's transaction.
        return _Found(is_known=True, is_seen=True, is_held=True, is_new=True)
    found = _stored_alone(row)
    if not found.is_known and _is_restored(decision, at=at):
        found = _stored_alone(row)
    return found


def _stored_alone(row: _Row) -> _Found:
    """One statement that also tells why not."""
    return _Found(*one_row_of(_PAID if row.lease else _FREE, row._asdict()))


def _stored_together(rows: Sequence[_Row]) -> list[bool]:
    """Which of these are stored now. The others are asked about one by one, and so are all where one failed.

    Raises:
        django.db.Error: the connection is lost, so that nobody knows.
    """
    columns = zip(*map(_as_elements, sorted(rows)), strict=True)
    values = {name: f"{{{','.join(column)}}}" for name, column in zip(_Row._fields, columns, strict=True)}
    try:
        made = {row[0] for row in rows_of(_STORE_ALL, values)}
    except Error:
        if connection.connection is None or connection.connection.closed:
            raise
        return [False] * len(rows)
    return [row.id in made for row in rows]


_together = Together(_stored_together)


def _as_elements(row: _Row) -> tuple[str, ...]:
    """Of arrays, as PostgreSQL reads them."""
    lease = row.lease.hex if row.lease else "NULL"
    day, at = row.day.isoformat(), f'"{row.at.isoformat()}"'
    return row.decision.hex, row.kind, row.id.hex, day, at, str(row.micros), lease


def _is_restored(decision: Shown, *, at: datetime) -> bool:
    """Write a decision down that its token brought: the process that made it has not yet, or was killed.

    Not after its time: what is older was written, and forgotten.
    """
    if decision.record is None or at - uuid7_time(decision.pk) > LIFE:
        return False
    write([decision.record])
    metrics.AD_DECISIONS.labels("brought back").inc()
    return True
