"""Taking readers' reports, and closing them. What a report leads to is decided above, by moderation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from comments.limiting import count_a_use
from comments.models import Comment
from comments.networks import pseudonym_of_the_day
from comments.reports.models import Report
from comments.retention import kept_for
from comments.services import lock_comment
from comments.signals import comment_reported
from comments.voting import CommentGone
from newsroom.crypto import address_hash, encrypt_address


@dataclass(frozen=True, slots=True)
class Notice:
    """What a reader says about a comment, checked (``comments.reports.serializers``)."""

    reason: str
    detail: str = ""
    name: str = ""
    email: str = ""
    in_good_faith: bool = False


def report_comment(
    *,
    comment_id: UUID,
    notice: Notice,
    network: str,
    at: datetime,
    site_id: UUID,
    by_staff: bool = False,
) -> tuple[UUID, bool]:
    """Keep one reader's report about a published comment; its id, and whether it is new.

    A reader is a network on one day, as with votes. A second report of theirs changes nothing.

    Raises:
        RateLimited; CommentGone: the comment is not published (any more).
    """
    count_a_use(network, limit="report", site_id=site_id, by_staff=by_staff)
    with transaction.atomic():
        comment = lock_comment(comment_id)
        if comment.status != Comment.Status.PUBLISHED:
            raise CommentGone
        reporter = pseudonym_of_the_day(network, purpose="report", at=at)
        known = Report.objects.filter(comment=comment, reporter=reporter).values_list("pk", flat=True).first()
        if known is not None:
            return known, False
        report = Report.objects.create(
            comment=comment,
            revision=comment.revision,
            reason=notice.reason,
            detail=notice.detail,
            reporter=reporter,
            in_good_faith=notice.in_good_faith,
            at=at,
            demo=comment.demo,
            **_contact(notice),
        )
        comment_reported.send(sender=Report, report=report, comment=comment)
    return report.pk, True


def _contact(notice: Notice) -> dict[str, Any]:
    if not (notice.email or notice.name):
        return {}
    written = json.dumps({"name": notice.name, "email": notice.email})
    return {
        "contact": encrypt_address(written),
        "address_hash": address_hash(notice.email) if notice.email else None,
    }


def settle_reports(
    *, comment_id: UUID, state: str, by: Any = None, decision_id: UUID | None = None, why: str = ""
) -> list[Report]:
    """Close what is open about a comment, inside the caller's transaction; returns what was closed."""
    found = list(_open(comment_id).select_for_update())
    for report in found:
        report.state, report.settled_why, report.decision_id = state, why[:500], decision_id
        report.settled_by = by if by is not None and by.pk else None
    if found:
        _open(comment_id).filter(pk__in=[report.pk for report in found]).update(
            state=state,
            settled_at=Now(),
            settled_by=found[0].settled_by,
            settled_why=why[:500],
            decision_id=decision_id,
        )
    return found


def reopen_reports(*, decision_id: UUID) -> list[Report]:
    """Open again what a decision had settled, as it was undone."""
    found = list(Report.objects.filter(decision_id=decision_id).exclude(state=Report.State.OPEN))
    Report.objects.filter(pk__in=[report.pk for report in found]).update(
        state=Report.State.OPEN, settled_at=None, settled_by=None, settled_why="", decision_id=None
    )
    return found


def forget_reporters(*, kept: timedelta | None = None, at: datetime | None = None) -> int:
    """Empty the pseudonyms of reporters, once they can match nobody; returns how many."""
    before = (at or timezone.now()) - (kept or kept_for("reporters"))
    return Report.objects.filter(reporter__isnull=False, at__lt=before).update(reporter=None)


def _open(comment_id: UUID) -> QuerySet[Report]:
    return Report.objects.filter(comment_id=comment_id, state=Report.State.OPEN)
