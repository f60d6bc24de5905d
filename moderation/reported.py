"""What readers' reports lead to: hiding for a while, a person's decision, and word to who reported."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment, CommentSettings, Obligations
from comments.reports.models import Report
from comments.reports.selectors import contact_of, open_reporters
from comments.reports.services import reopen_reports, settle_reports
from comments.services import StaleDecision, lock_comment
from moderation.grounds import ground_of
from moderation.models import Decision, ReasonCode
from moderation.services import UNDO_WINDOW, hold_reported
from newsroom.audit.services import record
from newsroom.errors import DomainError
from newsroom.outbox.services import recall, send

AFTER_UNDO = UNDO_WINDOW + timedelta(seconds=10)  # No letter tells of what may still be taken back.
RECEIVED, DECIDED = "notice_received", "notice_decided"

_SETTLED_AS = {
    Decision.Outcome.PUBLISHED: Report.State.DISMISSED,
    Decision.Outcome.REJECTED: Report.State.UPHELD,
    Decision.Outcome.REMOVED: Report.State.UPHELD,
}


class NothingReported(DomainError):
    code = "nothing_reported"
    status = 409
    title = "No report about this comment is open"


class StillHeld(DomainError):
    code = "still_held"
    status = 409
    title = "The comment is hidden: approve or reject it, which settles its reports"


def settings_of(site_id: UUID) -> CommentSettings:
    """The site's settings, or their defaults."""
    return CommentSettings.objects.filter(site_id=site_id).first() or CommentSettings(site_id=site_id)


def note_report(report: Report, comment: Comment) -> None:
    """Acknowledge a notice of illegal content, and hide the comment if enough readers reported it."""
    if report.reason == Report.Reason.ILLEGAL:
        _write_to(report, comment, kind=RECEIVED)
    enough = settings_of(comment.article.site_id).reports_hide_after
    if enough and open_reporters(comment) >= enough:
        hold_reported(comment_id=comment.pk)


def note_decision(decision: Decision) -> None:
    """A decision settles what was reported; its undoing opens it again. Inside the decision's transaction."""
    is_machine = decision.actor_kind == Decision.ActorKind.MACHINE
    if is_machine and (decision.revision == 1 or decision.outcome != Decision.Outcome.REJECTED):
        return  # What was never published was never reported.
    if decision.reason_code == ReasonCode.UNDONE:
        _undo(decision)
        return
    if decision.outcome not in _SETTLED_AS:
        return
    state = _SETTLED_AS[Decision.Outcome(decision.outcome)]
    if is_machine or decision.reason_code == ReasonCode.NOT_REVIEWED:
        state = Report.State.MOOT
    settled = settle_reports(
        comment_id=decision.comment_id,
        state=state,
        by=decision.actor,
        decision_id=decision.pk,
        why=str(ground_of(decision.reason_code).finding) if state == Report.State.UPHELD else "",
    )
    _tell(settled, at=timezone.now() + AFTER_UNDO)


def note_withdrawal(comment_id: UUID) -> None:
    """Its author took a comment back: there is nothing left to decide."""
    _tell(settle_reports(comment_id=comment_id, state=Report.State.MOOT), at=timezone.now())


@transaction.atomic
def dismiss_reports(*, comment_id: UUID, seen_revision: int, actor: Any, why: str = "") -> int:
    """Let a published comment stand that was reported; returns how many reports that settles.

    Raises:
        StaleDecision: the text changed since it was shown.
        StillHeld: it is not published, so letting it stand is a decision about it.
        NothingReported: no report is open (any more).
    """
    comment = lock_comment(comment_id)
    if comment.revision != seen_revision:
        raise StaleDecision
    if comment.status != Comment.Status.PUBLISHED:
        raise StillHeld
    settled = settle_reports(comment_id=comment_id, state=Report.State.DISMISSED, by=actor, why=why)
    if not settled:
        raise NothingReported
    record(
        action="comment.reports_dismissed",
        object_type="comment",
        object_id=comment_id,
        actor_kind="person",
        actor=actor,
        data={"reports": len(settled), "revision": comment.revision},
    )
    _tell(settled, at=timezone.now())
    return len(settled)


def _undo(decision: Decision) -> None:
    """Open again what the decision before this one had settled, and call its letters back."""
    earlier = Decision.objects.filter(comment_id=decision.comment_id).exclude(pk=decision.pk)
    before = earlier.order_by("-at", "-pk").values_list("pk", flat=True).first()
    if before is None:
        return
    for report in reopen_reports(decision_id=before):
        recall(kind=DECIDED, key=_key(report, before))


def _tell(settled: Iterable[Report], *, at: datetime) -> None:
    for report in settled:
        if report.contact is not None:
            comment = Comment.objects.select_related("article__site").get(pk=report.comment_id)
            _write_to(report, comment, kind=DECIDED, at=at)


def _write_to(report: Report, comment: Comment, *, kind: str, at: datetime | None = None) -> None:
    _, email = contact_of(report)
    if not email:
        return
    article, site = comment.article, comment.article.site
    page = settings.NEWSROOM_BASE_URL + article.get_absolute_url()
    duties = settings_of(site.pk).obligations
    send(
        kind=kind,
        to=email,
        key=_key(report, report.decision_id) if kind == DECIDED else str(report.pk),
        context={
            "site": site.name,
            "headline": article.headline,
            "comment_url": f"{page}#comment-{comment.pk}",
            "reported_on": f"{report.at:%Y-%m-%d}",
            "reference": str(report.pk),
            "is_illegal": report.reason == Report.Reason.ILLEGAL,
            "state": report.state,
            "why": report.settled_why,
            "is_platform": duties == Obligations.PLATFORM,
            "terms_url": settings.NEWSROOM_BASE_URL + reverse("pages:terms"),
        },
        language=site.language,
        sender=site.name,
        at=at,
    )


def _key(report: Report, decision_id: UUID | None) -> str:
    return f"{report.pk}:{decision_id or 'dismissed'}"
