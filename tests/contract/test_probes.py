"""/livez, /readyz and /metrics: what an orchestrator and an operator are told, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client
from django.utils import timezone

from moderation.models import Heartbeat
from newsroom import health, limits
from tests.factories import CommentFactory

pytestmark = pytest.mark.django_db
PARTS = {"database", "broker", "worker", "reconciler", "model"}


@pytest.fixture
def beating() -> None:
    for part in ("worker", "reconciler", "model"):
        Heartbeat.objects.create(part=part, data={"ok": True})


def readyz(client: Client) -> tuple[int, dict[str, Any]]:
    response = client.get("/readyz")
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    return response.status_code, response.json()


def test_a_process_that_answers_is_alive_even_without_a_database(client: Client, no_database: None) -> None:
    response = client.get("/livez")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.usefixtures("beating")
def test_when_all_parts_work_it_says_so(client: Client) -> None:
    status, document = readyz(client)

    assert status == 200
    assert set(document) == {"status", "parts", "roles"}
    assert document["status"] == "ok", document
    assert set(document["parts"]) == PARTS
    assert all(set(part) == {"ok", "since", "detail"} for part in document["parts"].values())
    assert document["roles"] == ("split" if settings.RUNTIME_ROLE else "single")


def test_parts_that_never_showed_are_named(client: Client) -> None:
    status, document = readyz(client)

    sick = {name for name, part in document["parts"].items() if not part["ok"]}
    assert (status, document["status"]) == (200, "degraded")
    assert sick == {"worker", "reconciler", "model"}
    assert all(document["parts"][name]["detail"] for name in sick)


@pytest.mark.usefixtures("beating")
@pytest.mark.parametrize("part", ["worker", "reconciler", "model"])
def test_a_part_that_fell_silent_is_named_within_a_minute(client: Client, part: str) -> None:
    Heartbeat.objects.filter(part=part).update(at=timezone.now() - timedelta(seconds=60))

    status, document = readyz(client)

    assert (status, document["status"]) == (200, "degraded")
    assert [name for name, state in document["parts"].items() if not state["ok"]] == [part]
    assert document["parts"][part]["since"]


@pytest.mark.usefixtures("beating")
def test_a_model_that_does_not_score_is_named(client: Client) -> None:
    Heartbeat.objects.filter(part="model").update(
        data={"ok": False}, detail="no classifier version is active"
    )

    _, document = readyz(client)

    assert document["status"] == "degraded"
    assert "no classifier" in document["parts"]["model"]["detail"]


@pytest.mark.usefixtures("beating")
def test_a_broker_that_is_away_is_named_and_the_process_still_serves(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> Any:
        raise ConnectionError

    monkeypatch.setattr(limits, "redis_client", gone)

    status, document = readyz(client)

    assert (status, document["status"]) == (200, "degraded")
    assert not document["parts"]["broker"]["ok"]


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("connection refused: user=secret")

    monkeypatch.setattr(health.connection, "cursor", away)


def test_without_a_database_it_cannot_serve(client: Client, no_database: None) -> None:
    status, document = readyz(client)

    assert status == 503
    assert document["status"] == "down"
    assert document["parts"]["database"]["ok"] is False
    assert "secret" not in str(document)


def test_a_database_that_dies_while_it_is_asked_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr(health, "_is_runtime_role", away)

    assert readyz(client)[0] == 503


@pytest.fixture
def owner() -> Iterator[Any]:
    """A cursor with the owner's rights; the test's transaction takes back what it does."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        yield cursor


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE moderation_heartbeat",
        "DELETE FROM django_migrations WHERE app = 'comments' AND name LIKE '0002%'",
    ],
)
def test_missing_migrations_mean_that_it_cannot_serve(client: Client, owner: Any, statement: str) -> None:
    health.forget_migrations()
    owner.execute(statement)

    status, document = readyz(client)

    assert status == 503
    assert "migrat" in document["parts"]["database"]["detail"]


def test_probes_answer_by_any_host_name(client: Client) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        assert client.get(path, headers={"Host": "10.0.0.7:8000"}).status_code == 200


def test_metrics_name_the_parts_the_queue_and_the_wait(client: Client) -> None:
    CommentFactory(status="held", held_by="rule")
    CommentFactory(at=timezone.now() - timedelta(seconds=90))

    response = client.get("/metrics")

    lines = dict(line.rsplit(" ", 1) for line in response.content.decode().splitlines() if line[0] != "#")
    assert response["Content-Type"].startswith("text/plain")
    assert lines["newsroom_database_up"] == "1.0"
    assert lines['newsroom_part_ok{part="worker"}'] == "0.0"
    assert lines['newsroom_held_comments{held_by="rule"}'] == "1.0"
    assert 89 <= float(lines["newsroom_oldest_pending_seconds"]) <= 120
    assert "newsroom_comments_accepted_total" in lines


def test_metrics_without_a_database_say_so(client: Client, no_database: None) -> None:
    response = client.get("/metrics")

    assert response.status_code == 200
    assert b"newsroom_database_up 0.0" in response.content
