"""What the desk's views share: who may enter, the page around everything, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from articles.models import Article, Section
from moderation.desk import words
from moderation.desk.forms import FilterForm
from moderation.desk.items import Viewer, just_decided
from moderation.desk.moderators import Visit, visit
from moderation.desk.queues import AGES, QUEUES, SORTS, Queue, Wanted, articles_in, choices_of, queue_tallies
from moderation.lifecycle.selectors import waiting_samples
from moderation.models import ReasonCode

View = Callable[..., HttpResponse]


def for_editors(view: View) -> View:
    """Only for people who may decide; the view gets their visit to the desk after the request."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("moderation.add_decision"):
            raise PermissionDenied
        return view(request, visit(request.user, now=timezone.now()), *args, **kwargs)

    return never_cache(guarded)


def desk_page(
    request: HttpRequest, here: Visit, template: str, *, title: str, context: dict[str, Any]
) -> HttpResponse:
    tallies = queue_tallies(now=timezone.now(), scope=here.sections)
    base = {
        **admin.site.each_context(request),
        "title": title,
        "queues": [{"queue": one, "tally": tallies[key]} for key, one in QUEUES.items()],
        "waiting": tallies["all"].count,
        "sample": waiting_samples(user_id=user_id_of(request)).aggregate(
            count=Count("pk"), oldest_at=Min("drawn_at")
        ),
        "reasons": words.reason_choices(),
        "here": request.get_full_path(),
        "scope": here.sections,
        "may_switch": may_switch(request, here),
    }
    return render(request, template, base | context)


def may_switch(request: HttpRequest, here: Visit) -> bool:
    """An emergency is for a whole site, so not for those who moderate some of its sections."""
    return not here.sections and request.user.has_perm("moderation.add_emergency")


def viewer_of(request: HttpRequest, here: Visit) -> Viewer:
    return Viewer(user_id_of(request), blur=here.blur, scope=here.sections)


def wanted_of(request: HttpRequest, here: Visit) -> Wanted:
    return FilterForm.wanted(request.GET, scope=here.sections)


def filters_of(request: HttpRequest, here: Visit, shown: Queue) -> dict[str, Any]:
    """The filter form's choices and what is chosen."""
    form = FilterForm(request.GET)
    form.is_valid()
    now = timezone.now()
    chosen = {name: request.GET.get(name, "") for name in FilterForm.base_fields if name not in form.errors}
    choices = choices_of(shown, scope=here.sections, now=now)
    articles = articles_in(shown, scope=here.sections, now=now)
    if chosen.get("article") and chosen["article"] not in {str(pk) for pk, _ in articles}:
        articles += Article.objects.filter(pk=chosen["article"]).values_list("pk", "headline")
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
        "articles": articles,
    }


def undo_strip(request: HttpRequest) -> list[dict[str, Any]]:
    """The user's decisions of the last minute, each with the field that takes it back."""
    return [
        {
            "decision": made,
            "seen": f"{made.comment_id}:{made.revision}:{made.pk}",
            "outcome": words.OUTCOMES[made.outcome],
        }
        for made in just_decided(user=request.user, now=timezone.now())
    ]


def user_id_of(request: HttpRequest) -> int:
    return int(request.user.pk or 0)


def way_back(request: HttpRequest) -> str:
    """Where the form was, if that is one of our own pages."""
    here = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        here, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return here
    return reverse("admin:desk_queue", args=["all"])


def query_without(request: HttpRequest, name: str) -> str:
    kept = [(key, value) for key, values in request.GET.lists() if key != name for value in values]
    return urlencode(kept)
