"""Comparing events, roll-ups, ledger and budgets: what is written together must agree."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from ads.delivery.rollups import HOURS, KEPT_FROM, rows_at_mark

# Every roll-up made again from the events that are still kept, beside the one that stands there.
_ROLLUPS = f"""
WITH counted AS ({HOURS.replace("%(low)s", "0").replace("%(high)s", "%(mark)s")}), known AS (
    SELECT r.* FROM delivery_rollup r JOIN articles_site site ON site.id = r.site_id
    WHERE r.hour >= {KEPT_FROM}
), both_sides AS (
    SELECT site_id, hour, line_item_id, measure, number AS c_number, micros AS c_micros, 0 AS k_number,
        0 AS k_micros, slot_id, creative_id, article_id FROM counted
    UNION ALL
    SELECT site_id, hour, line_item_id, measure, 0, 0, number, micros, slot_id, creative_id, article_id
    FROM known
), compared AS (
    SELECT hour, line_item_id, measure, sum(c_number) AS c_number, sum(k_number) AS k_number,
        sum(c_micros) AS c_micros, sum(k_micros) AS k_micros
    FROM both_sides GROUP BY site_id, hour, slot_id, line_item_id, creative_id, article_id, measure
), named AS (
    SELECT measure || ' ' || to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' '
        || coalesce(line_item_id::text, 'unfilled') AS key, * FROM compared
)
SELECT 'counts', key, c_number::bigint, k_number::bigint FROM named WHERE c_number <> k_number
UNION ALL
SELECT 'earns', key, c_micros::bigint, k_micros::bigint FROM named WHERE c_micros <> k_micros ORDER BY 1, 2
"""  # noqa: S608  (fixed texts)
# Every paid roll-up again, under each of the three accounts that it was spent from.
_SETTLED = """
WITH paid AS (
    SELECT r.line_item_id AS item, item.campaign_id AS campaign, r.micros,
        (r.hour AT TIME ZONE site.time_zone)::date AS day
    FROM delivery_rollup r JOIN articles_site site ON site.id = r.site_id
    LEFT JOIN ads_lineitem item ON item.id = r.line_item_id WHERE r.micros > 0
), counted AS (
    SELECT 'item:' || item AS key, sum(micros) AS micros FROM paid GROUP BY 1
    UNION ALL SELECT 'day:' || item || ':' || day, sum(micros) FROM paid GROUP BY 1
    UNION ALL SELECT 'campaign:' || campaign, sum(micros) FROM paid WHERE campaign IS NOT NULL GROUP BY 1
)
SELECT 'differs', coalesce(counted.key, spend.key), coalesce(counted.micros, 0)::bigint,
    coalesce(spend.settled_micros, 0)
FROM counted FULL JOIN delivery_spend spend ON spend.key = counted.key
WHERE coalesce(counted.micros, 0) <> coalesce(spend.settled_micros, 0) ORDER BY 2
"""
_RESERVED = """
WITH held AS (
    SELECT account.key, sum(lease.amount_micros - lease.folded_micros) AS micros
    FROM delivery_lease lease, LATERAL (VALUES ('campaign:' || lease.campaign_id),
        ('day:' || lease.line_item_id || ':' || lease.day), ('item:' || lease.line_item_id)) account (key)
    GROUP BY 1
)
SELECT 'reserved', coalesce(held.key, spend.key), coalesce(held.micros, 0)::bigint,
    coalesce(spend.reserved_micros, 0)
FROM held FULL JOIN delivery_spend spend ON spend.key = held.key
WHERE coalesce(held.micros, 0) <> coalesce(spend.reserved_micros, 0) ORDER BY 2
"""
_OVERSPENT = """
SELECT 'overspent', spend.key, limited.most, spend.settled_micros
FROM delivery_spend spend JOIN (
    SELECT 'item:' || id AS key, least(budget_micros, CASE WHEN price_model = 'flat' THEN price_micros END)
    FROM ads_lineitem
    UNION ALL SELECT 'campaign:' || id, budget_micros FROM ads_campaign
    UNION ALL SELECT 'day:' || item.id || ':' || (now() AT TIME ZONE site.time_zone)::date, daily_cap_micros
    FROM ads_lineitem item JOIN ads_campaign campaign ON campaign.id = item.campaign_id
    JOIN ads_advertiser advertiser ON advertiser.id = campaign.advertiser_id
    JOIN articles_site site ON site.id = advertiser.site_id
) limited (key, most) ON limited.key = spend.key
WHERE spend.settled_micros > limited.most ORDER BY 2
"""
_TWICE = """
SELECT 'counted_twice', decision_id::text || ' ' || kind, 1, count(*) FROM delivery_adevent
GROUP BY decision_id, kind HAVING count(*) > 1 ORDER BY 2
"""
WORDS = {
    "counts": "events say {expected}, the roll-up says {found}",
    "earns": "events say {expected}, the roll-up says {found} micros",
    "differs": "roll-ups say {expected}, the account says {found} micros",
    "reserved": "leases hold {expected}, the account says {found} micros",
    "overspent": "spent {found} of a limit of {expected} micros",
    "counted_twice": "counted {found} times",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Two numbers that ought to be one; ``kind``: a key of ``WORDS``."""

    kind: str
    key: str
    expected: int
    found: int

    def __str__(self) -> str:
        return f"{self.key}: {WORDS[self.kind].format(found=self.found, expected=self.expected)}"


def differences() -> list[Difference]:
    """Everything that does not add up. What happens meanwhile is no difference: each side of a comparison
    is read in one statement, and changed in one transaction."""
    found = rows_at_mark(_ROLLUPS, {})
    with connection.cursor() as cursor:
        for query in (_SETTLED, _RESERVED, _OVERSPENT, _TWICE):
            cursor.execute(query)
            found += cursor.fetchall()
    return [Difference(kind, key, int(expected), int(number)) for kind, key, expected, number in found]


@dataclass(frozen=True, slots=True)
class Soundness:
    """What the last comparison found, and how far behind the roll-ups are; None where there was none yet."""

    differences: int | None
    first: str
    folded_s_ago: float | None


def soundness() -> Soundness:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT data ->> 'differences' FROM moderation_heartbeat WHERE part = 'ads'),"
            " (SELECT detail FROM moderation_heartbeat WHERE part = 'ads'),"
            " (SELECT extract(epoch FROM clock_timestamp() - at) FROM delivery_watermark)"
        )
        number, first, age = cursor.fetchone()
    return Soundness(int(number) if number else None, first or "", float(age) if age is not None else None)
