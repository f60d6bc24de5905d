"""Appeals at the desk: reading one, deciding it, naming a reviewer from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from moderation.appeals.models import ANSWER_LENGTH, Appeal
from moderation.appeals.selectors import Judge, judge
from moderation.appeals.services import decide_appeal, invite_reviewer
from moderation.desk.moderators import Visit
from moderation.desk.pages import for_editors
from newsroom.errors import DomainError
from newsroom.outbox.selectors import is_mail_on


@dataclass(frozen=True, slots=True)
class AppealRow:
    """One appeal about a comment, and whether this editor may decide it."""

    appeal: Appeal
    judge: Judge
    most: int = ANSWER_LENGTH

    @property
    def is_open(self) -> bool:
        return self.appeal.state == Appeal.State.OPEN


class DecideAppealForm(forms.Form):
    outcome = forms.ChoiceField(choices=[("uphold", "uphold"), ("reverse", "reverse")])
    answer = forms.CharField(max_length=ANSWER_LENGTH)


class ReviewerForm(forms.Form):
    name = forms.CharField(max_length=80)
    email = forms.EmailField()


def appeals_of(comment_id: UUID, *, user: Any, at: datetime) -> list[AppealRow]:
    """The appeals about a comment, the open one first."""
    rows = (
        Appeal.objects.filter(comment_id=comment_id)
        .select_related("contested__actor", "decided_by", "reviewer")
        .order_by("decided_at", "-at")
    )
    found = [AppealRow(row, judge(row, user, at=at)) for row in rows]
    return sorted(found, key=lambda row: not row.is_open)


@require_POST
@for_editors
def decide(request: HttpRequest, here: Visit, appeal_id: UUID) -> HttpResponse:
    """Let the decision stand or reverse it, with the reason that the commenter is told."""
    appeal = _appeal(here, appeal_id)
    form = DecideAppealForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was decided: say whether the decision stands, and why.")
        return _back(appeal)
    try:
        decide_appeal(
            appeal_id=appeal_id,
            actor=request.user,
            reverse_it=form.cleaned_data["outcome"] == "reverse",
            answer=form.cleaned_data["answer"],
            at=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, f"Nothing was decided: {error.detail}.")
    else:
        is_reversed = form.cleaned_data["outcome"] == "reverse"
        messages.success(
            request, "Reversed: the comment is published." if is_reversed else "The decision stands."
        )
    return _back(appeal)


@require_POST
@for_editors
def invite(request: HttpRequest, here: Visit, appeal_id: UUID) -> HttpResponse:
    """Mail a one-time link to a named reviewer; without mail, show it once."""
    appeal = _appeal(here, appeal_id)
    form = ReviewerForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the reviewer's name and email address.")
        return _back(appeal)
    name = form.cleaned_data["name"]
    try:
        link = invite_reviewer(
            appeal_id=appeal_id,
            name=name,
            email=form.cleaned_data["email"],
            by=request.user,
            at=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, f"Nobody was asked: {error.detail}.")
        return _back(appeal)
    sent = f"{name} is sent a link." if is_mail_on() else f"Mail is off. Give {name} this link: {link}"
    messages.success(request, sent)
    return _back(appeal)


def _appeal(here: Visit, appeal_id: UUID) -> Appeal:
    found = Appeal.objects.select_related("comment__article").filter(pk=appeal_id).first()
    if found is None or not here.covers(found.comment.article.section_id):
        raise Http404
    return found


def _back(appeal: Appeal) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:desk_comment", args=[appeal.comment_id]))
