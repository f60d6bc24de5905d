"""Registering, promoting and rolling back: who may when, what is kept, and what two at once do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from moderation.engine import engine
from moderation.lifecycle import services
from moderation.lifecycle.models import ModelEvent, Shadow
from moderation.lifecycle.services import promote, register_candidate, roll_back, start_shadow
from moderation.models import ModelVersion
from newsroom.audit.models import AuditEntry
from newsroom.errors import DomainError
from tests.factories import UserFactory
from tests.lifecycle.conftest import altered, look_again


def active() -> ModelVersion:
    return ModelVersion.objects.defer("artifact").get(is_active=True)


@pytest.mark.django_db
def test_a_promotion_is_picked_up_and_kept_with_reason_and_author(
    shipped: ModelVersion, candidate: ModelVersion, passed: Callable[..., Any], editor: Any
) -> None:
    report = passed(candidate, shipped)
    start_shadow(candidate)
    assert engine.active().version_id == shipped.pk

    promote(candidate, actor=editor, reason="Finds insults that we missed.")
    look_again()

    assert engine.active().version_id == candidate.pk
    assert active().activated_by == editor
    assert not Shadow.objects.exists()
    event = ModelEvent.objects.get(action="promoted")
    assert event.data == {"from": str(shipped.pk), "gate": str(report.pk)}
    entry = AuditEntry.objects.get(action="model.promoted")
    assert (entry.actor, entry.reason) == (editor, "Finds insults that we missed.")


@pytest.mark.django_db
def test_without_a_passed_gate_nothing_is_promoted(
    shipped: ModelVersion, candidate: ModelVersion, passed: Callable[..., Any], editor: Any
) -> None:
    def refused() -> str:
        with pytest.raises(services.GatesNotPassed) as error:
            promote(candidate, actor=editor, reason="Now.")
        return error.value.detail

    assert "Run the gates first" in refused()
    passed(candidate, register_candidate(altered(threat=0.5)))  # Against another than the active one.
    assert "Run the gates first" in refused()
    passed(candidate, shipped)
    passed(candidate, shipped, ok=False)  # The newest counts.
    assert "did not pass" in refused()
    assert active() == shipped
    assert not AuditEntry.objects.filter(action="model.promoted").exists()


@pytest.mark.django_db
def test_a_promotion_needs_a_reason(
    shipped: ModelVersion, candidate: ModelVersion, passed: Callable[..., Any], editor: Any
) -> None:
    passed(candidate, shipped)
    with pytest.raises(services.ReasonMissing):
        promote(candidate, actor=editor, reason="  ")


@pytest.mark.django_db
def test_one_step_back_needs_no_gate_and_two_steps_go_two_back(
    shipped: ModelVersion, candidate: ModelVersion, passed: Callable[..., Any], editor: Any
) -> None:
    third = register_candidate(altered(threat=0.5))
    passed(candidate, shipped)
    promote(candidate, actor=editor, reason="First.")
    passed(third, candidate)
    promote(third, actor=editor, reason="Second.")

    assert roll_back(actor=editor, reason="Too strict.") == candidate
    assert roll_back(actor=editor, reason="Still too strict.") == shipped
    assert active() == shipped
    with pytest.raises(services.NothingToRollBackTo):
        roll_back(actor=editor, reason="Once more.")


@pytest.mark.django_db
def test_a_version_that_was_damaged_in_the_database_is_not_promoted(
    shipped: ModelVersion, candidate: ModelVersion, passed: Callable[..., Any], editor: Any
) -> None:
    passed(candidate, shipped)
    ModelVersion.objects.filter(pk=candidate.pk).update(artifact=b"PK\x03\x04")
    with pytest.raises(services.ModelRefused):
        promote(candidate, actor=editor, reason="Now.")
    assert active() == shipped


@pytest.mark.django_db
def test_the_same_file_twice_is_one_version(shipped: ModelVersion, candidate_bytes: bytes) -> None:
    assert register_candidate(candidate_bytes).pk == register_candidate(candidate_bytes).pk
    assert ModelEvent.objects.filter(action="registered").count() == 1


@pytest.mark.django_db
def test_one_candidate_at_a_time_is_in_shadow(shipped: ModelVersion, candidate: ModelVersion) -> None:
    start_shadow(candidate)
    assert start_shadow(candidate).version_id == candidate.pk  # Twice is once.
    assert ModelEvent.objects.filter(action="shadow_started").count() == 1
    with pytest.raises(services.ShadowTaken):
        start_shadow(register_candidate(altered(threat=0.5)))
    with pytest.raises(services.AlreadyActive):
        start_shadow(shipped)


@pytest.mark.django_db
def test_events_cannot_be_changed_even_by_the_owner(candidate: ModelVersion) -> None:
    for statement in (
        "UPDATE lifecycle_modelevent SET reason = 'better'",
        "DELETE FROM lifecycle_modelevent",
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            as_owner(statement)


def as_owner(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_of_two_promotions_at_once_one_is_refused(candidate_bytes: bytes, passed: Callable[..., Any]) -> None:
    from moderation.engine import register_shipped_model

    shipped = register_shipped_model()
    rivals = [register_candidate(candidate_bytes), register_candidate(altered(threat=0.5))]
    editor = UserFactory(username="kerensa")
    for rival in rivals:
        passed(rival, shipped)
    start, results = threading.Barrier(2), []

    def run(version: ModelVersion) -> None:
        start.wait()
        try:
            promote(version, actor=editor, reason="Mine.")
            results.append("promoted")
        except DomainError as error:
            results.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(rival,)) for rival in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["gates_not_passed", "promoted"]
    assert ModelVersion.objects.filter(is_active=True).count() == 1
