"""The desk's pages. Every one of them needs the right to decide."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from articles.models import Article, Section
from comments.models import Comment, Mailbox
from comments.selectors import oldest_pending_age_s
from moderation.desk import claims, words
from moderation.desk.authors import reveal_address, set_author_flag
from moderation.desk.clusters import Waiting
from moderation.desk.deciding import decide, decide_all
from moderation.desk.forms import (
    UNDO,
    AuthorForm,
    BulkForm,
    DecideForm,
    EscalateForm,
    FilterForm,
    RevealForm,
    Seen,
)
from moderation.desk.items import Viewer, author_key, history, item, items, just_decided
from moderation.desk.moderators import Visit, set_blur, since, visit
from moderation.desk.numbers import agreement, hottest, sent_by, time_to_decide
from moderation.desk.queues import (
    AGES,
    QUEUES,
    SORTS,
    Queue,
    choices_of,
    open_articles_waiting,
    ordered_ids,
    queue_tallies,
)
from moderation.models import ReasonCode
from newsroom.errors import DomainError

PER_PAGE = 25
COUNTS = "X-Desk-Counts"  # Answered with an item: how many lie in each queue now.
FRAGMENT = "X-Desk-Fragment"  # Sent by desk.js: answer with the one item instead of a page.
DONE = {
    "approve": "approved",
    "approve_and_trust": "approved",
    "reject": "rejected",
    "reject_and_block": "rejected",
    "remove": "taken down",
    "check_again": "sent back to be checked again",
    "undo": "taken back",
}
View = Callable[..., HttpResponse]


def for_editors(view: View) -> View:
    """Only for people who may decide; the view gets their visit to the desk after the request."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("moderation.add_decision"):
            raise PermissionDenied
        return view(request, visit(request.user, now=timezone.now()), *args, **kwargs)

    return never_cache(guarded)


# --- pages -----------------------------------------------------------------------------------------
@require_safe
@for_editors
def home(request: HttpRequest, here: Visit) -> HttpResponse:
    """What happened since the last visit; waves first, then what commenters wait for on open articles."""
    now = timezone.now()
    waves = Waiting.load(scope=here.sections).waves()[:5]
    firsts = {one.pk: one for one in items([wave.first for wave in waves], viewer=_viewer(request, here))}
    context = {
        "since": since(here.left_at, sections=here.sections),
        "waves": [{"wave": wave, "item": firsts[wave.first]} for wave in waves if wave.first in firsts],
        "open_articles": open_articles_waiting(now=now, scope=here.sections),
        "undo": _undo_strip(request),
        "blur": here.blur,
    }
    return _page(request, here, "desk/home.html", title="Desk", context=context)


@require_safe
@for_editors
def numbers(request: HttpRequest, here: Visit) -> HttpResponse:
    """What came in, what became of it, how long it took, and where it is warm."""
    now, zone = timezone.now(), timezone.get_current_timezone()
    context = {
        "charts": [sent_by(step, now=now, zone=zone, scope=here.sections) for step in ("hour", "day")],
        "agreement": agreement(now=now, scope=here.sections),
        "hottest": hottest(now=now, scope=here.sections),
        "machine": time_to_decide("machine", now=now),
        "people": time_to_decide("person", now=now),
        "pending_s": oldest_pending_age_s(),
        "oldest_at": queue_tallies(now=now, scope=here.sections)["all"].oldest_at,
        "waves": Waiting.load(scope=here.sections).waves(),
        "now": now,
    }
    return _page(request, here, "desk/numbers.html", title="Numbers", context=context)


@require_safe
@for_editors
def queue(request: HttpRequest, here: Visit, key: str) -> HttpResponse:
    shown = QUEUES.get(key)
    if shown is None:
        raise Http404
    wanted = FilterForm.wanted(request.GET, scope=here.sections)
    ids = ordered_ids(shown, wanted=wanted, now=timezone.now())
    page = Paginator(ids, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "queue": shown,
        "page": page,
        "items": items(list(page), viewer=_viewer(request, here)),
        "filters": _filters(request, here, shown),
        "query": _query_without(request, "page"),
        "undo": _undo_strip(request),
    }
    return _page(request, here, "desk/queue.html", title=shown.title, context=context)


@require_safe
@for_editors
def comment(request: HttpRequest, here: Visit, comment_id: UUID) -> HttpResponse:
    """One comment with everything that ever happened to it."""
    shown = item(comment_id, viewer=_viewer(request, here))
    if shown is None:
        raise Http404
    context = {
        "item": shown,
        "history": history(shown.comment),
        "undo_seconds": shown.undo_seconds(user_id=_user_id(request), now=timezone.now()),
    }
    title = f"Comment by {shown.comment.name or 'nobody'}"
    return _page(request, here, "desk/comment.html", title=title, context=context)


