"""Folding what happened into hourly roll-ups and the ledger, behind a watermark.

The watermark is a transaction number below which nothing runs any more: what was written below it is
committed or gone, so no event can appear there later, whatever order transactions end in. One transaction
takes everything between the old mark and the new one into roll-ups and ledger and moves the mark; killed
anywhere, it has not happened. What lies past the mark is read from the events themselves (``MEASURES``), so
that a report is exact at any moment, however far the fold has come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from ads.delivery.ledger import settle

# Every single thing written from one transaction number until before another: where, when, what.
MEASURES = """
SELECT d.site_id, d.at, d.slot_id, d.line_item_id, d.creative_id, d.article_id,
    'request' AS measure, 0::bigint AS micros
FROM delivery_addecision d WHERE d.txid >= %(low)s AND d.txid < %(high)s
UNION ALL
SELECT d.site_id, d.at, d.slot_id, d.line_item_id, d.creative_id, d.article_id, e.kind, e.revenue_micros
FROM delivery_adevent e JOIN delivery_addecision d ON d.id = e.decision_id
WHERE e.txid >= %(low)s AND e.txid < %(high)s
UNION ALL
SELECT d.site_id, d.at, d.slot_id, d.line_item_id, d.creative_id, d.article_id, 'not:' || u.reason, 0
FROM delivery_uncountedevent u JOIN delivery_addecision d ON d.id = u.decision_id
WHERE u.txid >= %(low)s AND u.txid < %(high)s
"""
# The same from the watermark on: what the roll-ups do not hold yet. For ``rows_at_mark``.
PAST_MARK = MEASURES.replace("%(low)s", "%(mark)s").replace("%(high)s", str(2**63 - 1))
# The hour is the one in the site's zone: its days begin where one begins, in zones of half hours too.
HOURS = f"""
SELECT one.site_id, date_trunc('hour', one.at, site.time_zone) AS hour, one.slot_id, one.line_item_id,
    one.creative_id, one.article_id, one.measure, count(*) AS number, sum(one.micros)::bigint AS micros
FROM ({MEASURES}) one JOIN articles_site site ON site.id = one.site_id
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""  # noqa: S608  (fixed texts)
_FOLD = f"""
INSERT INTO delivery_rollup AS known
    (site_id, hour, slot_id, line_item_id, creative_id, article_id, measure, number, micros)
{HOURS}
ON CONFLICT (site_id, hour, slot_id, line_item_id, creative_id, article_id, measure)
DO UPDATE SET number = known.number + excluded.number, micros = known.micros + excluded.micros
"""
_RUNNING = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


@dataclass(frozen=True, slots=True)
class Folded:
    """From which transaction number until before which, and how many roll-ups that touched."""

    low: int
    high: int
    rows: int


@transaction.atomic
def fold() -> Folded:
    """Take what is new into roll-ups and ledger, and give back what expired leases left.

    Twice changes nothing; of several at once, each waits for the one before.
    """
    with connection.cursor() as cursor:
        low = locked_mark(cursor)
        high = _number(cursor, _RUNNING)
        if high < low:  # The database came from a dump, whose numbers were others.
            _start_anew(cursor)
            low = 0
        rows = 0
        if high > low:
            cursor.execute(_FOLD, {"low": low, "high": high})
            rows = cursor.rowcount
        settle(cursor, low=low, high=high)
        cursor.execute("UPDATE delivery_watermark SET folded_before = %s, at = clock_timestamp()", [high])
    return Folded(low, high, rows)


@transaction.atomic
def rebuild() -> Folded:
    """Make the roll-ups of all decisions that are still kept, and the ledger, again from the events."""
    with connection.cursor() as cursor:
        locked_mark(cursor)
        _start_anew(cursor)
    return fold()


def folded_before() -> int:
    """The watermark; 0 before the first fold."""
    with connection.cursor() as cursor:
        return _number(cursor, "SELECT coalesce((SELECT folded_before FROM delivery_watermark), 0)")


