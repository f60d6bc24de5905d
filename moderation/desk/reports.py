"""Readers' reports as the desk shows them: reason, words, and the name behind a notice; never an address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from comments.reports.models import Report
from comments.reports.selectors import contact_of


@dataclass(frozen=True, slots=True)
class Reported:
    """One open report. ``name`` is given in notices of illegal content only: the ground may turn on it."""

    reason: str
    detail: str
    at: datetime
    is_illegal: bool
    name: str
    in_good_faith: bool
    is_about_earlier_text: bool


def open_reports(comment_ids: Sequence[UUID]) -> dict[UUID, Sequence[Reported]]:
    """What is open about these comments, notices first, then the oldest, in one query."""
    rows = (
        Report.objects.filter(comment_id__in=comment_ids, state=Report.State.OPEN)
        .annotate(now_at=F("comment__revision"))
        .order_by("at", "pk")
    )
    found: dict[UUID, list[Reported]] = defaultdict(list)
    for row in rows:
        is_illegal = row.reason == Report.Reason.ILLEGAL
        found[row.comment_id].append(
            Reported(
                reason=str(row.get_reason_display()),
                detail=row.detail,
                at=row.at,
                is_illegal=is_illegal,
                name=contact_of(row)[0] if is_illegal else "",
                in_good_faith=row.in_good_faith,
                is_about_earlier_text=row.revision != row.now_at,
            )
        )
    return {pk: sorted(rows, key=lambda row: not row.is_illegal) for pk, rows in found.items()}
