"""``manage.py demo_setup``: the demo's people and the shipped classifier."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.management.base import BaseCommand

from moderation.classifier import shipped_artifact
from moderation.engine import register_shipped_model
from moderation.models import ModelVersion
from newsroom.demo.people import ensure_people, logins_file


class Command(BaseCommand):
    help = "Make the demo's logins and register the shipped classifier. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        logins = ensure_people()
        if not _is_registered():
            register_shipped_model()
        self.stdout.write(f"{len(logins)} logins are in {logins_file()}.")


def _is_registered() -> bool:
    """Whether a classifier is active and the shipped one is stored; loading it to find out takes longer."""
    digest = hashlib.sha256(shipped_artifact().read_bytes()).hexdigest()
    versions = ModelVersion.objects.values_list("digest", "is_active")
    return any(found == digest for found, _ in versions) and any(is_active for _, is_active in versions)
