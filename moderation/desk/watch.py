"""Alarms of the desk: what waits too long is told by mail once, and again when it is over.

Asked by the reconciler, which leads alone; the open incident of a kind is unique in the database, so that a
second leader changes nothing. Row and letters are one transaction. What can wait for the morning is told when
the desk opens; if it is over by then, nobody is told of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from articles.hours import is_staffed
from articles.models import Site
from comments.selectors import oldest_pending_age_s
from moderation.desk.models import Incident
from moderation.desk.queues import QUEUES, queue_tallies
from newsroom.outbox.services import send

PENDING = "pending"
# What nobody looks at is no queue; escalations are between colleagues; "all" would tell everything twice.
WATCHED = ("detector", "rule", "report", "failure", "appeals")
APPEALS_FACTOR = 6  # An appeal needs another person: it may wait six times as long.
WAKE, MORNING = "wake", "morning"
OVER_BELOW = 0.5  # Of the limit: what wavers around it is one incident.


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long the oldest of a kind has waited, and how long it may. No limit: it is not watched."""

    kind: str
    seconds: float
    limit_s: float
    number: int | None = None


def what_waits(*, now: datetime) -> list[Waiting]:
    """The pending age and the age of each queue that is watched."""
    found = [Waiting(PENDING, oldest_pending_age_s(), settings.DESK_ALERT_PENDING_SECONDS)]
    tallies = queue_tallies(now=now)
    for key in WATCHED:
        oldest = tallies[key].oldest_at
        seconds = (now - oldest).total_seconds() if oldest else 0.0
        limit_s = settings.DESK_ALERT_QUEUE_MINUTES * 60 * (APPEALS_FACTOR if key == "appeals" else 1)
        found.append(Waiting(key, seconds, limit_s, tallies[key].count))
    return found


def raise_alarms(*, now: datetime) -> dict[str, int]:
    """Begin and end incidents, and write their letters; how many began and ended. Safe to run twice."""
    done = {"incidents_begun": 0, "incidents_ended": 0}
    standing = {row.kind: row for row in Incident.objects.filter(ended_at=None)}
    is_open = is_desk_open(now=now)
    for one in what_waits(now=now):
        incident = standing.get(one.kind)
        is_over_limit = one.limit_s > 0 and one.seconds > one.limit_s
        if incident is None and is_over_limit:
            done["incidents_begun"] += _begin(one, is_open=is_open, now=now)
        elif incident is not None and incident.told_at is None and is_open and is_over_limit:
            _tell_of(incident, one, now=now)
        elif incident is not None and (one.limit_s <= 0 or one.seconds <= one.limit_s * OVER_BELOW):
            done["incidents_ended"] += _end(incident, now=now)
    return done


def is_desk_open(*, now: datetime) -> bool:
    """Whether somebody is at the desk of a title; who reads the letters reads for all of them."""
    titles = Site.objects.values_list("desk_hours", "time_zone")
    return any(is_staffed(hours, at=now, zone=ZoneInfo(zone)) for hours, zone in titles) or not titles


def urgency_of(kind: str) -> str:
    """*wake*: readers notice now and only a person helps. *morning*: it can wait for the desk to open."""
    return WAKE if kind in {PENDING, "failure"} else MORNING


@transaction.atomic
def _begin(one: Waiting, *, is_open: bool, now: datetime) -> int:
    incident, is_new = Incident.objects.get_or_create(
        kind=one.kind, ended_at=None, defaults={"began_at": now, "urgency": urgency_of(one.kind)}
    )
    if is_new and (is_open or incident.urgency == WAKE):
        _tell_of(incident, one, now=now)
    return int(is_new)


@transaction.atomic
def _tell_of(incident: Incident, one: Waiting, *, now: datetime) -> None:
    if Incident.objects.filter(pk=incident.pk, told_at=None, ended_at=None).update(told_at=now):
        _tell("desk_alarm", incident, waited=in_words(one.seconds), number=one.number)


@transaction.atomic
def _end(incident: Incident, *, now: datetime) -> int:
    if not Incident.objects.filter(pk=incident.pk, ended_at=None).update(ended_at=now):
        return 0
    if incident.told_at is None:
        return 1
    lasted = (now - incident.began_at).total_seconds()
    _tell("desk_alarm_over", incident, lasted=in_words(lasted), number=None)
    return 1


def _tell(kind: str, incident: Incident, *, number: int | None, **words: str) -> None:
    site = Site.objects.filter(is_default=True).only("name", "language").first()
    path = "/admin/desk/" if incident.kind == PENDING else f"/admin/desk/queues/{incident.kind}/"
    context = {
        "kind": incident.kind,
        "urgency": incident.urgency,
        "queue": QUEUES[incident.kind].title if incident.kind in QUEUES else "",
        "number": number,
        "site": site.name if site else "Newsroom",
        "link": settings.NEWSROOM_BASE_URL + path,
        **words,
    }
    for address in settings.DESK_ALERTS_TO:
        send(
            kind=kind,
            to=address,
            context=context,
            key=_key(incident.pk, address),
            language=site.language if site else "",
            sender=site.name if site else "",
        )


def _key(incident: UUID, address: str) -> str:
    return f"{incident}:{address}"


def in_words(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{int(seconds)} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
