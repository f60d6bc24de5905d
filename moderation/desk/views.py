"""The desk's pages. Every one of them needs the right to decide."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from articles.models import Article, Section
from comments.models import Comment, Mailbox
from moderation.desk import words
from moderation.desk.deciding import decide, decide_all
from moderation.desk.forms import UNDO, BulkForm, ButtonForm, DecideForm, FilterForm, Seen
from moderation.desk.items import author_key, history, item, items, just_decided
from moderation.desk.queues import AGES, QUEUES, SORTS, Queue, choices_of, ordered_ids, queue_tallies
from moderation.models import ReasonCode
from newsroom.errors import DomainError

PER_PAGE = 25
COUNTS = "X-Desk-Counts"  # Answered with an item: how many lie in each queue now.
FRAGMENT = "X-Desk-Fragment"  # Sent by desk.js: answer with the one item instead of a page.
DONE = {
    "approve": "approved",
    "reject": "rejected",
    "remove": "taken down",
    "check_again": "sent back to be checked again",
    "undo": "taken back",
}
View = Callable[..., HttpResponse]


def for_editors(view: View) -> View:
    """Only for people who may decide; everybody else is sent to the login or refused."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("moderation.add_decision"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    guarded.__name__ = view.__name__
    return never_cache(guarded)


@for_editors
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return _page(request, "desk/home.html", title="Desk", context={"undo": _undo_strip(request)})


@for_editors
@require_safe
def queue(request: HttpRequest, key: str) -> HttpResponse:
    shown = QUEUES.get(key)
    if shown is None:
        raise Http404
    now = timezone.now()
    wanted = FilterForm.wanted(request.GET)
    page = Paginator(ordered_ids(shown, wanted=wanted, now=now), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "queue": shown,
        "page": page,
        "items": items(list(page)),
        "filters": _filters(request, shown),
        "query": _query_without(request, "page"),
        "undo": _undo_strip(request),
        "here": request.get_full_path(),
    }
    return _page(request, "desk/queue.html", title=shown.title, context=context)


