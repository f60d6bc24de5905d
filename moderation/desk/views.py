"""The desk's pages. Every one of them needs the right to decide."""

from __future__ import annotations

import json
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from comments.models import Comment
from comments.selectors import oldest_pending_age_s
from moderation.desk import claims, words
from moderation.desk.appeal_views import appeals_of
from moderation.desk.clusters import Waiting
from moderation.desk.deciding import decide, decide_all, decided_meanwhile
from moderation.desk.digests import set_mail_hour
from moderation.desk.emergency_views import emergency_panel
from moderation.desk.forms import (
    UNDO,
    BulkForm,
    DecideForm,
    EscalateForm,
    MailHourForm,
    Seen,
)
from moderation.desk.items import history, item, items
from moderation.desk.languages import language_note
from moderation.desk.moderators import Visit, set_blur, since
from moderation.desk.numbers import agreement, hottest, sent_by, time_to_decide
from moderation.desk.pages import (
    desk_page,
    filters_of,
    for_editors,
    query_without,
    undo_strip,
    user_id_of,
    viewer_of,
    wanted_of,
    way_back,
)
from moderation.desk.queues import QUEUES, open_articles_waiting, ordered_ids, queue_tallies
from moderation.desk.sweeping import actions_of
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
    "hold": "held",
    "check_again": "sent back to be checked again",
    "undo": "taken back",
}


# --- pages -----------------------------------------------------------------------------------------
@require_safe
@for_editors
def home(request: HttpRequest, here: Visit) -> HttpResponse:
    """What happened since the last visit; waves first, then what commenters wait for on open articles."""
    now = timezone.now()
    waves = Waiting.load(scope=here.sections).waves()[:5]
    firsts = {one.pk: one for one in items([wave.first for wave in waves], viewer=viewer_of(request, here))}
    context = {
        "since": since(here.left_at, sections=here.sections),
        "waves": [{"wave": wave, "item": firsts[wave.first]} for wave in waves if wave.first in firsts],
        "open_articles": open_articles_waiting(now=now, scope=here.sections),
        "undo": undo_strip(request),
        "blur": here.blur,
        "mail_hour": here.mail_hour,
        "hours": range(24),
        "has_address": bool(getattr(request.user, "email", "")),
        "emergency": emergency_panel(request, here),
        "languages": language_note(),
    }
    return desk_page(request, here, "desk/home.html", title="Desk", context=context)


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
    return desk_page(request, here, "desk/numbers.html", title="Numbers", context=context)


@require_safe
@for_editors
def queue(request: HttpRequest, here: Visit, key: str) -> HttpResponse:
    shown = QUEUES.get(key)
    if shown is None:
        raise Http404
    ids = ordered_ids(shown, wanted=wanted_of(request, here), now=timezone.now())
    page = Paginator(ids, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "queue": shown,
        "page": page,
        "items": items(list(page), viewer=viewer_of(request, here)),
        "filters": filters_of(request, here, shown),
        "query": query_without(request, "page"),
        "undo": undo_strip(request),
        "may_sweep": bool(actions_of(shown)),
    }
    return desk_page(request, here, "desk/queue.html", title=shown.title, context=context)


@require_safe
@for_editors
def comment(request: HttpRequest, here: Visit, comment_id: UUID) -> HttpResponse:
    """One comment with everything that ever happened to it."""
    shown = item(comment_id, viewer=viewer_of(request, here))
    if shown is None or not here.covers(shown.comment.article.section_id):
        raise Http404
    context = {
        "item": shown,
        "appeals": appeals_of(comment_id, user=request.user, at=timezone.now()),
        "history": history(shown.comment),
        "undo_seconds": shown.undo_seconds(user_id=user_id_of(request), now=timezone.now()),
    }
    title = f"Comment by {shown.comment.name or 'nobody'}"
    return desk_page(request, here, "desk/comment.html", title=title, context=context)


