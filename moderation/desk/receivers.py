"""The reconciler has time: alarms are raised, and summaries written, once a minute."""

from __future__ import annotations

import time
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from moderation.desk.digests import send_digests
from moderation.desk.watch import raise_alarms
from moderation.signals import upkeep

LOOKED_EVERY_S = 60.0
_looked_at = -LOOKED_EVERY_S


@receiver(upkeep)
def look_after_the_desk(**kwargs: Any) -> dict[str, int]:
    global _looked_at  # noqa: PLW0603  (the clock of the one process that leads)
    if time.monotonic() < _looked_at + LOOKED_EVERY_S:
        return {}
    _looked_at = time.monotonic()
    now = timezone.now()
    return {**raise_alarms(now=now), "digests_written": send_digests(now=now)}