@for_editors
@require_safe
def comment(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """One comment with everything that ever happened to it."""
    shown = item(comment_id)
    if shown is None:
        raise Http404
    context = {
        "item": shown,
        "history": history(shown.comment),
        "here": request.get_full_path(),
        "undo_seconds": shown.undo_seconds(user_id=_user_id(request), now=timezone.now()),
    }
    return _page(
        request, "desk/comment.html", title=f"Comment by {shown.comment.name or 'nobody'}", context=context
    )


@for_editors
@require_safe
def author(request: HttpRequest, mailbox_id: UUID) -> HttpResponse:
    """All comments of one mailbox, newest first."""
    mailbox = Mailbox.objects.defer("address_ciphertext").filter(pk=mailbox_id).first()
    if mailbox is None:
        raise Http404
    ids = (
        Comment.objects.filter(private__mailbox=mailbox)
        .order_by("-created_at", "-pk")
        .values_list("pk", flat=True)
    )
    page = Paginator(ids, PER_PAGE).get_page(request.GET.get("page"))
    shown = items(list(page))
    context = {
        "page": page,
        "items": shown,
        "author": shown[0].author if shown else None,
        "query": "",
        "undo": _undo_strip(request),
        "here": request.get_full_path(),
    }
    return _page(request, "desk/author.html", title=f"Author {author_key(mailbox)}", context=context)


@for_editors
@require_POST
def decide_one(request: HttpRequest) -> HttpResponse:
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _refused(request, None, _first_error(form), status=HTTPStatus.BAD_REQUEST)
    data = form.cleaned_data
    seen: Seen = data["seen"]
    try:
        made = decide(
            seen=seen, action=data["action"], actor=request.user, reason=data["reason"], note=data["note"]
        )
    except Comment.DoesNotExist:
        raise Http404 from None
    except DomainError as error:
        return _refused(request, seen, _explained(error), status=error.status)
    if FRAGMENT in request.headers:
        return _fragment(request, seen.comment_id, is_settled=data["action"] != UNDO)
    messages.success(request, f"{_name(seen.comment_id)}: {words.OUTCOMES[made.outcome]}.")
    return HttpResponseRedirect(_back(request))


@for_editors
@require_POST
def decide_many(request: HttpRequest) -> HttpResponse:
    form = BulkForm(request.POST)
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return HttpResponseRedirect(_back(request))
    data = form.cleaned_data
    done = decide_all(
        seen=data["seen"], action=data["action"], actor=request.user, reason=data["reason"], note=data["note"]
    )
    verb = DONE[data["action"]]
    if done.count:
        messages.success(request, f"{done.count} {verb}.")
    for why, number in done.reasons:
        messages.warning(
            request,
            f"{number} refused, nothing was decided: {why[0].lower()}{why[1:]}.",
        )
    return HttpResponseRedirect(_back(request))


def _refused(request: HttpRequest, seen: Seen | None, why: str, *, status: int) -> HttpResponse:
    """Nothing was decided: say so, and show the comment as it is now."""
    if FRAGMENT in request.headers:
        if seen is None:
            return HttpResponse(why, status=status, content_type="text/plain; charset=utf-8")
        return _fragment(request, seen.comment_id, problem=why, status=status)
    messages.error(request, why)
    if seen is None:
        return HttpResponseRedirect(_back(request))
    return HttpResponseRedirect(reverse("admin:desk_comment", args=[seen.comment_id]))


def _fragment(
    request: HttpRequest,
    comment_id: UUID,
    *,
    problem: str = "",
    is_settled: bool = False,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """One item as it is now: whole, or in one line once it is settled."""
    shown = item(comment_id)
    if shown is None:
        raise Http404
    context = {
        "item": shown,
        "problem": problem,
        "reasons": words.reason_choices(),
        "undo_seconds": shown.undo_seconds(user_id=_user_id(request), now=timezone.now()),
    }
    template = "desk/parts/settled.html" if is_settled else "desk/parts/item.html"
    response = render(request, template, context, status=status)
    tallies = queue_tallies(now=timezone.now())
    response[COUNTS] = json.dumps({key: tally.count for key, tally in tallies.items()})
    return response


def _page(request: HttpRequest, template: str, *, title: str, context: dict[str, Any]) -> HttpResponse:
    tallies = queue_tallies(now=timezone.now())
    base = {
        **admin.site.each_context(request),
        "title": title,
        "queues": [{"queue": one, "tally": tallies[key]} for key, one in QUEUES.items()],
        "reasons": words.reason_choices(),
        "now": timezone.now(),
    }
    return render(request, template, base | context)


def _filters(request: HttpRequest, shown: Queue) -> dict[str, Any]:
    """The filter form's choices and what is chosen."""
    form = FilterForm(request.GET)
    form.is_valid()
    chosen = {name: request.GET.get(name, "") for name in FilterForm.base_fields if name not in form.errors}
    choices = choices_of(shown, now=timezone.now())
    article = Article.objects.filter(pk=chosen["article"]).first() if chosen.get("article") else None
    return {
        "chosen": chosen,
        "is_filtered": any(value for name, value in chosen.items() if name != "sort"),
        "sections": Section.objects.order_by("name"),
        "reasons": [(code, ReasonCode(code).label) for code in choices.reasons if code in ReasonCode.values],
        "languages": choices.languages,
        "ages": AGES.items(),
        "sorts": SORTS.items(),
        "article": article,
    }


def _undo_strip(request: HttpRequest) -> list[dict[str, Any]]:
    """The user's decisions of the last minute, each with the field that takes it back."""
    return [
        {
            "decision": made,
            "seen": f"{made.comment_id}:{made.revision}:{made.pk}",
            "outcome": words.OUTCOMES[made.outcome],
        }
        for made in just_decided(user=request.user, now=timezone.now())
    ]


def _explained(error: DomainError) -> str:
    if error.code == "stale_decision":
        return "Nothing was decided: the comment has changed since you saw it. This is how it stands now."
    return f"Nothing was decided: {error.detail[0].lower()}{error.detail[1:]}."


def _first_error(form: ButtonForm) -> str:
    return next(str(error) for errors in form.errors.values() for error in errors)


def _name(comment_id: UUID) -> str:
    name = Comment.objects.values_list("name", flat=True).get(pk=comment_id)
    return f"Comment by {name}"


def _user_id(request: HttpRequest) -> int:
    return int(request.user.pk or 0)


def _back(request: HttpRequest) -> str:
    """Where the form was, if that is one of our own pages."""
    here = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        here, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return here
    return reverse("admin:desk_queue", args=["all"])


def _query_without(request: HttpRequest, name: str) -> str:
    kept = [(key, value) for key, values in request.GET.lists() if key != name for value in values]
    return urlencode(kept)
