"""The desk's page about one author: all comments of an address, the switches, and the address itself."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comments.models import Comment, Mailbox
from moderation.desk import words
from moderation.desk.authors import reveal_address, set_author_flag
from moderation.desk.changes import changes_of
from moderation.desk.forms import AuthorForm, RevealForm
from moderation.desk.items import author_key, items
from moderation.desk.moderators import Visit
from moderation.desk.pages import desk_page, for_editors, undo_strip, viewer_of, way_back
from newsroom.access.step_up import can_be_asked, proves_oneself
from newsroom.errors import DomainError

PER_PAGE = 25


@require_safe
@for_editors
def author(request: HttpRequest, here: Visit, mailbox_id: UUID) -> HttpResponse:
    """All comments of one mailbox, newest first."""
    return _author(request, here, _mailbox(mailbox_id))


def _author(
    request: HttpRequest,
    here: Visit,
    mailbox: Mailbox,
    *,
    address: str = "",
    problem: str = "",
    typed_reason: str = "",
) -> HttpResponse:
    found = Comment.objects.filter(private__mailbox=mailbox).order_by("-created_at", "-pk")
    page = Paginator(found.values_list("pk", flat=True), PER_PAGE).get_page(request.GET.get("page"))
    shown = items(list(page), viewer=viewer_of(request, here))
    context = {
        "page": page,
        "items": shown,
        "mailbox": mailbox,
        "author": shown[0].author if shown else None,
        "address": address,
        "problem": problem,
        "typed_reason": typed_reason,
        "here": reverse("admin:desk_author", args=[mailbox.pk]),
        "may_reveal": request.user.has_perm("comments.view_mailbox"),
        "needs_password": can_be_asked(request.user),
        "entries": changes_of("mailbox", mailbox.pk),
        "undo": undo_strip(request),
    }
    return desk_page(
        request, here, "desk/author.html", title=f"Author {author_key(mailbox)}", context=context
    )


@require_POST
@for_editors
def author_flag(request: HttpRequest, here: Visit, mailbox_id: UUID) -> HttpResponse:
    mailbox, form = _mailbox(mailbox_id), AuthorForm(request.POST)
    if form.is_valid():
        (flag, value), reason = form.wanted(), form.cleaned_data["reason"]
        if set_author_flag(mailbox_id=mailbox_id, flag=flag, value=value, actor=request.user, reason=reason):
            messages.success(request, f"Author {author_key(mailbox)}: {words.flag_words(flag, value)}.")
    else:
        messages.error(request, "Nothing was changed. Write why, in a few words; it is kept with the change.")
    here_again = reverse("admin:desk_author", args=[mailbox_id])
    return HttpResponseRedirect(way_back(request) if "next" in request.POST else here_again)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def author_address(request: HttpRequest, here: Visit, mailbox_id: UUID) -> HttpResponse:
    """The address on one page, once; who looked and why is recorded first. Reloaded, it is hidden again."""
    if not request.user.has_perm("comments.view_mailbox"):
        raise PermissionDenied
    mailbox, form = _mailbox(mailbox_id), RevealForm(request.POST)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("admin:desk_author", args=[mailbox_id]))
    if not form.is_valid():
        return _author(request, here, mailbox, problem="Say why you have to see the address.")
    reason = form.cleaned_data["reason"]
    try:
        if not proves_oneself(request, form.cleaned_data["password"]):
            raise ValidationError(
                "That was neither your password nor a code of now. The address stays hidden."
            )
        address = reveal_address(mailbox_id=mailbox_id, actor=request.user, reason=reason)
    except ValidationError as error:
        return _author(request, here, mailbox, problem=error.messages[0], typed_reason=reason)
    except DomainError as error:
        return _author(request, here, mailbox, problem=error.detail, typed_reason=reason)
    return _author(request, here, mailbox, address=address)


def _mailbox(mailbox_id: UUID) -> Mailbox:
    mailbox = Mailbox.objects.defer("address_ciphertext").filter(pk=mailbox_id).first()
    if mailbox is None:
        raise Http404
    return mailbox
