"""Comparing what events say was spent with what the limits say: they are written together and must agree."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

# Every paid event again, under each of the three things that it was spent from, beside what stands there.
_DIFFERENCES = """
WITH paid AS (
    SELECT decision.line_item_id AS item, item.campaign_id AS campaign, event.revenue_micros AS micros,
        (decision.at AT TIME ZONE site.time_zone)::date AS day
    FROM delivery_adevent event
    JOIN delivery_addecision decision ON decision.id = event.decision_id
    JOIN articles_site site ON site.id = decision.site_id
    LEFT JOIN ads_lineitem item ON item.id = decision.line_item_id
    WHERE event.revenue_micros > 0
), counted AS (
    SELECT 'item:' || item AS key, sum(micros) AS micros FROM paid GROUP BY 1
    UNION ALL SELECT 'day:' || item || ':' || day, sum(micros) FROM paid GROUP BY 1
    UNION ALL SELECT 'campaign:' || campaign, sum(micros) FROM paid WHERE campaign IS NOT NULL GROUP BY 1
)
SELECT coalesce(counted.key, spend.key), coalesce(counted.micros, 0)::bigint,
    coalesce(spend.settled_micros, 0)
FROM counted FULL JOIN delivery_spend spend ON spend.key = counted.key
WHERE coalesce(counted.micros, 0) <> coalesce(spend.settled_micros, 0) ORDER BY 1
"""
_OVERSPENT = """
SELECT spend.key, spend.settled_micros, item.budget_micros
FROM delivery_spend spend JOIN ads_lineitem item ON spend.key = 'item:' || item.id
WHERE spend.settled_micros > item.budget_micros
UNION ALL
SELECT spend.key, spend.settled_micros, campaign.budget_micros
FROM delivery_spend spend JOIN ads_campaign campaign ON spend.key = 'campaign:' || campaign.id
WHERE spend.settled_micros > campaign.budget_micros ORDER BY 1
"""
_TWICE = """
SELECT decision_id::text || ' ' || kind, count(*), 1 FROM delivery_adevent
GROUP BY decision_id, kind HAVING count(*) > 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two numbers that ought to be one; ``kind``: ``differs``, ``overspent`` or ``counted_twice``."""

    kind: str
    key: str
    found: int
    expected: int


def differences() -> list[Difference]:
    """Everything that does not add up, in one statement: what happens meanwhile is no difference."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 'differs', * FROM ({_DIFFERENCES}) a (key, expected, found)"  # noqa: S608  (fixed texts)
            f" UNION ALL SELECT 'overspent', key, most, spent FROM ({_OVERSPENT}) b (key, spent, most)"
            f" UNION ALL SELECT 'counted_twice', key, most, found FROM ({_TWICE}) c (key, found, most)"
        )
        rows = cursor.fetchall()
    return [Difference(kind, key, int(found), int(expected)) for kind, key, expected, found in rows]
