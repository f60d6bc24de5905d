"""Budgets by leases: a process reserves some money of a line item, and its events spend from that.

A lease is taken from three accounts at once: the line item's, its day's, its campaign's. Settled and reserved
money together never cross a limit, so events that name a lease cannot either, however many processes count.
The account's row is touched once per lease instead of once per event.

What is reserved and not spent comes back when the lease is replaced, at the latest ``LEASE_S`` after it was
taken, whether its process lives or not. Where there is plenty, leases are taken ahead, many at once, for what
was just chosen: its events find them there. A lease holds at most a 16th of what was left, and at least one
event. So W processes keep at most W times that from a budget, for at most ``LEASE_S``; near its end leases
are of one event, and the budget is spent to the last one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from newsroom.ids import uuid7
from newsroom.prepared import one_row_of, rows_of

LEASE_S = 20.0
MARGIN_S = 2.0  # A process stops spending so long before its lease ends: clocks run unevenly.
SHARE = 16  # A lease takes at most this part of what is left
MOST_EVENTS = 256  # and never more than so many events' worth.
MOST_KNOWN = 10_000
AT_ONCE = 100  # Taken ahead by one statement.
TIGHT = 16  # Fewer: its limits are near, and what may still be chosen changes from event to event.


@dataclass(slots=True)
class Pot:
    """What this process has left of one lease. ``until``: by this process's monotonic clock."""

    lease: UUID
    left: int
    until: float


@dataclass(frozen=True, slots=True)
class Purse:
    """Whose money an event costs: a line item's, on one day of the site's zone."""

    line_item: UUID
    campaign: UUID
    day: date

    @property
    def keys(self) -> tuple[str, str, str]:
        """The three accounts, in the order in which everybody locks them."""
        return f"campaign:{self.campaign}", f"day:{self.line_item}:{self.day}", f"item:{self.line_item}"


_pots: dict[Purse, Pot] = {}
_provided: dict[UUID, float] = {}  # By line item: until when there is nothing to be taken ahead.
_pots_lock = threading.Lock()
_taking = threading.Lock()
_tight = 0


def reserve(purse: Purse, micros: int) -> UUID | None:
    """Take ``micros`` of what this process holds, with a new lease if need be; None if the limits refuse."""
    lease = _from_pot(purse, micros)
    if lease is None:
        with _taking:  # One thread asks; the others find what it brings.
            lease = _from_pot(purse, micros) or _from_new_lease(purse, micros)
    return lease


def give_back(purse: Purse, lease: UUID, micros: int) -> None:
    """What was reserved for an event that turned out not to count."""
    with _pots_lock:
        pot = _pots.get(purse)
        if pot is not None and pot.lease == lease:
            pot.left += micros


def drop(purse: Purse, lease: UUID) -> None:
    """Forget a lease that the database no longer knows."""
    with _pots_lock:
        pot = _pots.get(purse)
        if pot is not None and pot.lease == lease:
            del _pots[purse]


def left_in_pots() -> dict[str, int]:
    """By account: money that this process has reserved and not spent."""
    now, found = time.monotonic(), dict[str, int]()
    with _pots_lock:
        for purse in [purse for purse, pot in _pots.items() if pot.until <= now]:
            del _pots[purse]  # Else there would be one for each line item and day there ever was.
        for purse, pot in _pots.items():
            for key in purse.keys:
                found[key] = found.get(key, 0) + pot.left
    return found


def tight_leases_taken() -> int:
    """How often this process asked for one and got little or nothing: what is left is then known anew."""
    return _tight


def forget() -> None:
    """Drop all leases that this process holds; for tests, whose leases are rolled back."""
    with _pots_lock:
        _pots.clear()
        _provided.clear()


def take_ahead(wanted: Mapping[Purse, int]) -> int:
    """Have leases ready for events of these prices that will come soon; how many were taken.

    Only where there is room for a whole lease: the rest of a budget goes to events that are there. One line
    item of each campaign at a time, ``AT_ONCE`` at most; the others follow with the next call.
    """
    now = time.monotonic()
    missing: dict[UUID, tuple[Purse, int]] = {}
    with _pots_lock:
        for purse, micros in wanted.items():
            pot = _pots.get(purse)
            if pot is None or pot.until <= now:
                missing.setdefault(purse.campaign, (purse, micros))
            else:
                _provided[purse.line_item] = pot.until
    asked = {uuid7(): one for one in list(missing.values())[:AT_ONCE]}
    if not asked:
        return 0
    taken: dict[UUID, int] = dict(rows_of(_TAKE_MANY, _many(asked)))
    until = now + LEASE_S - MARGIN_S
    with _pots_lock:
        if len(_provided) >= MOST_KNOWN:
            _provided.clear()
        for lease, (purse, _) in asked.items():
            _provided[purse.line_item] = until  # Or there is none to spare.
            pot = _pots.get(purse)
            if lease in taken and (pot is None or pot.until <= now):  # Else this one comes back unspent.
                _pots[purse] = Pot(lease, taken[lease], until)
    return len(taken)


