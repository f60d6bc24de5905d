"""Probes: ``/livez`` (this process), ``/readyz`` (can it serve, and which part is sick), ``/metrics``."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client import REGISTRY as PROCESS_REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ads.delivery.reconciling import soundness
from comments.selectors import oldest_pending_age_s
from moderation.ports.selectors import are_ports_in_use
from newsroom.database_probe import database_probe
from newsroom.limits import is_redis_answering
from newsroom.outbox.selectors import backlog

# A part is sick when it was last seen longer ago than this. Canaries and beats come every few seconds.
STALE_AFTER_S = {"worker": 25.0, "reconciler": 15.0, "model": 25.0, "ports": 20.0}


@dataclass(frozen=True, slots=True)
class Part:
    ok: bool
    since: datetime | None
    detail: str

    def as_json(self) -> dict[str, Any]:
        return {"ok": self.ok, "since": self.since.isoformat() if self.since else None, "detail": self.detail}


def readiness() -> tuple[int, dict[str, Any]]:
    """HTTP status and document; 503 only if this process cannot serve: no database, or migrations missing."""
    if not database_probe.answers():
        return _down("the database does not answer")
    try:
        if _missing_migrations():
            return _down("migrations are missing: run manage.py migrate")
        beats = _heartbeats()
        roles = "split" if _is_runtime_role() else "single"
        needs_ports = are_ports_in_use()
    except DatabaseError as error:
        is_empty = "does not exist" in str(error)
        return _down(
            "migrations are missing: run manage.py migrate" if is_empty else "the database does not answer"
        )
    parts = {
        "database": Part(True, None, ""),
        "broker": _broker(),
        "worker": _beating("worker", beats, "no worker took the canary from the broker"),
        "reconciler": _beating("reconciler", beats, "the reconciler does not run"),
        "model": _model(beats),
    }
    if needs_ports:  # A site that gave no key to anybody need not run them.
        parts["ports"] = _beating("ports", beats, "the ports' process does not run, and a key for it is live")
    status = "ok" if all(part.ok for part in parts.values()) else "degraded"
    return 200, {
        "status": status,
        "parts": {name: part.as_json() for name, part in parts.items()},
        "roles": roles,
    }


def _down(detail: str) -> tuple[int, dict[str, Any]]:
    database = Part(False, None, detail).as_json()
    return 503, {"status": "down", "parts": {"database": database}, "roles": "unknown"}


_migrated = threading.Event()  # Once all are there, this process need not ask again.


def _missing_migrations() -> set[tuple[str, str]]:
    """This release's migrations that the database lacks."""
    if _migrated.is_set():
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        missing = _migrations_on_disk() - set(cursor.fetchall())
    if not missing:
        _migrated.set()
    return missing


@cache
def _migrations_on_disk() -> set[tuple[str, str]]:
    return set(MigrationLoader(None).disk_migrations)


def forget_migrations() -> None:
    """Look them up again at the next question (tests take some away)."""
    _migrated.clear()


def _heartbeats() -> dict[str, tuple[datetime, float, str, dict[str, Any]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT part, at, extract(epoch FROM clock_timestamp() - at), detail, data"
            " FROM moderation_heartbeat"
        )
        rows = cursor.fetchall()
    return {
        part: (at, float(age), detail, json.loads(data) if isinstance(data, str) else data)
        for part, at, age, detail, data in rows
    }


def _beating(part: str, beats: dict[str, Any], absent: str) -> Part:
    if part not in beats:
        return Part(False, None, absent)
    at, age, detail, _ = beats[part]
    if age > STALE_AFTER_S[part]:
        return Part(False, at, f"{absent}: last seen {age:.0f} s ago")
    return Part(True, at, detail)


def _broker() -> Part:
    return (
        Part(True, None, "")
        if is_redis_answering()
        else Part(False, None, "Redis does not answer; comments wait for the reconciler")
    )


def _model(beats: dict[str, Any]) -> Part:
    part = _beating("model", beats, "no worker reported its classifier")
    if part.ok and not beats["model"][3].get("ok", True):
        return Part(False, part.since, f"comments are held by failure: {part.detail}")
    return part


def _is_runtime_role() -> bool:
    """Whether this connection's role may not change tables: it does not own the comments."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(current_user, relowner, 'USAGE')"
            " FROM pg_class WHERE oid = 'comments_comment'::regclass"
        )
        return not cursor.fetchone()[0]


def metrics_text() -> bytes:
    """Prometheus text: this site's counters, and gauges read from PostgreSQL now."""
    registry: CollectorRegistry = PROCESS_REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    gauges = CollectorRegistry()
    gauges.register(_DatabaseGauges())
    return generate_latest(registry) + generate_latest(gauges)


class _DatabaseGauges(Collector):
    """Families made at scrape time: a ``Gauge`` object would be kept once per process as well."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            families = list(_gauges())
        except DatabaseError:
            families = []
        up = 1 if families else 0
        yield GaugeMetricFamily("newsroom_database_up", "Whether PostgreSQL answered this scrape.", value=up)
        yield from families


def _gauges() -> Iterator[GaugeMetricFamily]:
    _, document = readiness()
    parts = GaugeMetricFamily("newsroom_part_ok", "Whether a part works.", labels=["part"])
    for name, part in document["parts"].items():
        parts.add_metric([name], 1 if part["ok"] else 0)
    yield parts
    waited_s = oldest_pending_age_s()
    yield GaugeMetricFamily(
        "newsroom_oldest_pending_seconds", "Age of the oldest pending comment.", value=waited_s
    )
    held = GaugeMetricFamily("newsroom_held_comments", "Comments waiting for a person.", labels=["held_by"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT held_by, count(*) FROM comments_comment WHERE status = 'held' GROUP BY held_by"
        )
        for held_by, count in cursor.fetchall():
            held.add_metric([held_by], count)
    yield held
    ads = soundness()
    yield GaugeMetricFamily(
        "newsroom_ads_differences",
        "Sums of ads that did not agree when they were last compared; anything but 0 is an alarm.",
        value=ads.differences or 0,
    )
    if ads.folded_s_ago is not None:
        yield GaugeMetricFamily(
            "newsroom_ads_folded_seconds",
            "Since when roll-ups of ad events wait to be folded; reports are exact all the same.",
            value=ads.folded_s_ago,
        )
    mail = backlog()
    yield GaugeMetricFamily("newsroom_mail_waiting", "Letters that wait to be sent.", value=mail.waiting)
    yield GaugeMetricFamily(
        "newsroom_mail_oldest_due_seconds",
        "How long the oldest letter has been due; rises while the mail server is away.",
        value=mail.oldest_due_s,
    )


class ProbeMiddleware:
    """Answers probes before hosts, sessions and redirects have a say: orchestrators ask by address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/livez":
            return _json(200, {"status": "ok"})
        if request.path == "/readyz":
            return _json(*readiness())
        if request.path == "/metrics":
            return HttpResponse(
                metrics_text(), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"}
            )
        return self.get_response(request)


def _json(status: int, document: dict[str, Any]) -> HttpResponse:
    return HttpResponse(
        json.dumps(document),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
