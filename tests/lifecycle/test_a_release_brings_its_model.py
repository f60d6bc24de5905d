"""A release brings its model: the first becomes active, an outdated one gives way, a chosen one stays."""

from __future__ import annotations

import pytest

from moderation.classifier.artifact import FORMAT
from moderation.engine import register_shipped_model
from moderation.models import ModelVersion
from newsroom.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


def another(name: str, *, form: int, chosen_by=None) -> ModelVersion:
    ModelVersion.objects.filter(is_active=True).update(is_active=False)
    return ModelVersion.objects.create(
        name=name,
        digest="5" * 64,
        manifest={"format": form},
        artifact=b"of another time",
        is_active=True,
        activated_by=chosen_by,
    )


def active() -> ModelVersion:
    return ModelVersion.objects.get(is_active=True)


def test_the_first_one_becomes_active_and_a_second_call_changes_nothing():
    first = register_shipped_model()
    assert register_shipped_model() == first == active()
    assert ModelVersion.objects.count() == 1


def test_a_shipped_one_that_this_program_cannot_read_gives_way_and_the_audit_says_so():
    another("shipped en-news 1", form=FORMAT - 1)
    version = register_shipped_model()
    assert active() == version
    entry = AuditEntry.objects.get(action="model.replaced_on_upgrade")
    assert entry.object_id == str(version.pk)


def test_one_that_a_person_chose_stays(django_user_model):
    person = django_user_model.objects.create_user("ed", password=None)
    chosen = another("shipped en-news 1", form=FORMAT - 1, chosen_by=person)
    register_shipped_model()
    assert active() == chosen


def test_one_trained_here_stays():
    trained = another("candidate of March", form=FORMAT - 1)
    register_shipped_model()
    assert active() == trained


def test_a_shipped_one_of_this_format_stays():
    current = another("shipped en-news 1", form=FORMAT)
    register_shipped_model()
    assert active() == current
