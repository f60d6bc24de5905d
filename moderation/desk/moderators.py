"""A moderator's settings and visits, and what happened since the last one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q

from comments.models import Comment
from moderation.desk.models import Moderator
from moderation.models import Decision

AWAY_AFTER = timedelta(minutes=30)  # So long without a page of the desk ends a visit.
NOTED_EVERY = timedelta(minutes=1)
FIRST_VISIT_LOOKS_BACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is at the desk: settings, sections (empty: all), and since when the last visit is over."""

    blur: bool
    sections: tuple[UUID, ...]
    left_at: datetime
    mail_hour: int | None = None

    def covers(self, section_id: UUID) -> bool:
        return not self.sections or section_id in self.sections


@dataclass(frozen=True, slots=True)
class Since:
    """What happened since a moderator left."""

    at: datetime
    sent: int
    published_by_machine: int
    published_by_people: int
    rejected_by_machine: int
    rejected_by_people: int
    still_waiting: int


def visit(user: Any, *, now: datetime) -> Visit:
    """Note that this person is at the desk, and return how they work. At most three queries."""
    moderator, is_new = Moderator.objects.get_or_create(user=user, defaults={"active_at": now})
    if is_new:
        moderator.left_at = None
    elif now - moderator.active_at > AWAY_AFTER:
        moderator.left_at = moderator.active_at
        Moderator.objects.filter(pk=moderator.pk).update(left_at=F("active_at"), active_at=now)
    elif now - moderator.active_at > NOTED_EVERY:
        Moderator.objects.filter(pk=moderator.pk).update(active_at=now)
    return Visit(
        blur=moderator.blur,
        sections=tuple(moderator.sections.values_list("pk", flat=True)),
        left_at=moderator.left_at or now - FIRST_VISIT_LOOKS_BACK,
        mail_hour=moderator.mail_hour,
    )


def since(at: datetime, *, sections: Collection[UUID] = ()) -> Since:
    """Counts of what was sent and decided after ``at``, in two queries."""
    sent, decided = Comment.objects.filter(created_at__gt=at), Decision.objects.filter(at__gt=at)
    if sections:
        sent = sent.filter(article__section__in=sections)
        decided = decided.filter(comment__article__section__in=sections)
    machine, person = Q(actor_kind="machine"), Q(actor_kind="person")
    published = Q(outcome=Decision.Outcome.PUBLISHED)
    refused = Q(outcome__in=[Decision.Outcome.REJECTED, Decision.Outcome.REMOVED])
    counts = decided.aggregate(
        published_by_machine=Count("pk", filter=machine & published),
        published_by_people=Count("pk", filter=person & published),
        rejected_by_machine=Count("pk", filter=machine & refused),
        rejected_by_people=Count("pk", filter=person & refused),
    )
    totals = sent.aggregate(sent=Count("pk"), still_waiting=Count("pk", filter=Q(status=Comment.Status.HELD)))
    return Since(at=at, **totals, **counts)


def set_blur(user: Any, *, blur: bool) -> None:
    Moderator.objects.update_or_create(user=user, defaults={"blur": blur})