@require_safe
@for_editors
def cluster(request: HttpRequest, here: Visit, comment_id: UUID) -> HttpResponse:
    """A waiting comment and all that wait and are nearly the same, to be decided together."""
    ids = Waiting.load(scope=here.sections).cluster(comment_id)
    if not ids:
        messages.info(request, "This comment no longer waits.")
        return HttpResponseRedirect(reverse("admin:desk_comment", args=[comment_id]))
    shown = items(ids, viewer=_viewer(request, here))
    context = {
        "items": shown,
        "first": shown[0],
        "authors": len({one.author.pk for one in shown}),
        "articles": len({one.comment.article_id for one in shown}),
        "undo": _undo_strip(request),
    }
    title = f"{len(shown)} nearly the same"
    return _page(request, here, "desk/cluster.html", title=title, context=context)


@require_safe
@for_editors
def author(request: HttpRequest, here: Visit, mailbox_id: UUID) -> HttpResponse:
    """All comments of one mailbox, newest first."""
    return _author(request, here, _mailbox(mailbox_id))


def _author(request: HttpRequest, here: Visit, mailbox: Mailbox, *, address: str = "") -> HttpResponse:
    found = Comment.objects.filter(private__mailbox=mailbox).order_by("-created_at", "-pk")
    page = Paginator(found.values_list("pk", flat=True), PER_PAGE).get_page(request.GET.get("page"))
    shown = items(list(page), viewer=_viewer(request, here))
    context = {
        "page": page,
        "items": shown,
        "mailbox": mailbox,
        "author": shown[0].author if shown else None,
        "address": address,
        "may_reveal": request.user.has_perm("comments.view_mailbox"),
        "needs_password": request.user.has_usable_password(),  # type: ignore[union-attr]
        "undo": _undo_strip(request),
    }
    return _page(request, here, "desk/author.html", title=f"Author {author_key(mailbox)}", context=context)


# --- buttons ---------------------------------------------------------------------------------------
@require_POST
@for_editors
def decide_one(request: HttpRequest, here: Visit) -> HttpResponse:
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _refused(request, here, None, _first_error(form), status=HTTPStatus.BAD_REQUEST)
    data = form.cleaned_data
    seen: Seen = data["seen"]
    try:
        made = decide(
            seen=seen,
            action=data["action"],
            actor=request.user,
            scope=here.sections,
            reason=data["reason"],
            note=data["note"],
        )
    except Comment.DoesNotExist:
        raise Http404 from None
    except DomainError as error:
        return _refused(request, here, seen, _explained(error), status=error.status)
    if FRAGMENT in request.headers:
        return _fragment(request, here, seen.comment_id, is_settled=data["action"] != UNDO)
    messages.success(request, f"{_name(seen.comment_id)}: {words.OUTCOMES[made.outcome]}.")
    return HttpResponseRedirect(_back(request))


@require_POST
@for_editors
def decide_many(request: HttpRequest, here: Visit) -> HttpResponse:
    form = BulkForm(request.POST)
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return HttpResponseRedirect(_back(request))
    data = form.cleaned_data
    done = decide_all(
        seen=data["seen"],
        action=data["action"],
        actor=request.user,
        scope=here.sections,
        reason=data["reason"],
        note=data["note"],
        read=data["read"],
    )
    if done.count:
        messages.success(request, f"{done.count} {DONE[data['action']]}.")
    for why, number in done.reasons:
        messages.warning(request, f"{number} refused, nothing was decided: {why[0].lower()}{why[1:]}.")
    return HttpResponseRedirect(_back(request))


@require_POST
@for_editors
def claim(request: HttpRequest, here: Visit) -> HttpResponse:
    """Take a comment in hand while it is the current one. Answers who else has it, if somebody has."""
    try:
        comment_id = UUID(request.POST.get("comment", ""))
    except ValueError:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    holder = claims.claim(comment_id=comment_id, user=request.user)
    return JsonResponse({"by": "" if holder.user_id == request.user.pk else holder.name})


@require_POST
@for_editors
def escalate(request: HttpRequest, here: Visit) -> HttpResponse:
    form = EscalateForm(request.POST)
    if not form.is_valid():
        why = "Write what your colleague should look at."
        return _refused(request, here, None, why, status=HTTPStatus.BAD_REQUEST)
    seen: Seen = form.cleaned_data["seen"]
    try:
        claims.escalate(
            comment_id=seen.comment_id,
            seen_revision=seen.revision,
            note=form.cleaned_data["note"],
            user=request.user,
        )
    except Comment.DoesNotExist:
        raise Http404 from None
    except DomainError as error:
        return _refused(request, here, seen, _explained(error), status=error.status)
    if FRAGMENT in request.headers:
        return _fragment(request, here, seen.comment_id)
    messages.success(request, f"{_name(seen.comment_id)}: put before a colleague.")
    return HttpResponseRedirect(_back(request))


@require_POST
@for_editors
def author_flag(request: HttpRequest, here: Visit, mailbox_id: UUID) -> HttpResponse:
    mailbox, form = _mailbox(mailbox_id), AuthorForm(request.POST)
    if form.is_valid():
        flag, value = form.cleaned_data["flag"], form.cleaned_data["value"]
        if set_author_flag(mailbox_id=mailbox_id, flag=flag, value=value, actor=request.user):
            messages.success(request, f"Author {author_key(mailbox)}: {words.flag_words(flag, value)}.")
    return HttpResponseRedirect(reverse("admin:desk_author", args=[mailbox_id]))