def is_provided(line_item: UUID) -> bool:
    """Whether ``take_ahead`` has just seen to it."""
    return _provided.get(line_item, 0.0) > time.monotonic()


def _many(asked: Mapping[UUID, tuple[Purse, int]]) -> dict[str, Any]:
    purses = [purse for purse, _ in asked.values()]
    return {
        "leases": list(asked),
        "items": [purse.line_item for purse in purses],
        "campaigns": [purse.campaign for purse in purses],
        "days": [purse.day for purse in purses],
        "micros": [micros for _, micros in asked.values()],
        "lasts_s": LEASE_S,
        "share": SHARE,
        "most": MOST_EVENTS,
        "fewest": TIGHT,
    }


def _from_pot(purse: Purse, micros: int) -> UUID | None:
    with _pots_lock:
        pot = _pots.get(purse)
        if pot is None or pot.left < micros or pot.until <= time.monotonic():
            return None
        pot.left -= micros
        return pot.lease


def _from_new_lease(purse: Purse, micros: int) -> UUID | None:
    global _tight  # noqa: PLW0603  (only here, under the lock of who takes)
    with _pots_lock:
        old = _pots.pop(purse, None)
    until = time.monotonic() + LEASE_S - MARGIN_S
    taken = take(purse, micros, instead_of=old.lease if old else None)
    if taken is None or taken[1] < TIGHT * micros:
        _tight += 1
    if taken is None:
        return None
    lease, amount = taken
    with _pots_lock:
        _pots[purse] = Pot(lease, amount - micros, until)
    return lease


# --- the accounts ------------------------------------------------------------------------------------------
_TAKE = """
SELECT ads_take_lease(%(lease)s, %(item)s, %(campaign)s, %(day)s, %(micros)s::bigint, %(lasts_s)s::float8,
    %(share)s::bigint, %(most)s::bigint, %(closed)s)
"""
_TAKE_MANY = """
SELECT lease, amount FROM ads_take_leases(%(leases)s::uuid[], %(items)s::uuid[], %(campaigns)s::uuid[],
    %(days)s::date[], %(micros)s::bigint[], %(lasts_s)s::float8, %(share)s::bigint, %(most)s::bigint,
    %(fewest)s::bigint)
"""
_EXPIRED_FIRST = -1
_LOCK_LIMITS = """
SELECT FROM ads_lineitem item JOIN ads_campaign campaign ON campaign.id = item.campaign_id
WHERE item.id = %s FOR SHARE OF item, campaign
"""
_EXPIRE = "UPDATE delivery_lease SET until = '-infinity' WHERE id = %s"
_OPEN = """
INSERT INTO delivery_spend (key, settled_micros)
SELECT key, 0 FROM unnest(%s::text[]) key ORDER BY key ON CONFLICT DO NOTHING
"""
_HELD = """
SELECT key, settled_micros + reserved_micros FROM delivery_spend WHERE key = ANY(%s) ORDER BY key FOR UPDATE
"""


def take(purse: Purse, micros: int, *, instead_of: UUID | None = None) -> tuple[UUID, int] | None:
    """A new lease and its amount, enough for one event of ``micros`` at least; None if a limit refuses.

    Args:
        instead_of: a lease that its holder ends with this; what is left of it goes back first.
    """
    lease = uuid7()
    amount = _EXPIRED_FIRST if instead_of else _taken(lease, purse, micros, are_expired_closed=False)
    if amount == _EXPIRED_FIRST:
        amount = _taken_after_closing(lease, purse, micros, instead_of)
    return (lease, amount) if amount else None


def _taken(lease: UUID, purse: Purse, micros: int, *, are_expired_closed: bool) -> int:
    values = {
        "lease": lease,
        "item": purse.line_item,
        "campaign": purse.campaign,
        "day": purse.day,
        "micros": micros,
        "lasts_s": LEASE_S,
        "share": SHARE,
        "most": MOST_EVENTS,
        "closed": are_expired_closed,
    }
    return int(one_row_of(_TAKE, values)[0])


