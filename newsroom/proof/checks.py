"""The sentences that a proof checks, by SQL on what is in the database afterwards."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

CONTRADICTIONS = {
    "published without a decision about this text": """
        SELECT count(*) FROM comments_comment c WHERE status = 'published' AND NOT EXISTS (
            SELECT 1 FROM moderation_decision d WHERE d.id = c.decision_id AND d.comment_id = c.id
            AND d.revision = c.revision AND d.outcome = 'published')""",
    "decided twice by machine (comment, revision, round)": """
        SELECT count(*) FROM (SELECT 1 FROM moderation_decision WHERE actor_kind = 'machine'
            GROUP BY comment_id, revision, round HAVING count(*) > 1) AS twice""",
    "threads whose count is wrong": """
        SELECT count(*) FROM comments_thread t WHERE published_count <> (
            SELECT count(*) FROM comments_comment c
            WHERE c.article_id = t.article_id AND c.status = 'published')""",
    "comments whose reply count is wrong": """
        SELECT count(*) FROM comments_comment c WHERE reply_count <> (
            SELECT count(*) FROM comments_comment r
            WHERE r.ancestors @> ARRAY[c.id] AND r.status = 'published')""",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One sentence: what was counted, the number, and whether it may be so."""

    name: str
    value: str
    holds: bool


def accepted_ids(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").split()


def contradictions(database: psycopg.Connection) -> list[Check]:
    checks = []
    for name, query in CONTRADICTIONS.items():
        number = _number(database, query)
        checks.append(Check(name, str(number), number == 0))
    return checks


def lost(database: psycopg.Connection, accepted: Sequence[str]) -> Check:
    """Accepted ids that are no row: the client's file against the table."""
    rows = _number(database, "SELECT count(*) FROM comments_comment WHERE id = ANY(%s)", [list(accepted)])
    return Check(
        "accepted ids - rows", str(len(accepted) - rows), rows == len(set(accepted)) == len(accepted)
    )


def undecided(database: psycopg.Connection, accepted: Sequence[str]) -> Check:
    number = _number(
        database,
        "SELECT count(*) FROM comments_comment WHERE id = ANY(%s) AND status = 'pending'",
        [list(accepted)],
    )
    return Check("accepted and still undecided", str(number), number == 0)


def seen_too_early(database: psycopg.Connection, seen: Mapping[tuple[str, str], float]) -> Check:
    """Texts that were read before a decision to publish exactly them; a text that nobody sent counts too."""
    decided = {
        (str(comment), body): at
        for comment, body, at in database.execute(
            "SELECT r.comment_id, r.body, min(d.at) FROM comments_commentrevision r"
            " LEFT JOIN moderation_decision d ON d.comment_id = r.comment_id AND d.revision = r.revision"
            " AND d.outcome = 'published' WHERE r.comment_id = ANY(%s) GROUP BY r.comment_id, r.body",
            [[comment for comment, _ in seen]],
        )
    }
    early = [key for key, at in seen.items() if not _is_before(decided.get(key), at)]
    return Check("texts seen before their decision", f"{len(early)} of {len(seen):,} seen", not early)


def _is_before(decided_at: datetime | None, seen_at: float) -> bool:
    return decided_at is not None and decided_at.timestamp() <= seen_at


def wait_until_decided(database: psycopg.Connection, accepted: Sequence[str], *, patience_s: float) -> float:
    """Seconds until none of these was pending any more, at most the patience."""
    started = time.monotonic()
    while time.monotonic() - started < patience_s:
        if undecided(database, accepted).holds:
            break
        time.sleep(0.25)
    return time.monotonic() - started


def decision_delays_s(database: psycopg.Connection, accepted: Sequence[str]) -> list[float]:
    """Per comment, from its acceptance to its first decision, by the database's clock; sorted."""
    rows = database.execute(
        "SELECT extract(epoch FROM min(d.at) - c.created_at)::float8 FROM comments_comment c"
        " JOIN moderation_decision d ON d.comment_id = c.id WHERE c.id = ANY(%s) GROUP BY c.id",
        [list(accepted)],
    )
    return sorted(row[0] for row in rows)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of the sorted values does not exceed; 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _number(database: psycopg.Connection, query: str, parameters: Sequence[Any] = ()) -> int:
    row = database.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0
