"""Storing a title's desk hours, and what they would have meant in the last 30 days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from articles.hours import Hours, is_staffed
from articles.models import Site
from comments.models import Comment
from moderation.desk.policies import WINDOW, Resolver
from moderation.lifecycle.workbench import recent_rows
from moderation.models import ModelVersion
from moderation.policy import decide, tightened
from newsroom.audit.services import record
from newsroom.errors import DomainError

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class HoursChanged(DomainError):
    code = "hours_changed"
    status = 409
    title = "Somebody else has changed the desk hours meanwhile"


def in_words(hours: Hours) -> str:
    """Such as "Mon 07:00-22:00, Tue 07:00-22:00"."""
    said = [f"{name[:3]} {'-'.join(hours[str(day)])}" for day, name in enumerate(DAYS) if str(day) in hours]
    return ", ".join(said) or "always"


@transaction.atomic
def save_desk_hours(
    *, site: Site, hours: Hours, outside: str, seen: tuple[Hours, str], actor: Any, reason: str
) -> bool:
    """Store when somebody is at the desk and what changes outside; whether anything was different.

    Raises:
        HoursChanged: they are no longer what was ``seen``.
    """
    stored = Site.objects.select_for_update().get(pk=site.pk)
    before, after = (stored.desk_hours, stored.outside_desk_hours), (dict(hours), outside)
    if before != (dict(seen[0]), seen[1]):
        raise HoursChanged
    if before == after:
        return False
    stored.desk_hours, stored.outside_desk_hours = after
    stored.save(update_fields=["desk_hours", "outside_desk_hours"])
    changes = {
        "desk hours": {"before": in_words(before[0]), "after": in_words(after[0])},
        "outside": {"before": before[1] or "same", "after": after[1] or "same"},
    }
    record(
        action="site.desk_hours",
        object_type="site",
        object_id=site.pk,
        actor_kind="person",
        actor=actor,
        reason=reason,
        data={"changes": {name: one for name, one in changes.items() if one["before"] != one["after"]}},
    )
    return True


@dataclass(frozen=True, slots=True)
class Outside:
    """Of the comments of the last 30 days, how many came while nobody was there, and what became of them."""

    comments: int
    outside: int
    published: int
    held_more: int


def came_outside(site: Site, hours: Hours, *, now: datetime) -> Outside:
    """What these hours would have meant. ``held_more``: published, and held had thresholds been tight."""
    zone = ZoneInfo(site.time_zone)
    came = Comment.objects.filter(article__site=site, created_at__gt=now - WINDOW)
    sent = dict(came.values_list("pk", "created_at"))
    outside = {pk for pk, at in sent.items() if not is_staffed(hours, at=at, zone=zone)}
    version = ModelVersion.objects.filter(is_active=True).defer("artifact").first()
    rows = (
        [row for row in recent_rows(site, version, now=now) if row.comment_id in outside] if version else []
    )
    supported: Mapping[str, bool] = version.manifest.get("supported", {}) if version else {}
    resolver = Resolver(site, version.manifest if version else {})
    published = held_more = 0
    for row in [row for row in rows if row.comment_id in outside]:
        policy = resolver.of(section_id=row.section_id, article_id=row.article_id)
        outcomes: Sequence[str] = [
            decide(findings=row.findings, scores=row.scores, supported=supported, policy=each).status
            for each in (policy, tightened(policy))
        ]
        published += outcomes[0] == "published"
        held_more += outcomes[0] == "published" and outcomes[1] != "published"
    return Outside(len(sent), len(outside), published, held_more)