@transaction.atomic
def _taken_after_closing(lease: UUID, purse: Purse, micros: int, instead_of: UUID | None) -> int:
    """What expired leases of the campaign have left goes back first."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_LIMITS, [purse.line_item])  # Before leases and accounts, as everybody does.
        if instead_of is not None:
            cursor.execute(_EXPIRE, [instead_of])
        _close_expired(cursor, campaign=purse.campaign)
    return _taken(lease, purse, micros, are_expired_closed=True)


# --- settling ----------------------------------------------------------------------------------------------
_LOCK_LEASES = "SELECT 1 FROM delivery_lease ORDER BY id FOR NO KEY UPDATE"  # Events go on meanwhile.
_SETTLE_LEASES = """
UPDATE delivery_lease lease SET folded_micros = folded_micros + spent.micros
FROM (
    SELECT lease AS id, sum(revenue_micros)::bigint AS micros FROM delivery_adevent
    WHERE txid >= %(low)s AND txid < %(high)s AND lease IS NOT NULL GROUP BY 1
) spent WHERE spent.id = lease.id
"""
# Imported events have no lease: what they cost is settled, and was never reserved.
_SPENT = """
WITH paid AS (
    SELECT decision.line_item_id AS item, coalesce(lease.campaign_id, item.campaign_id) AS campaign,
        coalesce(lease.day, (decision.at AT TIME ZONE site.time_zone)::date) AS day,
        event.revenue_micros AS micros,
        CASE WHEN lease.id IS NULL THEN 0 ELSE event.revenue_micros END AS held
    FROM delivery_adevent event
    JOIN delivery_addecision decision ON decision.id = event.decision_id
    JOIN articles_site site ON site.id = decision.site_id
    LEFT JOIN ads_lineitem item ON item.id = decision.line_item_id
    LEFT JOIN delivery_lease lease ON lease.id = event.lease
    WHERE event.txid >= %(low)s AND event.txid < %(high)s AND event.revenue_micros > 0
), sums AS (
    SELECT 'item:' || item AS key, micros, held FROM paid
    UNION ALL SELECT 'day:' || item || ':' || day, micros, held FROM paid
    UNION ALL SELECT 'campaign:' || campaign, micros, held FROM paid WHERE campaign IS NOT NULL
)
SELECT key, sum(micros)::bigint, sum(held)::bigint FROM sums GROUP BY 1 ORDER BY 1
"""
_MOVE = """
UPDATE delivery_spend SET settled_micros = settled_micros + moved.settled,
    reserved_micros = reserved_micros - moved.returned
FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) moved (key, settled, returned)
WHERE delivery_spend.key = moved.key
"""
# Nobody can spend from an expired lease, and whoever still does has committed before this has its lock.
_EXPIRED = """
SELECT id, line_item_id, campaign_id, day, amount_micros, folded_micros FROM delivery_lease
WHERE until < clock_timestamp() AND campaign_id = coalesce(%s, campaign_id) ORDER BY id FOR UPDATE
"""
_NOT_FOLDED = """
SELECT lease, sum(revenue_micros)::bigint FROM delivery_adevent
WHERE txid >= %s AND lease = ANY(%s) GROUP BY 1
"""
_SHRINK = """
UPDATE delivery_lease lease SET amount_micros = spent.micros
FROM unnest(%s::uuid[], %s::bigint[]) spent (id, micros) WHERE spent.id = lease.id
"""
_END = "DELETE FROM delivery_lease WHERE id = ANY(%s) AND folded_micros = amount_micros"


def settle(cursor: Any, *, low: int, high: int) -> None:
    """Move what these transactions' events spent from reserved to settled; inside the caller's fold."""
    cursor.execute(_LOCK_LEASES)
    if high > low:
        between = {"low": low, "high": high}
        cursor.execute(_SPENT, between)
        _move(cursor, cursor.fetchall())
        cursor.execute(_SETTLE_LEASES, between)
    _close_expired(cursor, mark=high)


def _close_expired(cursor: Any, *, campaign: UUID | None = None, mark: int | None = None) -> None:
    """Return what expired leases have left, and end those whose events are all folded.

    Args:
        mark: up to where events are folded, if that is not what the watermark says.
    """
    cursor.execute(_EXPIRED, [campaign])
    expired = cursor.fetchall()
    if not expired:
        return
    if mark is None:  # Not before the leases are locked: it moves only with them.
        cursor.execute("SELECT coalesce((SELECT folded_before FROM delivery_watermark), 0)")
        mark = int(cursor.fetchone()[0])
    ids = [row[0] for row in expired]
    cursor.execute(_NOT_FOLDED, [mark, ids])
    waiting = dict(cursor.fetchall())
    spent = [folded + waiting.get(lease, 0) for lease, *_, folded in expired]
    returned: dict[str, int] = {}
    for (_, item, owner, day, amount, _), used in zip(expired, spent, strict=True):
        for key in Purse(item, owner, day).keys if amount > used else ():
            returned[key] = returned.get(key, 0) + amount - used
    _move(cursor, [(key, 0, micros) for key, micros in sorted(returned.items())])
    cursor.execute(_SHRINK, [ids, spent])
    cursor.execute(_END, [ids])


def _move(cursor: Any, rows: Sequence[tuple[str, int, int]]) -> None:
    """Add to what is settled and take from what is reserved, by account, in the order of their keys."""
    if rows:
        keys, settled, returned = (list(column) for column in zip(*rows, strict=True))
        cursor.execute(_OPEN, [keys])
        cursor.execute(_HELD, [keys])
        cursor.execute(_MOVE, [keys, settled, returned])
