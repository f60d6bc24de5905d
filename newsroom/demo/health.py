"""Which part is sick, how many comments wait for the machine, and for how long."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError

from comments.models import Comment
from comments.selectors import oldest_pending_age_s
from newsroom.health import readiness

PARTS = {
    "database": "PostgreSQL, the record",
    "broker": "Valkey, the queue",
    "worker": "Celery worker, judges",
    "reconciler": "Reconciler, repairs",
    "model": "Classifier",
    "ports": "Perspective's and Akismet's API",
}


def health() -> dict[str, Any]:
    """The parts in a fixed order, and what waits; ``None`` where the database cannot tell."""
    _, report = readiness()
    parts = [{"name": name, "what": what, **_part(report["parts"].get(name))} for name, what in PARTS.items()]
    waiting: dict[str, float | None]
    try:
        waiting = {
            "pending": Comment.objects.pending().count(),
            "oldest_pending_s": round(oldest_pending_age_s(), 1),
        }
    except DatabaseError:
        waiting = {"pending": None, "oldest_pending_s": None}
    return {"status": report["status"], "parts": parts, **waiting}


def _part(known: dict[str, Any] | None) -> dict[str, Any]:
    if known is None:  # The database keeps the other parts' signs of life.
        return {"state": "unknown", "detail": "not known: the database is away, or nobody has a key"}
    return {"state": "works" if known["ok"] else "sick", "detail": known["detail"]}
