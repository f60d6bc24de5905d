"""Old decisions and events go, by whole hours of the site's zone; roll-ups, ledger and statements stay.

``forgotten_before`` says until when: before it the roll-ups are the record, from it on every event is still
there. Both move in one transaction, so that a comparison or a rebuild never takes a gap for a difference.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from ads.delivery.rollups import fold, locked_mark
from ads.delivery.snapshots import choices_of
from articles.models import Site

STEP = timedelta(days=1)  # So much in one transaction; folding waits meanwhile.
# Whether something that would go is not in the roll-ups yet: an import of a moment ago.
_NOT_FOLDED = """
SELECT EXISTS (
    SELECT FROM delivery_addecision d JOIN articles_site site ON site.id = d.site_id
    WHERE d.at < date_trunc('hour', %(before)s, site.time_zone) AND (
        d.txid >= %(mark)s
        OR EXISTS (SELECT FROM delivery_adevent e WHERE e.decision_id = d.id AND e.txid >= %(mark)s)
        OR EXISTS (SELECT FROM delivery_uncountedevent u WHERE u.decision_id = d.id AND u.txid >= %(mark)s)
    )
)
"""
_FORGET = """
WITH gone AS (
    DELETE FROM delivery_addecision d USING articles_site site
    WHERE site.id = d.site_id AND d.at < date_trunc('hour', %(before)s, site.time_zone) RETURNING d.id
), events AS (
    DELETE FROM delivery_adevent e USING gone WHERE e.decision_id = gone.id
), uncounted AS (
    DELETE FROM delivery_uncountedevent u USING gone WHERE u.decision_id = gone.id
)
SELECT count(*) FROM gone
"""
_MARK = "UPDATE delivery_watermark SET forgotten_before = greatest(forgotten_before, %(before)s)"
_SNAPSHOTS = """
DELETE FROM delivery_snapshot s WHERE s.created_at < %(before)s AND NOT (s.digest = ANY(%(current)s))
    AND NOT EXISTS (SELECT FROM delivery_addecision d WHERE d.snapshot_id = s.digest)
"""
# By whole days, one more: those of a day belong to decisions until the end of it.
_CIRCUMSTANCES = "DELETE FROM delivery_circumstance WHERE used_on < (%(before)s AT TIME ZONE 'UTC')::date - 1"


def forget_decisions(*, before: datetime) -> int:
    """Delete what was decided before, and what happened to it; how many decisions. Safe to run twice."""
    fold()
    done = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(at) FROM delivery_addecision")
        oldest = cursor.fetchone()[0]
    while oldest is not None and oldest < before:
        oldest = min(oldest + STEP, before)
        went = _forget(oldest)
        if went is None:
            break  # The next night takes it, when it is folded.
        done += went
    current = [choices_of(site).digest for site in Site.objects.all()]
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOTS, {"before": before, "current": current})
        cursor.execute(_CIRCUMSTANCES, {"before": before})
    return done


@transaction.atomic
def _forget(before: datetime) -> int | None:
    """None, where something of it is not in the roll-ups yet."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"before": before, "mark": locked_mark(cursor)}
        cursor.execute(_NOT_FOLDED, values)
        if cursor.fetchone()[0]:
            return None
        cursor.execute(_FORGET, values)
        found = int(cursor.fetchone()[0])
        cursor.execute(_MARK, values)
    return found
