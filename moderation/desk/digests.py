"""*Since you left* by mail, at the hour that each moderator chose, by the clock of the default title."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from articles.models import Site
from moderation.desk.clusters import Waiting
from moderation.desk.models import Moderator
from moderation.desk.moderators import AWAY_AFTER, FIRST_VISIT_LOOKS_BACK, since
from moderation.desk.queues import QUEUES, open_articles_waiting, queue_tallies
from moderation.desk.watch import in_words
from newsroom.outbox.services import send

MOST_WAVES = 5


def local_time(now: datetime) -> datetime:
    """``now`` by the default title's clock."""
    name = Site.objects.filter(is_default=True).values_list("time_zone", flat=True).first()
    return now.astimezone(ZoneInfo(name or "UTC"))


def set_mail_hour(user: Any, *, hour: int | None, now: datetime) -> None:
    """From tomorrow on where the hour has gone by: what was just switched on sends nothing at once."""
    local = local_time(now)
    is_past = hour is not None and local.hour >= hour
    Moderator.objects.update_or_create(
        user=user, defaults={"mail_hour": hour, "mailed_on": local.date() if is_past else None}
    )


def send_digests(*, now: datetime) -> int:
    """Write the letters that are due; returns how many. Safe to run twice: one letter per person and day.

    After a stop of some hours the letter of the day comes late; a missed day is not made up for.
    """
    local = local_time(now)
    due = Moderator.objects.filter(
        ~Q(user__email=""), user__is_active=True, user__is_staff=True, mail_hour__lte=local.hour
    ).filter(Q(mailed_on=None) | Q(mailed_on__lt=local.date()))
    return sum(_send_one(moderator, local=local) for moderator in due.select_related("user"))


@transaction.atomic
def _send_one(moderator: Moderator, *, local: datetime) -> bool:
    unsent = Moderator.objects.filter(Q(mailed_on=None) | Q(mailed_on__lt=local.date()), pk=moderator.pk)
    if not unsent.update(mailed_on=local.date()):
        return False
    user = moderator.user
    if not user.has_perm("moderation.add_decision"):
        return False
    site = Site.objects.filter(is_default=True).only("name", "language").first()
    return send(
        kind="desk_digest",
        to=user.email,
        context={"site": site.name if site else "Newsroom", **_told(moderator, local=local)},
        key=f"{moderator.pk}:{local.date().isoformat()}",
        language=site.language if site else "",
        sender=site.name if site else "",
    )


def _told(moderator: Moderator, *, local: datetime) -> dict[str, Any]:
    """The numbers of the desk's first screen. Headlines and counts only: no comment leaves the house."""
    sections = tuple(moderator.sections.values_list("pk", flat=True))
    is_away = local - moderator.active_at > AWAY_AFTER
    left_at = moderator.active_at if is_away else moderator.left_at or local - FIRST_VISIT_LOOKS_BACK
    counts = since(left_at, sections=sections)
    tallies = queue_tallies(now=local, scope=sections)
    return {
        "name": moderator.user.get_short_name() or moderator.user.get_username(),
        "left": f"{left_at.astimezone(local.tzinfo):%d.%m. %H:%M}",
        "sent": counts.sent,
        "published_by_machine": counts.published_by_machine,
        "published_by_people": counts.published_by_people,
        "rejected_by_machine": counts.rejected_by_machine,
        "rejected_by_people": counts.rejected_by_people,
        "waiting": tallies["all"].count,
        "waves": [
            {"count": wave.count, "articles": wave.articles}
            for wave in Waiting.load(scope=sections).waves()[:MOST_WAVES]
        ],
        "articles": [
            {"headline": row.headline, "count": row.count}
            for row in open_articles_waiting(now=local, scope=sections)
        ],
        "queues": [
            {
                "title": queue.title,
                "count": tallies[key].count,
                "oldest": in_words((local - oldest).total_seconds())
                if (oldest := tallies[key].oldest_at)
                else "",
            }
            for key, queue in QUEUES.items()
            if queue.is_held and key != "all" and tallies[key].count
        ],
        "link": f"{settings.NEWSROOM_BASE_URL}/admin/desk/",
    }
