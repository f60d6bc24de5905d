"""Holds that nobody reviewed in time, under articles that take no more comments."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from articles.opening import closing_time_of
from comments.models import Comment
from moderation.models import Decision
from moderation.services import end_hold

ENDED_AT_ONCE = 200


def end_unreviewed_holds(*, now: datetime, limit: int = ENDED_AT_ONCE) -> int:
    """End holds older than ``NEWSROOM_HOLD_DAYS`` on closed articles; returns how many. Safe to run twice.

    The author is told that nobody could review it in time. It is nobody's judgement about the text: it is no
    training label and does not count against its author. What a colleague was asked about stays.
    """
    if not settings.NEWSROOM_HOLD_DAYS:
        return 0
    before = now - timedelta(days=settings.NEWSROOM_HOLD_DAYS)
    old = (
        Comment.objects.held()
        .alias(closes_at=closing_time_of("article__"))
        .filter(
            Q(closes_at__lt=now) | Q(article__comments_open=False),
            Exists(Decision.objects.filter(pk=OuterRef("decision_id"), at__lt=before)),
        )
    )
    asked = Q(escalations__isnull=False, escalations__closed_at=None)
    rows = old.exclude(pk__in=Comment.objects.filter(asked).values("pk")).order_by("created_at")
    return sum(
        end_hold(comment_id=pk, seen_decision_id=decision_id) is not None
        for pk, decision_id in rows.values_list("pk", "decision_id")[:limit]
        if decision_id is not None
    )
