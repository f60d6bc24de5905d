"""Emergencies: everything is read first, comments are closed, or ads are off, on one site, for a time.

Each is one row that says until when. Nothing has to run for it to end: whoever obeys it compares the time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from articles.models import Site
from moderation.models import Emergency
from moderation.signals import emergency_began, emergency_ended
from newsroom.audit.services import record
from newsroom.errors import DomainError, FieldError

LONGEST = timedelta(days=7)  # An emergency that lasts longer is a policy.


class AlreadyStands(DomainError):
    code = "already_stands"
    status = 409
    title = "This is on already"


def standing(*, now: datetime) -> QuerySet[Emergency]:
    """What is on, the newest first."""
    found = Emergency.objects.filter(started_at__lte=now, until__gt=now)
    return found.select_related("site", "by").order_by("-started_at")


@transaction.atomic
def begin_emergency(
    *, site: Site, kind: str, reason: str, until: datetime, actor: Any, now: datetime
) -> Emergency:
    """Begin one; workers obey it with the next comment, web processes within a second.

    Args:
        actor: who switches; None: it begins by itself.

    Raises:
        AlreadyStands: the same is on for this site.
        FieldError: it would end in the past, or in more than a week.
    """
    if not now < until <= now + LONGEST:
        raise FieldError("until", "It ends within a week.", code="out_of_range")
    site = Site.objects.select_for_update().get(pk=site.pk)  # Two who press at once take turns.
    if standing(now=now).filter(site=site, kind=kind).exists():
        raise AlreadyStands
    emergency = Emergency.objects.create(
        site=site, kind=kind, reason=reason, by=actor, started_at=now, until=until
    )
    _close_comments(emergency)
    _note("emergency.begin", emergency, actor=actor, reason=reason)
    emergency_began.send(sender=Emergency, emergency=emergency, actor=actor)
    return emergency


@transaction.atomic
def end_emergency(*, emergency_id: UUID, actor: Any, now: datetime) -> Emergency | None:
    """End one before its time; None if it is over already. Safe to run twice.

    Raises:
        Emergency.DoesNotExist: there never was such a one.
    """
    emergency = (
        Emergency.objects.select_related("site").select_for_update(of=("self", "site")).get(pk=emergency_id)
    )
    if emergency.until <= now:
        return None
    emergency.until = now
    emergency.save(update_fields=["until"])
    _close_comments(emergency)
    _note("emergency.end", emergency, actor=actor)
    emergency_ended.send(sender=Emergency, emergency=emergency, actor=actor)
    return emergency


def _close_comments(emergency: Emergency) -> None:
    """Say so on the site itself, where whoever accepts comments looks."""
    if emergency.kind == Emergency.Kind.CLOSE_COMMENTS:
        emergency.site.comments_closed_until = emergency.until
        emergency.site.save(update_fields=["comments_closed_until"])


def _note(action: str, emergency: Emergency, *, actor: Any, reason: str = "") -> None:
    record(
        action=action,
        object_type="emergency",
        object_id=emergency.pk,
        actor_kind="person" if actor else "system",
        actor=actor,
        reason=reason,
        data={
            "kind": emergency.kind,
            "site": emergency.site.code,
            "until": emergency.until.isoformat(timespec="seconds"),
        },
    )
