"""The reconciler has time: roll-ups are folded, compared with the events, and late credits made.

And a comment was taken down: what stood beside it is credited at once.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from ads.delivery.credits import (
    credit_beside,
    credit_beside_removed,
    take_back_beside,
    take_back_beside_restored,
)
from ads.delivery.forgetting import forget_decisions
from ads.delivery.limits import has_decisions
from ads.delivery.reconciling import differences
from ads.delivery.rollups import fold
from articles.models import Site
from articles.signals import site_checked
from comments.models import Comment
from comments.retention import kept_for
from comments.signals import comment_changed
from moderation.models import Decision
from moderation.retention import retains
from moderation.services import beat
from moderation.signals import decision_made, upkeep

COMPARED_EVERY_S = 600.0
MOST_NAMED = 5

logger = logging.getLogger("ads")
_compared_at = -COMPARED_EVERY_S
_credited_at = -COMPARED_EVERY_S


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


@receiver(comment_changed)
def credit_what_stood_beside(*, comment_id: UUID, status: str, **kwargs: Any) -> None:
    if status != Comment.Status.REMOVED:
        return

    def credit() -> None:
        credit_beside(comment_id)

    # robust: a comment is taken down whether or not this works; the sweep below comes after it.
    transaction.on_commit(credit, robust=True)


@receiver(decision_made)
def take_back_what_was_credited(*, decision: Decision, **kwargs: Any) -> None:
    """A removal was undone, or an appeal was granted. Only people publish what was removed."""
    is_by_person = decision.actor_kind == Decision.ActorKind.PERSON
    if not is_by_person or decision.outcome != Decision.Outcome.PUBLISHED:
        return

    def take_back() -> None:
        take_back_beside(decision.comment_id, at=timezone.now())

    transaction.on_commit(take_back, robust=True)


@receiver(upkeep)
def credit_late(**kwargs: Any) -> dict[str, int]:
    """Every ten minutes: pages that stood open while a comment went, and what a crash prevented."""
    global _credited_at  # noqa: PLW0603  (the clock of the one process that leads)
    if time.monotonic() < _credited_at + COMPARED_EVERY_S:
        return {}
    _credited_at = time.monotonic()
    at = timezone.now()
    return {
        "ads_credited": credit_beside_removed(at=at),
        "ads_credits_taken_back": take_back_beside_restored(at=at),
    }


@retains("ads")
def forget_old(at: datetime) -> int:
    return forget_decisions(before=at - kept_for("ads"))


@receiver(site_checked)
def keep_the_zone(*, site: Site, **kwargs: Any) -> None:
    """Hours, days, daily caps and statements were counted in the zone there is."""
    stored = Site.objects.filter(pk=site.pk).exclude(time_zone=site.time_zone).first()
    if stored is not None and has_decisions(stored):
        words = f"Ads were counted and invoiced by the days of {stored.time_zone}: it stays."
        raise ValidationError({"time_zone": ValidationError(words, code="has_events")})
