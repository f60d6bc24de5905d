"""Registering, shadowing, promoting and rolling back versions: one transaction, event and audit row each.

One lock for all of them, so that two people at once cannot promote two candidates.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from moderation.classifier import ArtifactError, load
from moderation.classifier.artifact import MAX_BYTES
from moderation.lifecycle.models import GateReport, ModelEvent, Shadow
from moderation.models import ModelVersion
from newsroom.audit.services import record
from newsroom.errors import DomainError

Action = ModelEvent.Action


class ModelRefused(DomainError):
    code = "model_refused"
    status = 422
    title = "The file is not a model that may be used"


class ShadowTaken(DomainError):
    code = "shadow_taken"
    title = "Another version is in shadow"


class NotInShadow(DomainError):
    code = "not_in_shadow"
    title = "No version is in shadow"


class AlreadyActive(DomainError):
    code = "already_active"
    title = "This version is active"


class GatesNotPassed(DomainError):
    code = "gates_not_passed"
    title = "The version has not passed the gates against the one that is active now"


class NothingToRollBackTo(DomainError):
    code = "nothing_to_roll_back_to"
    title = "No version was active before this one"


class ReasonMissing(DomainError):
    code = "reason_missing"
    status = 400
    title = "Say why: the reason is kept"


@transaction.atomic
def register_candidate(source: Path | bytes, *, actor: Any = None, reason: str = "") -> ModelVersion:
    """Store an artifact as a version, after every check of a load. The same file twice is one version.

    Raises:
        ModelRefused: not this format, altered, too large, misshapen, not finite, or not scoring as it states.
    """
    try:
        data = source if isinstance(source, bytes) else _read(source)
        classifier = load(data)
    except ArtifactError as error:
        raise ModelRefused(str(error)) from error
    _lock()
    version, is_new = ModelVersion.objects.get_or_create(
        digest=hashlib.sha256(data).hexdigest(),
        defaults={
            "name": f"candidate {classifier.version}",
            "manifest": classifier.manifest,
            "artifact": data,
        },
    )
    if is_new:
        _note(version, Action.REGISTERED, actor=actor, reason=reason, data={"bytes": len(data)})
    return version


def _read(path: Path) -> bytes:
    """The file's bytes; a file that is too large is not read first."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ArtifactError(
                f"the model file is {path.stat().st_size:,} bytes; at most {MAX_BYTES:,} are read"
            )
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"the model file cannot be read: {error.strerror}") from error


@transaction.atomic
def start_shadow(version: ModelVersion, *, actor: Any = None, reason: str = "") -> Shadow:
    """Have every worker score live comments with this version too, without effect.

    Raises:
        ShadowTaken: another version is in shadow; stop it first.
        AlreadyActive: the active version is its own shadow already.
        ModelRefused: the stored artifact fails its checks.
    """
    _lock()
    if is_active(version):
        raise AlreadyActive
    shadow = Shadow.objects.first()
    if shadow is not None:
        if shadow.version_id != version.pk:
            raise ShadowTaken
        return shadow
    _check_stored(version)
    shadow = Shadow.objects.create(version=version, started_by=_person(actor))
    _note(version, Action.SHADOW_STARTED, actor=actor, reason=reason)
    return shadow


@transaction.atomic
def stop_shadow(*, actor: Any = None, reason: str = "") -> None:
    """Take the candidate out of shadow; its scores stay.

    Raises:
        NotInShadow: there is none.
    """
    _lock()
    shadow = Shadow.objects.select_related("version").first()
    if shadow is None:
        raise NotInShadow
    shadow.delete()
    _note(shadow.version, Action.SHADOW_STOPPED, actor=actor, reason=reason)


