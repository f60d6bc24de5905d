"""*My comments* without account, cookie or script: a mailed link, what is stored, and the buttons for it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from articles.models import Site
from articles.selectors import site_for
from comments.limiting import count_a_use
from comments.models import Comment, Mailbox
from comments.reports.models import Report
from comments.rights import services
from comments.rights.erasing import disown_comment, erase_author, erase_comment
from comments.rights.holds import held_comments
from comments.rights.models import Preference
from comments.tokens import status_token
from moderation.appeals.models import Appeal
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
from newsroom.pages.words import reason_words

_is_address = EmailValidator(allowlist=[])
LONGEST_ADDRESS = 254
REFUSED = frozenset({Comment.Status.REJECTED, Comment.Status.REMOVED})
STATES: dict[str, Promise] = {
    "pending": gettext_lazy("being checked"),
    "published": gettext_lazy("published"),
    "held": gettext_lazy("waiting for a person"),
    "rejected": gettext_lazy("not published"),
    "removed": gettext_lazy("taken down"),
    "withdrawn": gettext_lazy("withdrawn"),
    "erased": gettext_lazy("erased"),
}


@dataclass(frozen=True, slots=True)
class Mine:
    """One of the visitor's comments."""

    comment: Comment
    state: str
    reason: str
    private_url: str
    is_held: bool


