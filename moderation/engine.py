"""The classifier of this process: the active version from PostgreSQL, cached in a local folder."""

from __future__ import annotations

import hashlib
import logging
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from moderation.classifier import ArtifactError, load, shipped_artifact
from moderation.classifier.artifact import FORMAT
from moderation.models import ModelVersion
from newsroom.audit.services import record

if TYPE_CHECKING:
    from moderation.classifier import Classifier

logger = logging.getLogger("moderation")

SHIPPED = "shipped"  # begins the name of a version that came with a release
TRY_REFUSED_AGAIN_S = 15.0  # A disk or a row may have been repaired since.
LOOK_EVERY_S = 2.0  # A switch of versions is picked up within this time (10 s are promised).


class ModelUnavailable(Exception):
    """No active classifier could be loaded: texts are held by failure, never published."""


@dataclass(frozen=True, slots=True)
class ActiveModel:
    version_id: UUID
    digest: str
    classifier: Classifier


def active_row() -> tuple[UUID, str] | None:
    """Id and digest of the active version."""
    return ModelVersion.objects.filter(is_active=True).values_list("id", "digest").first()


class Engine:
    """Loads and keeps the classifier of the version that ``row`` names. Thread-safe; one per process.

    Args:
        is_optional: usually there is none, so that its absence too is believed for a while.
    """

    def __init__(
        self, row: Callable[[], tuple[UUID, str] | None] = active_row, *, is_optional: bool = False
    ) -> None:
        self._row, self._is_optional = row, is_optional
        self._lock = threading.Lock()
        self._loaded: ActiveModel | None = None
        self._looked_at = -LOOK_EVERY_S
        self._refused: dict[str, str] = {}
        self._refused_at = 0.0

    def active(self) -> ActiveModel:
        """The classifier that is wanted now.

        A new version that fails its checks is refused with a logged reason while the last good one keeps
        serving. No active version at all means no classifier, whatever was loaded before.

        Raises:
            ModelUnavailable: none is active, or the first one cannot be loaded.
        """
        if settings.DEMO and time.time() < _broken_until():
            raise ModelUnavailable("broken on purpose by dev.py break model")
        with self._lock:
            is_missing = self._loaded is None and not self._is_optional
            if is_missing or time.monotonic() - self._looked_at >= LOOK_EVERY_S:
                self._look()
                self._looked_at = time.monotonic()
            if self._loaded is None:
                raise ModelUnavailable("; ".join(self._refused.values()) or "no classifier version is active")
            return self._loaded

    def refusal(self) -> str:
        """Why the wanted version is not the one that serves; empty if it serves."""
        with self._lock:
            return "; ".join(self._refused.values())

    def _look(self) -> None:
        row = self._row()
        if row is None:
            self._loaded = None
            self._refused.clear()
            return
        version_id, digest = row
        if self._loaded is not None and self._loaded.digest == digest:
            if self._loaded.version_id != version_id:  # The same artifact, registered anew.
                self._loaded = replace(self._loaded, version_id=version_id)
            self._refused.clear()
            return
        if digest in self._refused and time.monotonic() - self._refused_at < TRY_REFUSED_AGAIN_S:
            return
        try:
            classifier = load(artifact_bytes(version_id, digest))
        except (DatabaseError, SoftTimeLimitExceeded):
            raise
        except Exception as error:  # Whatever it raises while it is loaded and tried, it cannot be used.
            self._refused[digest], self._refused_at = f"{digest[:12]}: {error}", time.monotonic()
            logger.exception("classifier %s was refused", digest[:12])
            return
        self._loaded = ActiveModel(version_id, digest, classifier)
        self._refused.clear()


engine = Engine()


def _broken_until() -> float:
    """Until when ``dev.py break model`` makes the classifier unavailable (seconds since 1970; demo only)."""
    try:
        return float((Path(settings.NEWSROOM_STATE) / "run" / "model.broken").read_text())
    except (OSError, ValueError):
        return 0.0


def artifact_bytes(version_id: UUID, digest: str) -> bytes:
    """The artifact, from the local folder if its digest holds, else from PostgreSQL (then cached).

    Raises:
        ArtifactError: the stored bytes are not those of the digest.
    """
    path = Path(settings.NEWSROOM_STATE) / "models" / f"{digest}.safetensors"
    if path.is_file():
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == digest:
            return data
    data = bytes(ModelVersion.objects.values_list("artifact", flat=True).get(pk=version_id))
    if hashlib.sha256(data).hexdigest() != digest:
        raise ArtifactError("the stored artifact does not have its digest")
    _cache(path, data)
    return data


def _cache(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        Path(file.name).replace(path)
    except OSError as error:  # A read-only or full disk costs a slower start, nothing else.
        logger.warning("the classifier was not cached: %s", error)


@transaction.atomic
def register_shipped_model() -> ModelVersion:
    """Store this release's artifact; make it active where none is. Safe to run twice and side by side.

    An active artifact that an earlier release shipped, in a format that this program no longer reads, gives
    way to it: else an upgrade would hold every comment. What people promoted is left to them.
    """
    data = shipped_artifact().read_bytes()
    classifier = load(data)
    version, _ = ModelVersion.objects.get_or_create(
        digest=hashlib.sha256(data).hexdigest(),
        defaults={
            "name": f"{SHIPPED} {classifier.version}",
            "manifest": classifier.manifest,
            "artifact": data,
        },
    )
    # Locks every version: two starting at once agree on one active row.
    versions = list(ModelVersion.objects.select_for_update().defer("artifact"))
    active = next((other for other in versions if other.is_active), None)
    if active is None or _is_outdated(active):
        ModelVersion.objects.filter(is_active=True).update(is_active=False)
        ModelVersion.objects.filter(pk=version.pk).update(is_active=True, activated_at=timezone.now())
        if active is not None:
            record(
                action="model.replaced_on_upgrade",
                object_type="modelversion",
                object_id=version.pk,
                actor_kind="system",
                data={"digest": version.digest[:12], "from": str(active.pk)},
            )
    return version


def _is_outdated(version: ModelVersion) -> bool:
    """Whether an earlier release put it there, nobody chose it, and this program reads a newer format."""
    if not version.name.startswith(f"{SHIPPED} ") or version.activated_by_id is not None:
        return False
    if version.events.filter(action__in=["promoted", "rolled_back"]).exists():
        return False
    return int(version.manifest.get("format") or 0) < FORMAT
