"""The small seed, made once for a module and rolled back after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone


@pytest.fixture(scope="module", autouse=True)
def _no_classifier_of_an_earlier_test() -> None:
    """The process remembers the active version for two seconds; the row it came from was rolled back."""
    from moderation.engine import LOOK_EVERY_S, engine

    engine._loaded, engine._looked_at = None, -LOOK_EVERY_S


@pytest.fixture(scope="module")
def seeded_at(django_db_setup: None, django_db_blocker: Any) -> Iterator[datetime]:
    """A database with the small seed in it; the time at which it was seeded.

    Its tests carry the ``django_db`` mark too: each runs in a savepoint of this transaction.
    """
    from seeds.small import seed_small

    now = timezone.now()
    with django_db_blocker.unblock(), transaction.atomic():
        seed_small(now=now)
        yield now
        transaction.set_rollback(True)
