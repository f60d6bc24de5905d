"""The desk's page about authors who are blocked, trusted or always read first."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from moderation.desk import words
from moderation.desk.authors import (
    FLAGS,
    NOBODY,
    author_by_key,
    author_of_address,
    authors_with,
    set_author_flag,
)
from moderation.desk.forms import FindAuthorForm
from moderation.desk.moderators import Visit
from moderation.desk.pages import desk_page, for_editors

PER_PAGE = 50
TABS = {"blocked": "Blocked", "trusted": "Trusted", "premoderated": "Read first"}
SAYS = {
    "blocked": "Every comment waits for a person, who is told that the author is blocked.",
    "trusted": "Refusals of the last days do not count against them, and they are never new.",
    "premoderated": "Every comment waits for a person.",
}


@require_safe
@for_editors
def authors(request: HttpRequest, here: Visit) -> HttpResponse:
    """Who has a switch on: since when, by whom, why; and a way to find anybody else."""
    flag = request.GET.get("show", "")
    flag = flag if flag in FLAGS else "blocked"
    asked = request.GET.get("page", "1")
    page_number = min(int(asked), 10_000) if asked.isdecimal() and int(asked) else 1
    count, listed = authors_with(flag, limit=PER_PAGE, offset=(page_number - 1) * PER_PAGE)
    context = {
        "tabs": TABS.items(),
        "flag": flag,
        "says": SAYS[flag],
        "count": count,
        "listed": listed,
        "page": Paginator(range(count), PER_PAGE).get_page(page_number),
        "query": f"show={flag}",
        "may_search": request.user.has_perm("comments.view_mailbox"),
    }
    return desk_page(request, here, "desk/authors.html", title="Authors", context=context)


@require_POST
@for_editors
def find(request: HttpRequest, here: Visit) -> HttpResponse:
    """By key or by address, in the body of a request: an address stands in no path and in no message."""
    form, back = FindAuthorForm(request.POST), reverse("admin:desk_authors")
    if not form.is_valid():
        messages.error(request, "That is no email address, or it is too long.")
        return HttpResponseRedirect(back)
    key, address = form.cleaned_data["key"].strip(), form.cleaned_data["address"]
    flag, reason = form.cleaned_data["switch"], form.cleaned_data["reason"]
    if not address and not key:
        messages.error(request, "Write a key or an address.")
        return HttpResponseRedirect(back)
    if address and not request.user.has_perm("comments.view_mailbox"):
        raise PermissionDenied
    if (address or flag) and not reason:
        messages.error(request, "Write why: the search, and what is switched, are recorded.")
        return HttpResponseRedirect(back)
    if address:
        found = author_of_address(
            address=address, actor=request.user, reason=reason, make=bool(flag), now=timezone.now()
        )
    else:
        found = _by_key(key)
    if found is None or found == NOBODY:
        messages.info(
            request, "Nobody has written with that address." if address else "No author has that key."
        )
        return HttpResponseRedirect(back)
    if flag and set_author_flag(mailbox_id=found, flag=flag, value=True, actor=request.user, reason=reason):
        messages.success(request, f"This author is now {words.flag_words(flag, True)}.")
    return HttpResponseRedirect(reverse("admin:desk_author", args=[found]))


def _by_key(key: str) -> UUID | None:
    try:
        return author_by_key(key)
    except ValueError:
        return None
