"""The desk's page about when somebody is there, and what changes while nobody is."""

from __future__ import annotations

import json
from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from articles.hours import checked_hours, is_staffed
from articles.models import Site
from moderation.desk.changes import changes_of
from moderation.desk.hours import DAYS, HoursChanged, came_outside, save_desk_hours
from moderation.desk.moderators import Visit
from moderation.desk.pages import desk_page, for_editors
from newsroom.errors import FieldError

TIMES = ["%H:%M", "%H:%M:%S"]


class HoursForm(forms.Form):
    """From and until of each day, what changes outside, and why."""

    do = forms.ChoiceField(choices=[("look", "look"), ("save", "save")])
    outside = forms.ChoiceField(choices=Site.OutsideHours.choices, required=False)
    reason = forms.CharField(max_length=300, required=False)
    seen = forms.JSONField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day in range(len(DAYS)):
            for end in ("from", "until"):
                self.fields[f"{end}_{day}"] = forms.TimeField(
                    required=False, input_formats=["%H:%M", "%H:%M:%S"]
                )

    def hours(self) -> dict[str, list[str]]:
        """Raises ``ValueError`` where a day has only one end."""
        data = self.cleaned_data
        typed = {str(day): (data[f"from_{day}"], data[f"until_{day}"]) for day in range(len(DAYS))}
        return checked_hours(typed)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def desk_hours(request: HttpRequest, here: Visit, site_id: UUID | None = None) -> HttpResponse:
    """A title's hours; what they would have meant in the last 30 days; stored with a reason."""
    if not request.user.has_perm("moderation.view_policy"):
        raise PermissionDenied
    sites = list(Site.objects.order_by("-is_default", "name"))
    site = next((one for one in sites if site_id is None or one.pk == site_id), None)
    if site is None:
        raise Http404
    may_change = not here.sections and request.user.has_perm("moderation.change_policy")
    seen = json.dumps([site.desk_hours, site.outside_desk_hours], sort_keys=True)
    context: dict[str, Any] = {"site": site, "sites": sites, "may_change": may_change, "seen": seen}
    hours, outside, status, now = site.desk_hours, site.outside_desk_hours, 200, timezone.now()
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        context |= {"reason": request.POST.get("reason", ""), "seen": request.POST.get("seen", "")}
        try:
            form, hours, outside = _typed(request)
            if form.cleaned_data["do"] == "save":
                return _saved(request, site, hours, outside, form.cleaned_data)
            context["effect"] = came_outside(site, hours, now=now)
        except (FieldError, HoursChanged) as error:
            context["problem"] = f"Nothing was saved. {error.detail}".rstrip(".") + "."
            context["seen"], status = seen, error.status
    context |= {
        "days": [_day(number, name, hours) for number, name in enumerate(DAYS)],
        "outside": outside,
        "choices": Site.OutsideHours.choices,
        "is_staffed": is_staffed(site.desk_hours, at=now, zone=ZoneInfo(site.time_zone)),
        "entries": [one for one in changes_of("site", site.pk) if one.action == "site.desk_hours"],
    }
    response = desk_page(request, here, "desk/hours.html", title="Desk hours", context=context)
    response.status_code = status
    return response


def _typed(request: HttpRequest) -> tuple[HoursForm, dict[str, list[str]], str]:
    form = HoursForm(request.POST)
    if not form.is_valid():
        raise FieldError("hours", "Write times such as 07:00, and choose one of the three")
    try:
        hours = form.hours()
    except ValueError as error:
        raise FieldError("hours", str(error)) from error
    outside = form.cleaned_data["outside"]
    if outside and not hours:
        raise FieldError("hours", "Give the hours of at least one day, or let nothing change outside them")
    return form, hours, outside


def _saved(
    request: HttpRequest, site: Site, hours: dict[str, list[str]], outside: str, data: dict[str, Any]
) -> HttpResponse:
    if not data["reason"]:
        raise FieldError("reason", "Write why, in a few words; it is kept with the change")
    seen = data["seen"]
    if not (isinstance(seen, list) and len(seen) == 2 and isinstance(seen[0], dict)):
        raise FieldError("seen", "Open the page anew")
    is_changed = save_desk_hours(
        site=site,
        hours=hours,
        outside=outside,
        seen=(seen[0], str(seen[1])),
        actor=request.user,
        reason=data["reason"],
    )
    said = (
        f"Saved for {site}; it holds at once."
        if is_changed
        else "Nothing was different, so nothing was saved."
    )
    messages.success(request, said)
    return HttpResponseRedirect(reverse("admin:desk_hours_of", args=[site.pk]))


def _day(number: int, name: str, hours: dict[str, list[str]]) -> dict[str, Any]:
    start, end = hours.get(str(number), ["", ""])
    is_overnight = bool(start) and time.fromisoformat(end) <= time.fromisoformat(start)
    return {"number": number, "name": name, "start": start, "end": end, "is_overnight": is_overnight}
