"""Taking an appeal, naming an outside reviewer, and deciding: by somebody who did not decide before."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse

from comments.models import Comment
from comments.services import StaleDecision, lock_comment
from comments.text import clean_body
from moderation.appeals.models import ANSWER_LENGTH, TEXT_LENGTH, Appeal
from moderation.appeals.selectors import judge, link_digest, standing
from moderation.appeals.statements import tell_outcome
from moderation.models import Decision
from moderation.services import decide_by_person
from newsroom.audit.services import record
from newsroom.errors import DomainError, FieldError
from newsroom.outbox.services import send

LINK_LASTS = timedelta(days=14)


class NotAppealable(DomainError):
    code = "not_appealable"
    status = 409
    title = "There is no refusal to appeal against"


class AlreadyAppealed(DomainError):
    code = "already_appealed"
    status = 409
    title = "This decision was appealed against already, and can be only once"


class AppealWindowClosed(DomainError):
    code = "appeal_window_closed"
    status = 403
    title = "The six months for an appeal have passed"


class AppealSettled(DomainError):
    code = "appeal_settled"
    status = 409
    title = "This appeal has been decided already"


class NotYoursToDecide(DomainError):
    code = "not_yours_to_decide"
    status = 409
    title = "Somebody who did not take the first decision decides an appeal"


class AppealIsFinal(DomainError):
    code = "appeal_is_final"
    status = 409
    title = "The decision of an appeal is not taken back"


@transaction.atomic
def file_appeal(*, comment_id: UUID, text: str, at: datetime) -> Appeal:
    """Keep a commenter's objection to the decision that holds; one for each decision.

    Raises:
        NotAppealable, AlreadyAppealed, AppealWindowClosed, FieldError.
    """
    cleaned = _checked(text, field="text", most=TEXT_LENGTH)
    comment = lock_comment(comment_id)
    found = standing(comment, at=at)
    if found.decision is None:
        raise NotAppealable
    if found.appeal is not None:
        raise AlreadyAppealed
    if found.is_over:
        raise AppealWindowClosed
    appeal = Appeal.objects.create(
        comment=comment, contested=found.decision, text=cleaned, at=at, demo=comment.demo
    )
    record(
        action="appeal.filed",
        object_type="comment",
        object_id=comment_id,
        actor_kind="commenter",
        data={"appeal": str(appeal.pk), "decision": str(found.decision.pk)},
    )
    return appeal


@transaction.atomic
def decide_appeal(*, appeal_id: UUID, actor: Any, reverse_it: bool, answer: str, at: datetime) -> Appeal:
    """Let the contested decision stand, or publish the comment after all; the commenter is told either way.

    Raises:
        AppealSettled: it was decided meanwhile, or its comment has gone.
        NotYoursToDecide: ``actor`` took the first decision, and somebody else could decide.
        StaleDecision: another decision holds by now.
        FieldError: no answer, or one too long.
    """
    cleaned = _checked(answer, field="answer", most=ANSWER_LENGTH)
    appeal = _locked(appeal_id)
    found = judge(appeal, actor, at=at)
    if not found.may:
        raise NotYoursToDecide
    appeal.by_same_person = found.is_same
    appeal.by_outsider = appeal.reviewer_id == actor.pk
    _settle(
        appeal,
        Appeal.State.REVERSED if reverse_it else Appeal.State.UPHELD,
        actor=actor,
        answer=cleaned,
        at=at,
    )
    if reverse_it:
        made = decide_by_person(
            comment_id=appeal.comment_id,
            actor=actor,
            outcome=Decision.Outcome.PUBLISHED,
            seen_revision=appeal.comment.revision,
            seen_decision_id=appeal.contested_id,
        )
        Appeal.objects.filter(pk=appeal.pk).update(made_id=made.pk)
    tell_outcome(appeal)
    return appeal


def note_publication(decision: Decision, *, at: datetime) -> None:
    """A refused comment was published outright: that decides its appeal too, so the same people may do it.

    Raises:
        NotYoursToDecide.
    """
    waiting = Appeal.objects.select_for_update(of=("self",)).select_related("contested")
    appeal = waiting.filter(comment_id=decision.comment_id, state=Appeal.State.OPEN).first()
    if appeal is None:
        return
    found = judge(appeal, decision.actor, at=at)
    if not found.may:
        raise NotYoursToDecide
    appeal.by_same_person, appeal.made_id = found.is_same, decision.pk
    _settle(appeal, Appeal.State.REVERSED, actor=decision.actor, answer="", at=at)
    tell_outcome(appeal)


def refuse_undoing_an_appeal(decision_id: UUID) -> None:
    """
    Raises:
        AppealIsFinal: this decision answered an appeal, and the commenter has been told.
    """
    if Appeal.objects.filter(made_id=decision_id).exists():
        raise AppealIsFinal


def note_end(comment_id: UUID, *, at: datetime) -> None:
    """Its author took the comment back: there is nothing left to decide."""
    for appeal in Appeal.objects.select_for_update().filter(comment_id=comment_id, state=Appeal.State.OPEN):
        _settle(appeal, Appeal.State.MOOT, actor=None, answer="", at=at)


@transaction.atomic
def invite_reviewer(*, appeal_id: UUID, name: str, email: str, by: Any, at: datetime) -> str:
    """Name an outside reviewer and mail them a one-time link; returns the link, for a site without mail.

    A second invitation replaces the first, whose link no longer opens.

    Raises:
        AppealSettled.
    """
    appeal = _locked(appeal_id)
    # An account that cannot sign in, so that the decision has a name.
    appeal.reviewer = get_user_model().objects.create_user(
        f"outside-{uuid4().hex[:12]}", first_name=name[:150], is_active=False
    )
    token = secrets.token_urlsafe(24)
    appeal.link_digest, appeal.link_expires_at = link_digest(token), at + LINK_LASTS
    appeal.save(update_fields=["reviewer", "link_digest", "link_expires_at"])
    record(
        action="appeal.reviewer_invited",
        object_type="comment",
        object_id=appeal.comment_id,
        actor_kind="person",
        actor=by,
        data={"appeal": str(appeal.pk), "reviewer": appeal.reviewer.pk},
    )
    link = f"{settings.NEWSROOM_BASE_URL}{reverse('pages:appeal_review')}?token={token}"
    site = appeal.comment.article.site
    send(
        kind="appeal_review",
        to=email,
        key=f"{appeal.pk}:{appeal.reviewer.pk}",
        context={
            "site": site.name,
            "name": name,
            "link": link,
            "until": f"{appeal.link_expires_at:%Y-%m-%d}",
            "headline": appeal.comment.article.headline,
        },
        language=site.language,
        sender=site.name,
        expires_at=appeal.link_expires_at,
    )
    return link


def _locked(appeal_id: UUID) -> Appeal:
    """The open appeal, its comment locked first, as everywhere."""
    comment_id = Appeal.objects.values_list("comment_id", flat=True).get(pk=appeal_id)
    comment = lock_comment(comment_id)
    appeal = Appeal.objects.select_for_update(of=("self",)).select_related("contested").get(pk=appeal_id)
    if appeal.state != Appeal.State.OPEN:
        raise AppealSettled
    if comment.decision_id != appeal.contested_id or comment.status == Comment.Status.WITHDRAWN:
        raise StaleDecision
    appeal.comment = comment
    return appeal


def _settle(appeal: Appeal, state: str, *, actor: Any, answer: str, at: datetime) -> None:
    appeal.state, appeal.decided_at, appeal.decided_by, appeal.answer = state, at, actor, answer
    appeal.link_digest = None
    appeal.save()
    record(
        action=f"appeal.{state}",
        object_type="comment",
        object_id=appeal.comment_id,
        actor_kind="person" if actor is not None else "commenter",
        actor=actor,
        data={
            "appeal": str(appeal.pk),
            "same_person": appeal.by_same_person,
            "outsider": appeal.by_outsider,
        },
    )


def _checked(text: str, *, field: str, most: int) -> str:
    cleaned = clean_body(text)
    if not cleaned:
        raise FieldError(field, "Write something that can be seen.", code="blank")
    if len(cleaned) > most:
        raise FieldError(field, f"Use at most {most:,} characters.", code="max_length")
    return cleaned