@transaction.atomic
def promote(version: ModelVersion, *, actor: Any, reason: str) -> None:
    """Make a version the active one. Workers pick it up within ten seconds.

    Raises:
        ReasonMissing: no reason.
        AlreadyActive: it is active.
        GatesNotPassed: no comparison with the version that is active *now*, or the newest did not pass.
        ModelRefused: the stored artifact fails its checks.
    """
    if not reason.strip():
        raise ReasonMissing
    _lock()
    active = _active()
    if active is not None and active.pk == version.pk:
        raise AlreadyActive
    report = GateReport.objects.filter(version=version, against=active).order_by("-at", "-pk").first()
    if report is None:
        raise GatesNotPassed("Run the gates first: no comparison with the version that is active now.")
    if not report.passed:
        raise GatesNotPassed("The newest comparison with the version that is active now did not pass.")
    _check_stored(version)
    _switch(active, version, actor=actor)
    data = {"from": str(active.pk) if active else None, "gate": str(report.pk)}
    _note(version, Action.PROMOTED, actor=actor, reason=reason, data=data)


@transaction.atomic
def roll_back(*, actor: Any, reason: str) -> ModelVersion:
    """Make the version active again that was so before the last promotion; returns it.

    Rolling back twice goes two promotions back, never forth. Needs no gate: it is the way out.

    Raises:
        ReasonMissing: no reason.
        NothingToRollBackTo: there was none.
        ModelRefused: its stored artifact fails its checks.
    """
    if not reason.strip():
        raise ReasonMissing
    _lock()
    active, previous = _active(), previous_version()
    if previous is None:
        raise NothingToRollBackTo
    _check_stored(previous)
    _switch(active, previous, actor=actor)
    data = {"from": str(active.pk) if active else None}
    _note(previous, Action.ROLLED_BACK, actor=actor, reason=reason, data=data)
    return previous


def previous_version() -> ModelVersion | None:
    """What a roll-back would return to: each promotion is one step down, each roll-back one step up."""
    steps: list[str | None] = []
    events = ModelEvent.objects.filter(action__in=[Action.PROMOTED, Action.ROLLED_BACK]).order_by("at", "pk")
    for action, data in events.values_list("action", "data"):
        if action == Action.PROMOTED:
            steps.append(data["from"])
        elif steps:
            steps.pop()
    if not steps or steps[-1] is None:
        return None
    return ModelVersion.objects.defer("artifact").get(pk=steps[-1])


def is_active(version: ModelVersion) -> bool:
    return ModelVersion.objects.filter(pk=version.pk, is_active=True).exists()


def _active() -> ModelVersion | None:
    return ModelVersion.objects.filter(is_active=True).defer("artifact", "manifest").first()


def _switch(old: ModelVersion | None, new: ModelVersion, *, actor: Any) -> None:
    if old is not None:
        ModelVersion.objects.filter(pk=old.pk).update(is_active=False)
    ModelVersion.objects.filter(pk=new.pk).update(
        is_active=True, activated_at=timezone.now(), activated_by=_person(actor)
    )
    Shadow.objects.filter(version=new).delete()


def _check_stored(version: ModelVersion) -> None:
    """The bytes in PostgreSQL pass every check that a worker will make."""
    data = bytes(ModelVersion.objects.values_list("artifact", flat=True).get(pk=version.pk))
    if hashlib.sha256(data).hexdigest() != version.digest:
        raise ModelRefused("the stored artifact does not have its digest")
    try:
        load(data)
    except ArtifactError as error:
        raise ModelRefused(str(error)) from error


def _lock() -> None:
    """Wait for whoever else changes versions, until the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('newsroom.lifecycle'))")


def _person(actor: Any) -> Any:
    return actor if actor is not None and actor.pk else None


def _note(
    version: ModelVersion, action: str, *, actor: Any, reason: str = "", data: dict[str, Any] | None = None
) -> None:
    ModelEvent.objects.create(
        version=version, action=action, actor=_person(actor), reason=reason[:300], data=data or {}
    )
    record(
        action=f"model.{action}",
        object_type="modelversion",
        object_id=version.pk,
        actor_kind="person" if _person(actor) else "system",
        actor=_person(actor),
        reason=reason,
        data={"digest": version.digest[:12]} | (data or {}),
    )
