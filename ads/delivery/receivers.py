"""The reconciler has time: roll-ups are folded, and now and then compared with the events."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.dispatch import receiver

from ads.delivery.reconciling import differences
from ads.delivery.rollups import fold
from moderation.services import beat
from moderation.signals import upkeep

COMPARED_EVERY_S = 600.0
MOST_NAMED = 5

logger = logging.getLogger("ads")
_compared_at = -COMPARED_EVERY_S


@receiver(upkeep)
def fold_events(**kwargs: Any) -> dict[str, int]:
    return {"ads_folded": fold().rows}


@receiver(upkeep)
def compare_sums(**kwargs: Any) -> dict[str, int]:
    """Every ten minutes, whether all sums agree; what does not is logged, and stays visible until it does."""
    global _compared_at  # noqa: PLW0603  (the clock of the one process that leads)
    if time.monotonic() < _compared_at + COMPARED_EVERY_S:
        return {}
    _compared_at = time.monotonic()
    found = differences()
    for one in found[:MOST_NAMED]:
        logger.error("ads do not add up: %s", one)
    beat("ads", detail=str(found[0])[:200] if found else "", data={"differences": len(found)})
    return {"ads_compared": 1, "ads_differences": len(found)}