@require_POST
@for_editors
def author_address(request: HttpRequest, here: Visit, mailbox_id: UUID) -> HttpResponse:
    """The address on one page, once; who looked and why is recorded first."""
    if not request.user.has_perm("comments.view_mailbox"):
        raise PermissionDenied
    mailbox, form = _mailbox(mailbox_id), RevealForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say why you have to see the address.")
    elif not _is_still_oneself(request, form.cleaned_data["password"]):
        messages.error(request, "That was not your password. The address stays hidden.")
    else:
        try:
            address = reveal_address(
                mailbox_id=mailbox_id, actor=request.user, reason=form.cleaned_data["reason"]
            )
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            return _author(request, here, mailbox, address=address)
    return HttpResponseRedirect(reverse("admin:desk_author", args=[mailbox_id]))


def _is_still_oneself(request: HttpRequest, password: str) -> bool:
    """Whether the one at the keyboard is who signed in; who has no password cannot be asked for it."""
    user: Any = request.user
    return not user.has_usable_password() or user.check_password(password)


@require_POST
@for_editors
def settings(request: HttpRequest, here: Visit) -> HttpResponse:
    set_blur(request.user, blur=request.POST.get("blur") == "on")
    return HttpResponseRedirect(_back(request))


# --- what they share -------------------------------------------------------------------------------
def _refused(request: HttpRequest, here: Visit, seen: Seen | None, why: str, *, status: int) -> HttpResponse:
    """Nothing was decided: say so, and show the comment as it is now."""
    if FRAGMENT in request.headers:
        if seen is None:
            return HttpResponse(why, status=status, content_type="text/plain; charset=utf-8")
        return _fragment(request, here, seen.comment_id, problem=why, status=status)
    messages.error(request, why)
    if seen is None:
        return HttpResponseRedirect(_back(request))
    return HttpResponseRedirect(reverse("admin:desk_comment", args=[seen.comment_id]))


def _fragment(
    request: HttpRequest,
    here: Visit,
    comment_id: UUID,
    *,
    problem: str = "",
    is_settled: bool = False,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """One item as it is now: whole, or in one line once it is settled."""
    shown = item(comment_id, viewer=_viewer(request, here))
    if shown is None:
        raise Http404
    context = {
        "item": shown,
        "problem": problem,
        "selectable": True,
        "reasons": words.reason_choices(),
        "undo_seconds": shown.undo_seconds(user_id=_user_id(request), now=timezone.now()),
    }
    template = "desk/parts/settled.html" if is_settled else "desk/parts/item.html"
    response = render(request, template, context, status=status)
    tallies = queue_tallies(now=timezone.now(), scope=here.sections)
    response[COUNTS] = json.dumps({key: tally.count for key, tally in tallies.items()})
    return response


def _page(
    request: HttpRequest, here: Visit, template: str, *, title: str, context: dict[str, Any]
) -> HttpResponse:
    tallies = queue_tallies(now=timezone.now(), scope=here.sections)
    base = {
        **admin.site.each_context(request),
        "title": title,
        "queues": [{"queue": one, "tally": tallies[key]} for key, one in QUEUES.items()],
        "waiting": tallies["all"].count,
        "reasons": words.reason_choices(),
        "here": request.get_full_path(),
        "scope": here.sections,
    }
    return render(request, template, base | context)


def _viewer(request: HttpRequest, here: Visit) -> Viewer:
    return Viewer(_user_id(request), blur=here.blur, scope=here.sections)


def _filters(request: HttpRequest, here: Visit, shown: Queue) -> dict[str, Any]:
    """The filter form's choices and what is chosen."""
    form = FilterForm(request.GET)
    form.is_valid()
    chosen = {name: request.GET.get(name, "") for name in FilterForm.base_fields if name not in form.errors}
    choices = choices_of(shown, scope=here.sections, now=timezone.now())
    article = Article.objects.filter(pk=chosen["article"]).first() if chosen.get("article") else None
    return {
        "chosen": chosen,
        "is_filtered": any(value for name, value in chosen.items() if name != "sort"),
        "sections": [
            one for one in Section.objects.order_by("name") if not here.sections or one.pk in here.sections
        ],
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
    if error.code in {"stale_decision", "no_such_text"}:
        return "Nothing was decided: the comment has changed since you saw it. This is how it stands now."
    return f"Nothing was decided: {error.detail[0].lower()}{error.detail[1:]}".rstrip(".") + "."


def _first_error(form: DecideForm | BulkForm) -> str:
    return next(str(error) for errors in form.errors.values() for error in errors)


def _name(comment_id: UUID) -> str:
    name = Comment.objects.values_list("name", flat=True).get(pk=comment_id)
    return f"Comment by {name}"


def _mailbox(mailbox_id: UUID) -> Mailbox:
    mailbox = Mailbox.objects.defer("address_ciphertext").filter(pk=mailbox_id).first()
    if mailbox is None:
        raise Http404
    return mailbox


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