# --- asking for the link ---------------------------------------------------------------------------------
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a link. The answer is the same for every address, and so are the steps that lead to it."""
    site = site_for(request)
    if request.method != "POST":
        return _ask(site, sent="sent" in request.GET)
    refuse_from_elsewhere(request)
    email = request.POST.get("email", "").strip()
    try:
        if len(email) > LONGEST_ADDRESS:
            raise ValidationError("")
        _is_address(email)
    except ValidationError:
        return _ask(
            site, email=email, problem=gettext("Give an email address such as ana@example.org."), status=400
        )
    try:
        count_a_use(client_network(request), site_id=site.pk, limit="report")
    except DomainError as error:
        return _ask(site, email=email, problem=error.detail, status=error.status, retry=error.retry_after_s)
    services.ask_for_link(email=email, site=site, at=timezone.now())
    return see_other(reverse("pages:my_comments") + "?sent=1")


def _ask(
    site: Site,
    *,
    email: str = "",
    problem: str = "",
    status: int = 200,
    sent: bool = False,
    retry: int | None = None,
) -> HttpResponse:
    context = {
        "masthead": site_masthead(site),
        "email": email,
        "problem": problem,
        "sent": sent,
        "is_mail_on": is_mail_on(),
    }
    headers = PRIVATE | ({"Retry-After": str(retry)} if retry else {})
    return answer_page("pages/my_comments_ask.html", context, status=status, headers=headers)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def open_link(request: HttpRequest) -> HttpResponse:
    """GET shows a button, since mail programs look at links before people do; its POST uses the link up."""
    token, now, site = request.GET.get("token", ""), timezone.now(), site_for(request)
    if request.method != "POST":
        is_open = services.is_link_open(token, at=now)
        return (
            _over(site) if not is_open else _button(site, action=_with_token("pages:my_comments_open", token))
        )
    refuse_from_elsewhere(request)
    opened, mailbox_id = services.use_link(token, at=now)
    if not opened:
        return _over(site)
    if mailbox_id is None:
        context = {"masthead": site_masthead(site), "mine": [], "visit": ""}
        return answer_page("pages/my_comments.html", context, headers=PRIVATE)
    return _show(site, mailbox_id, visit=services.visit_token(mailbox_id, at=now), now=now)


# --- the page and its buttons ----------------------------------------------------------------------------
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest) -> HttpResponse:
    """A button of the page was pressed, within half an hour of opening it; its address alone is nothing."""
    if request.method != "POST":
        return see_other(reverse("pages:my_comments"))
    refuse_from_elsewhere(request)
    now, site = timezone.now(), site_for(request)
    visit = request.POST.get("visit", "")
    mailbox_id = services.visitor(visit, at=now)
    if mailbox_id is None or not Mailbox.objects.filter(pk=mailbox_id).exists():
        return _over(site)
    action = request.POST.get("action", "")
    if action == "export":
        return _export(mailbox_id, now=now)
    if action == "erase_all":
        if request.POST.get("sure") != "on":
            words = gettext("Tick the box first: erasing cannot be undone.")
            return _show(site, mailbox_id, visit=visit, now=now, problem=words)
        kept = erase_author(mailbox_id, at=now)
        context = {"masthead": site_masthead(site), "kept": kept}
        return answer_page("pages/my_comments_erased.html", context, headers=PRIVATE)
    said = _act_on_one(request, action, mailbox_id, now=now)
    return _show(site, mailbox_id, visit=visit, now=now, said=said)


def _act_on_one(request: HttpRequest, action: str, mailbox_id: UUID, *, now: datetime) -> str:
    if action == "notices":
        services.choose_notices(mailbox_id, notify_replies=request.POST.get("notify") == "on")
        return gettext("Your choice is stored.")
    comment = _own(request.POST.get("comment", ""), mailbox_id)
    if comment is None:
        raise Http404
    if action == "disown":
        disown_comment(comment.pk, mailbox_id=mailbox_id, at=now)
        return gettext("The comment is hidden, and no longer has to do with your address.")
    if action == "erase":
        if held_comments(at=now).filter(pk=comment.pk).exists():
            return gettext("This comment has to be kept for legal reasons at present. It was not erased.")
        erase_comment(comment.pk, at=now)
        return gettext("The comment is erased.")
    raise Http404


def _own(text: str, mailbox_id: UUID) -> Comment | None:
    try:
        return Comment.objects.filter(pk=UUID(text), private__mailbox_id=mailbox_id).first()
    except ValueError:
        return None


def _show(
    site: Site, mailbox_id: UUID, *, visit: str, now: datetime, said: str = "", problem: str = ""
) -> HttpResponse:
    wishes = Preference.objects.filter(mailbox_id=mailbox_id).first()
    mailbox = Mailbox.objects.get(pk=mailbox_id)
    context = {
        "masthead": site_masthead(site),
        "mine": list(_mine(mailbox_id, now=now)),
        "visit": visit,
        "said": said,
        "problem": problem,
        "is_verified": mailbox.verified_at is not None,
        "notify": bool(wishes and wishes.notify_replies),
        "known": True,
    }
    status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
    return answer_page("pages/my_comments.html", context, status=status, headers=PRIVATE)


def _mine(mailbox_id: UUID, *, now: datetime) -> Iterable[Mine]:
    found = Comment.objects.filter(private__mailbox_id=mailbox_id).select_related("article")
    held = set(held_comments(at=now).filter(private__mailbox_id=mailbox_id).values_list("pk", flat=True))
    for comment in found.order_by("-created_at"):
        yield Mine(
            comment=comment,
            state=str(STATES[comment.status]),
            reason=reason_words(comment.reason_code) if comment.status in REFUSED else "",
            private_url=f"{reverse('pages:comment_status', args=[comment.pk])}?"
            + urlencode({"token": status_token(comment.pk)}),
            is_held=comment.pk in held,
        )


def _export(mailbox_id: UUID, *, now: datetime) -> HttpResponse:
    """All that is stored about the address, as JSON to keep."""
    text = json.dumps(export_of(mailbox_id, now=now), indent=2, ensure_ascii=False)
    headers = PRIVATE | {"Content-Disposition": 'attachment; filename="my-comments.json"'}
    return HttpResponse(text, content_type="application/json", headers=headers)


def export_of(mailbox_id: UUID, *, now: datetime) -> dict[str, Any]:
    mailbox = Mailbox.objects.get(pk=mailbox_id)
    comments = list(
        Comment.objects.filter(private__mailbox=mailbox)
        .select_related("article", "private")
        .order_by("created_at")
    )
    prefetch_related_objects(comments, "revisions", "decisions", "appeals")
    wishes = Preference.objects.filter(mailbox=mailbox).first()
    return {
        "exported_at": now.isoformat(),
        "address": {
            "first_used_at": mailbox.created_at.isoformat(),
            "last_used_at": mailbox.last_used_at.isoformat(),
            "verified_at": mailbox.verified_at.isoformat() if mailbox.verified_at else None,
            "is_stored_readably": mailbox.address_ciphertext is not None,
            "trusted": mailbox.trusted,
            "blocked": mailbox.blocked,
            "read_first": mailbox.premoderated,
            "notify_replies": bool(wishes and wishes.notify_replies),
        },
        "comments": [_exported(comment) for comment in comments],
        "reports": [
            {"comment": str(row.comment_id), "reason": row.reason, "detail": row.detail, "state": row.state}
            for row in Report.objects.filter(address_hash=bytes(mailbox.address_hash))
        ],
    }


def _exported(comment: Comment) -> dict[str, Any]:
    appeals: Iterable[Appeal] = comment.appeals.all()
    return {
        "id": str(comment.pk),
        "article": settings.NEWSROOM_BASE_URL + comment.article.get_absolute_url(),
        "in_reply_to": str(comment.parent_id) if comment.parent_id else None,
        "name": comment.name,
        "body": comment.body,
        "status": comment.status,
        "reason": comment.reason_code if comment.status in REFUSED else None,
        "created_at": comment.created_at.isoformat(),
        "edited_at": comment.edited_at.isoformat() if comment.edited_at else None,
        "votes": comment.votes,
        "network_code_is_stored": comment.private.network is not None,
        "texts": [
            {"revision": row.revision, "name": row.name, "body": row.body, "at": row.created_at.isoformat()}
            for row in comment.revisions.all()
        ],
        "decisions": [
            {
                "at": row.at.isoformat(),
                "by": row.actor_kind,
                "outcome": row.outcome,
                "reason": row.reason_code,
                "scores": row.scores,
            }
            for row in comment.decisions.all()
        ],
        "appeals": [
            {"at": row.at.isoformat(), "text": row.text, "state": row.state, "answer": row.answer}
            for row in appeals
        ],
    }


# --- confirming an address, and hearing no more ------------------------------------------------------------
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Confirm an address with one button; what a mail program does with the link confirms nothing."""
    token, now, site = request.GET.get("token", ""), timezone.now(), site_for(request)
    mailbox = services.mailbox_to_verify(token, at=now)
    if mailbox is None:
        return _over(site)
    context = {"masthead": site_masthead(site), "action": _with_token("pages:verify", token), "done": False}
    if request.method == "POST":
        refuse_from_elsewhere(request)
        services.verify_address(mailbox, notify_replies=request.POST.get("notify") == "on", at=now)
        context["done"] = True
    return answer_page("pages/verify.html", context, headers=PRIVATE)


# A mail program sends this POST from anywhere (RFC 8058); the token allows nothing but hearing no more.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest) -> HttpResponse:
    token, site = request.GET.get("token", ""), site_for(request)
    mailbox_id = services.unsubscriber(token)
    if mailbox_id is None:
        raise Http404
    context = {
        "masthead": site_masthead(site),
        "action": _with_token("pages:unsubscribe", token),
        "done": False,
    }
    if request.method == "POST":
        if Mailbox.objects.filter(pk=mailbox_id).exists():
            services.choose_notices(mailbox_id, notify_replies=False)
        context["done"] = True
    return answer_page("pages/unsubscribe.html", context, headers=PRIVATE)


def _over(site: Site) -> HttpResponse:
    context = {"masthead": site_masthead(site)}
    return answer_page("pages/link_over.html", context, status=HTTPStatus.GONE, headers=PRIVATE)


def _button(site: Site, *, action: str) -> HttpResponse:
    context = {"masthead": site_masthead(site), "action": action}
    return answer_page("pages/my_comments_open.html", context, headers=PRIVATE)


def _with_token(name: str, token: str) -> str:
    return f"{reverse(name)}?{urlencode({'token': token})}"