def rows_at_mark(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What a query finds whose ``%(mark)s`` is the watermark of exactly the moment that it looks at.

    A number instead of a look-up inside the query, so that PostgreSQL plans with it; asked again where a
    fold has moved it in between.
    """
    asked = (
        "SELECT mark.is_at, found.* FROM (SELECT coalesce(max(folded_before), 0) = %(mark)s AS is_at"  # noqa: S608
        f" FROM delivery_watermark) mark LEFT JOIN (SELECT true AS is_row, q.* FROM ({query}) q) found"
        " ON mark.is_at"
    )
    while True:
        with connection.cursor() as cursor:
            cursor.execute(asked, {**values, "mark": folded_before()})
            rows = cursor.fetchall()
        if rows[0][0]:
            return [row[2:] for row in rows if row[1]]


def locked_mark(cursor: Any) -> int:
    """The watermark, which nobody else moves until the transaction ends."""
    cursor.execute("INSERT INTO delivery_watermark (id, folded_before) VALUES (1, 0) ON CONFLICT DO NOTHING")
    return _number(cursor, "SELECT folded_before FROM delivery_watermark FOR UPDATE")


# The first hour of a site of which every event is still kept; before it the roll-ups are the record.
KEPT_FROM = """coalesce(
    (SELECT date_trunc('hour', forgotten_before, site.time_zone) FROM delivery_watermark), '-infinity'
)"""
_FORGET = f"""
DELETE FROM delivery_rollup r USING articles_site site WHERE site.id = r.site_id AND r.hour >= {KEPT_FROM}
"""  # noqa: S608  (fixed texts)
_SETTLED_BEFORE = """
WITH paid AS (
    SELECT r.line_item_id AS item, item.campaign_id AS campaign, r.micros,
        (r.hour AT TIME ZONE site.time_zone)::date AS day
    FROM delivery_rollup r JOIN articles_site site ON site.id = r.site_id
    LEFT JOIN ads_lineitem item ON item.id = r.line_item_id WHERE r.micros > 0
), sums AS (
    SELECT 'item:' || item AS key, sum(micros) AS micros FROM paid GROUP BY 1
    UNION ALL SELECT 'day:' || item || ':' || day, sum(micros) FROM paid GROUP BY 1
    UNION ALL SELECT 'campaign:' || campaign, sum(micros) FROM paid WHERE campaign IS NOT NULL GROUP BY 1
)
INSERT INTO delivery_spend AS known (key, settled_micros, reserved_micros)
SELECT key, micros, 0 FROM sums ORDER BY key
ON CONFLICT (key) DO UPDATE SET settled_micros = excluded.settled_micros
"""

_RESERVED = """
INSERT INTO delivery_spend AS known (key, settled_micros, reserved_micros)
SELECT held.key, 0, sum(lease.amount_micros)
FROM delivery_lease lease, LATERAL (VALUES ('campaign:' || lease.campaign_id),
    ('day:' || lease.line_item_id || ':' || lease.day), ('item:' || lease.line_item_id)) held (key)
GROUP BY 1 ORDER BY 1 ON CONFLICT (key) DO UPDATE SET reserved_micros = excluded.reserved_micros
"""


def _start_anew(cursor: Any) -> None:
    cursor.execute("LOCK TABLE delivery_lease IN SHARE ROW EXCLUSIVE MODE")  # Nobody takes one meanwhile.
    cursor.execute(_FORGET)
    cursor.execute("UPDATE delivery_lease SET folded_micros = 0")
    cursor.execute("UPDATE delivery_spend SET settled_micros = 0, reserved_micros = 0")
    cursor.execute(_SETTLED_BEFORE)
    cursor.execute(_RESERVED)
    cursor.execute("UPDATE delivery_watermark SET folded_before = 0")


def _number(cursor: Any, query: str) -> int:
    cursor.execute(query)
    return int(cursor.fetchone()[0])