@require_safe
@for_editors
def cluster(request: HttpRequest, here: Visit, comment_id: UUID) -> HttpResponse:
    """A waiting comment and all that wait and are nearly the same, to be decided together."""
    ids = Waiting.load(scope=here.sections).cluster(comment_id)
    if not ids:
        messages.info(request, "This comment no longer waits.")
        return HttpResponseRedirect(reverse("admin:desk_comment", args=[comment_id]))
    shown = items(ids, viewer=viewer_of(request, here))
    context = {
        "items": shown,
        "first": shown[0],
        "authors": len({one.author.pk for one in shown}),
        "articles": len({one.comment.article_id for one in shown}),
        "undo": undo_strip(request),
    }
    title = f"{len(shown)} nearly the same"
    return desk_page(request, here, "desk/cluster.html", title=title, context=context)


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
        return _refused(request, here, seen, _explained(error, seen), status=error.status)
    if FRAGMENT in request.headers:
        return _fragment(request, here, seen.comment_id, is_settled=data["action"] != UNDO)
    messages.success(request, f"{_name(seen.comment_id)}: {words.OUTCOMES[made.outcome]}.")
    return HttpResponseRedirect(way_back(request))


@require_POST
@for_editors
def decide_many(request: HttpRequest, here: Visit) -> HttpResponse:
    form = BulkForm(request.POST)
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return HttpResponseRedirect(way_back(request))
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
    return HttpResponseRedirect(way_back(request))


@require_POST
@for_editors
def claim(request: HttpRequest, here: Visit) -> HttpResponse:
    """Take a comment in hand while it is the current one. Answers who else has it, if somebody has."""
    try:
        comment_id = UUID(request.POST.get("comment", ""))
    except ValueError:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    if not _is_covered(here, comment_id):
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
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
    if not _is_covered(here, seen.comment_id):
        raise PermissionDenied
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
        return _refused(request, here, seen, _explained(error, seen), status=error.status)
    if FRAGMENT in request.headers:
        return _fragment(request, here, seen.comment_id)
    messages.success(request, f"{_name(seen.comment_id)}: put before a colleague.")
    return HttpResponseRedirect(way_back(request))


@require_POST
@for_editors
def settings(request: HttpRequest, here: Visit) -> HttpResponse:
    set_blur(request.user, blur=request.POST.get("blur") == "on")
    form = MailHourForm(request.POST)
    if "mail_hour" in request.POST and form.is_valid():
        set_mail_hour(request.user, hour=form.cleaned_data["mail_hour"], now=timezone.now())
    return HttpResponseRedirect(way_back(request))


# --- what they share -------------------------------------------------------------------------------
def _refused(request: HttpRequest, here: Visit, seen: Seen | None, why: str, *, status: int) -> HttpResponse:
    """Nothing was decided: say so, and show the comment as it is now."""
    if FRAGMENT in request.headers:
        if seen is None:
            return HttpResponse(why, status=status, content_type="text/plain; charset=utf-8")
        return _fragment(request, here, seen.comment_id, problem=why, status=status)
    messages.error(request, why)
    if seen is None:
        return HttpResponseRedirect(way_back(request))
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
    shown = item(comment_id, viewer=viewer_of(request, here))
    if shown is None:
        raise Http404
    context = {
        "item": shown,
        "problem": problem,
        "selectable": True,
        "reasons": words.reason_choices(),
        "undo_seconds": shown.undo_seconds(user_id=user_id_of(request), now=timezone.now()),
    }
    template = "desk/parts/settled.html" if is_settled else "desk/parts/item.html"
    response = render(request, template, context, status=status)
    tallies = queue_tallies(now=timezone.now(), scope=here.sections)
    response[COUNTS] = json.dumps({key: tally.count for key, tally in tallies.items()})
    return response


def _explained(error: DomainError, seen: Seen) -> str:
    if error.code in {"stale_decision", "no_such_text"}:
        colleague = decided_meanwhile(seen)
        changed = f"{colleague} decided on it" if colleague else "the comment has changed"
        return f"Nothing was decided: {changed} since you saw it. This is how it stands now."
    return f"Nothing was decided: {error.detail[0].lower()}{error.detail[1:]}".rstrip(".") + "."


def _first_error(form: DecideForm | BulkForm) -> str:
    return next(str(error) for errors in form.errors.values() for error in errors)


def _is_covered(here: Visit, comment_id: UUID) -> bool:
    """Whether a comment is of the moderator's own sections. One that does not exist is nobody's to refuse."""
    section = Comment.objects.filter(pk=comment_id).values_list("article__section_id", flat=True).first()
    return section is None or here.covers(section)


def _name(comment_id: UUID) -> str:
    name = Comment.objects.values_list("name", flat=True).get(pk=comment_id)
    return f"Comment by {name}"
