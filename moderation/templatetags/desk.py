"""Short times and names for the desk's templates."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone

from moderation.desk.words import OUTCOMES
from moderation.models import ReasonCode

register = template.Library()

_STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"))


@register.filter
def waited(since: datetime | None) -> str:
    """How long ago, in its largest whole unit: ``3 h``, ``2 d``."""
    if since is None:
        return ""
    seconds = (timezone.now() - since).total_seconds()
    for size, unit in _STEPS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "under 1 min"


@register.filter
def reason_words(code: str) -> str:
    """What a reason code means; the code itself where it is not ours."""
    return str(ReasonCode(code).label) if code in ReasonCode.values else code


@register.filter
def outcome_words(outcome: str) -> str:
    return OUTCOMES.get(outcome, outcome)
