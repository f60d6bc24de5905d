"""Short times and names for the desk's templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone

from moderation.desk.authors import FLAGS
from moderation.desk.words import LABELS, OUTCOMES, POLICY_FIELDS, flag_words, percent
from moderation.models import ReasonCode
from newsroom.audit.models import AuditEntry

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


@register.filter
def duration(seconds: float | None) -> str:
    """A span of time with its two largest units: ``35 ms``, ``8 s``, ``1 h 20 min``."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms" if seconds else "0 s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


@register.filter
def whole_percent(value: float | None) -> str:
    return percent(value)


@register.filter
def author_change(entry: AuditEntry) -> str:
    """What an audit row about an author says."""
    if entry.action == "author.address_seen":
        return "looked at the address"
    if entry.action == "author.searched":
        return "searched for the address"
    said = [flag_words(flag, value) for flag, value in entry.data.items() if flag in FLAGS]
    return ", ".join(said)


@register.filter
def changes_in_words(changes: Mapping[str, Mapping[str, Any]]) -> str:
    """Of an audit row about a policy or desk hours: each value before and after, in an editor's words."""
    named = {POLICY_FIELDS.get(name, name.replace("_", " ")): change for name, change in changes.items()}
    return "; ".join(
        f"{name}: {_said(change.get('before'))} → {_said(change.get('after'))}"
        for name, change in named.items()
    )


def _said(value: Any) -> str:
    if value is None or value == {}:
        return "inherited"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(
            f"{LABELS.get(label, label)} hold from {cut['hold']:.3g}, reject from {cut['reject']:.3g}"
            for label, cut in value.items()
        )
    return str(value)
