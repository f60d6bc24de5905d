"""Reporting a comment without script: one form, and for illegal content the fields that the law asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from comments.models import Comment
from comments.reports.models import Report
from comments.reports.serializers import ReportWriteSerializer
from comments.reports.services import report_comment
from comments.staff import is_by_staff
from newsroom.errors import DomainError
from newsroom.limits import client_network
from newsroom.outbox.selectors import is_mail_on
from newsroom.pages.answering import (
    PRIVATE,
    answer_page,
    refuse_from_elsewhere,
    see_other,
    site_masthead,
)
from newsroom.pages.text import first_sentences
from newsroom.pages.words import field_words

EXCERPT_CHARS = 300
FIELDS = ("reason", "detail", "name", "email", "good_faith")
REASONS: dict[str, Promise] = {
    Report.Reason.SPAM: gettext_lazy("Advertising or spam"),
    Report.Reason.ABUSE: gettext_lazy("Abuse or insults"),
    Report.Reason.HATE: gettext_lazy("Hate against people for who they are"),
    Report.Reason.THREAT: gettext_lazy("A threat"),
    Report.Reason.PERSONAL_DATA: gettext_lazy("Somebody’s personal data"),
    Report.Reason.OFF_TOPIC: gettext_lazy("Not about the article"),
    Report.Reason.OTHER: gettext_lazy("Something else"),
    Report.Reason.ILLEGAL: gettext_lazy("Illegal content"),
}
WORDS: dict[str, Promise] = {
    "reason.required": gettext_lazy("Choose what is wrong."),
    "reason.invalid_choice": gettext_lazy("Choose what is wrong."),
    "detail.required": gettext_lazy("Say what is wrong, in your own words."),
    "detail.max_length": gettext_lazy("Use at most 2,000 characters."),
    "name.required": gettext_lazy("Give your name. Only the editors learn it."),
    "email.required": gettext_lazy("Give your email address, to which the decision is sent."),
    "good_faith.required": gettext_lazy("Confirm that what you say is accurate and complete."),
}


@dataclass(frozen=True, slots=True)
class ReportForm:
    """The form as the reader left it, and what is wrong with it."""

    action: str
    reasons: list[tuple[str, str, bool]]
    detail: str = ""
    name: str = ""
    email: str = ""
    good_faith: bool = False
    child_abuse: bool = False
    is_notice: bool = False
    summary: str = ""
    errors: tuple[tuple[str, str], ...] = ()

    @property
    def error(self) -> dict[str, str]:
        return dict(self.errors)


# No cookie stands for anybody here, so there is no session to ride on.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """Report a published comment to the editors; afterwards, thanks."""
    shown = Comment.objects.under_readable_articles(at=timezone.now()).published()
    comment = shown.select_related("article__site").filter(pk=comment_id).first()
    if "thanks" in request.GET and request.method != "POST":
        return _thanks(comment, comment_id)
    if comment is None:
        raise Http404
    if request.method == "POST":
        refuse_from_elsewhere(request)
        return _send(request, comment)
    return _form(comment, form_of(comment, request.GET))


def form_of(comment: Comment, typed: Mapping[str, str], **more: object) -> ReportForm:
    reason = typed.get("reason", "")
    return ReportForm(
        action=reverse("pages:report", args=[comment.pk]),
        reasons=[(code, str(words), code == reason) for code, words in REASONS.items()],
        detail=typed.get("detail", ""),
        name=typed.get("name", ""),
        email=typed.get("email", ""),
        good_faith="good_faith" in typed,
        child_abuse="child_abuse" in typed,
        is_notice=reason == Report.Reason.ILLEGAL,
        **more,  # type: ignore[arg-type]
    )


def _send(request: HttpRequest, comment: Comment) -> HttpResponse:
    typed = request.POST
    sent: dict[str, object] = {name: typed[name] for name in ("reason", "detail") if name in typed}
    sent |= {name: typed.get(name, "").strip() for name in ("name", "email")}
    sent |= {name: name in typed for name in ("good_faith", "child_abuse")}
    checked = ReportWriteSerializer(data=sent)
    if not checked.is_valid():
        found = tuple(
            (
                field,
                _words(field, getattr(checked.errors[field][0], "code", ""), str(checked.errors[field][0])),
            )
            for field in FIELDS
            if field in checked.errors
        )
        return _form(comment, form_of(comment, typed, errors=found), status=HTTPStatus.BAD_REQUEST)
    try:
        report_comment(
            comment_id=comment.pk,
            notice=checked.notice(),
            network=client_network(request),
            at=timezone.now(),
            site_id=comment.article.site_id,
            by_staff=is_by_staff(request),
        )
    except DomainError as error:
        headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else {}
        words = gettext("Your report was not sent: %(why)s") % {"why": error.detail}
        return _form(comment, form_of(comment, typed, summary=words), status=error.status, headers=headers)
    return see_other(reverse("pages:report", args=[comment.pk]) + "?thanks=1")


def _words(field: str, code: str, detail: str) -> str:
    known = WORDS.get(f"{field}.{code}")
    return str(known) if known is not None else field_words(field, code, detail=detail)


def _form(
    comment: Comment,
    form: ReportForm,
    *,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    url = comment.article.get_absolute_url()
    context = {
        "masthead": site_masthead(comment.article.site),
        "article": comment.article,
        "name": comment.name,
        "excerpt": first_sentences(comment.body, chars=EXCERPT_CHARS),
        "comment_path": f"{url}#comment-{comment.pk}",
        "comment_url": f"{settings.NEWSROOM_BASE_URL}{url}#comment-{comment.pk}",
        "form": form,
        "is_mail_on": is_mail_on(),
    }
    return answer_page("pages/report.html", context, status=status, headers=PRIVATE | dict(headers or {}))


def _thanks(comment: Comment | None, comment_id: UUID) -> HttpResponse:
    """The same for a comment that the report has hidden already."""
    found = comment or Comment.objects.select_related("article__site").filter(pk=comment_id).first()
    if found is None:
        raise Http404
    context = {
        "masthead": site_masthead(found.article.site),
        "article": found.article,
        "is_mail_on": is_mail_on(),
    }
    return answer_page("pages/report_thanks.html", context, headers=PRIVATE)
