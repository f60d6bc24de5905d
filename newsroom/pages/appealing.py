"""Appeals without script: the statement and the form for the commenter, and the outside reviewer's page."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from comments.limiting import count_a_use
from comments.models import Comment, Obligations
from comments.tokens import is_status_token
from moderation.appeals.models import ANSWER_LENGTH, TEXT_LENGTH, Appeal
from moderation.appeals.selectors import by_link, last_appeal, standing
from moderation.appeals.services import decide_appeal, file_appeal
from moderation.appeals.statements import Statement, statement_of
from newsroom.errors import DomainError
from newsroom.limits import client_network
from newsroom.pages.answering import (
    PRIVATE,
    answer_page,
    refuse_from_elsewhere,
    see_other,
    site_masthead,
)


@dataclass(frozen=True, slots=True)
class AppealPart:
    """What the private page says about reasons and appeals; empty parts are left out."""

    action: str
    statement: Statement | None = None
    appeal: Appeal | None = None
    may_appeal: bool = False
    is_over: bool = False
    text: str = ""
    problem: str = ""
    most: int = TEXT_LENGTH


def appeal_part(comment: Comment, *, token: str, typed: str = "", problem: str = "") -> AppealPart | None:
    """For a comment that was refused, or came back after an appeal; else None."""
    found = standing(comment, at=timezone.now())
    appeal = last_appeal(comment.pk) if comment.decision_id else None
    if found.decision is None:
        if appeal is None or appeal.state != Appeal.State.REVERSED:
            return None
        return AppealPart(action="", appeal=appeal)
    statement = statement_of(comment, found.decision)
    if statement.duties == Obligations.NONE:
        return None
    return AppealPart(
        action=f"{reverse('pages:appeal', args=[comment.pk])}?{urlencode({'token': token})}",
        statement=statement,
        appeal=found.appeal,
        may_appeal=found.may_appeal,
        is_over=found.is_over and found.appeal is None,
        text=typed,
        problem=problem,
    )


# The token in the address is what another site cannot know; no cookie stands for anybody here.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """The commenter's way to appeal; without the token of the private page it does not exist."""
    token = request.GET.get("token", "")
    if not is_status_token(comment_id, token):
        raise Http404
    comment = get_object_or_404(Comment.objects.select_related("article__site"), pk=comment_id)
    back = f"{reverse('pages:comment_status', args=[comment_id])}?{urlencode({'token': token})}#appeal"
    if request.method != "POST":
        return _appeal_page(comment, appeal_part(comment, token=token), back=back)
    refuse_from_elsewhere(request)
    typed = request.POST.get("text", "")
    try:
        count_a_use(client_network(request), site_id=comment.article.site_id, limit="report")
        file_appeal(comment_id=comment_id, text=typed, at=timezone.now())
    except DomainError as error:
        problem = gettext("Your appeal was not sent: %(why)s") % {"why": error.detail}
        part = appeal_part(comment, token=token, typed=typed, problem=problem)
        return _appeal_page(comment, part, back=back, status=error.status)
    return see_other(back)


def _appeal_page(
    comment: Comment, part: AppealPart | None, *, back: str, status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {"masthead": site_masthead(comment.article.site), "appeal": part, "back": back}
    return answer_page("pages/appeal.html", context, status=status, headers=PRIVATE)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """What an outside reviewer needs to decide one appeal; the link opens nothing once they have."""
    token, now = request.GET.get("token", ""), timezone.now()
    appeal = by_link(token, at=now) if token else None
    if appeal is None:
        raise Http404
    answer, problem, status = request.POST.get("answer", ""), "", HTTPStatus.OK
    chosen = request.POST.get("outcome", "")
    if request.method == "POST":
        refuse_from_elsewhere(request)
        if chosen not in {"uphold", "reverse"}:
            problem, status = gettext("Choose whether the decision stands."), HTTPStatus.BAD_REQUEST
        else:
            try:
                decide_appeal(
                    appeal_id=appeal.pk,
                    actor=appeal.reviewer,
                    reverse_it=chosen == "reverse",
                    answer=answer,
                    at=now,
                )
            except DomainError as error:
                problem, status = error.detail, HTTPStatus(error.status)
            else:
                thanks = {"masthead": site_masthead(appeal.comment.article.site), "appeal": None}
                return answer_page("pages/appeal_review.html", thanks, headers=PRIVATE)
    comment = appeal.comment
    context = {
        "masthead": site_masthead(comment.article.site),
        "appeal": appeal,
        "comment": comment,
        "statement": statement_of(comment, appeal.contested),
        "action": f"{reverse('pages:appeal_review')}?{urlencode({'token': token})}",
        "answer": answer,
        "chosen": chosen,
        "problem": problem,
        "most": ANSWER_LENGTH,
    }
    return answer_page("pages/appeal_review.html", context, status=status, headers=PRIVATE)
