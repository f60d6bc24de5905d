"""Reading reports."""

from __future__ import annotations

import json
from collections.abc import Collection
from uuid import UUID

from comments.models import Comment
from comments.reports.models import Report
from newsroom.crypto import decrypt_address


def has_open_report(comment_id: UUID) -> bool:
    """Whether a reader's report about this comment waits for a person."""
    return Report.objects.filter(comment_id=comment_id, state=Report.State.OPEN).exists()


def with_open_reports(comment_ids: Collection[UUID]) -> set[UUID]:
    """Which of these comments have a report that waits for a person, in one query."""
    waiting = Report.objects.filter(comment_id__in=comment_ids, state=Report.State.OPEN)
    return set(waiting.values_list("comment_id", flat=True))


def open_reporters(comment: Comment) -> int:
    """How many readers' reports about the present text are open."""
    return Report.objects.filter(comment=comment, state=Report.State.OPEN, revision=comment.revision).count()


def contact_of(report: Report) -> tuple[str, str]:
    """Name and address of who reported; empty where they gave none, or retention took them."""
    if report.contact is None:
        return "", ""
    document = json.loads(decrypt_address(bytes(report.contact)))
    return document["name"], document["email"]
