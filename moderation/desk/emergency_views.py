"""The desk's three big switches: everything is read first, comments are closed, ads are off."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST

from articles.models import Site
from moderation.desk.moderators import Visit
from moderation.desk.pages import for_editors, may_switch
from moderation.emergencies import begin_emergency, end_emergency
from moderation.models import Emergency
from newsroom.errors import DomainError

MORNING, MORNING_AT = "morning", time(8)
LENGTHS = {
    "1": "for 1 hour",
    "2": "for 2 hours",
    "4": "for 4 hours",
    "12": "for 12 hours",
    MORNING: "until 8 in the morning",
    "24": "for a day",
    "72": "for three days",
    "168": "for a week",
}
BUTTONS = [
    (Emergency.Kind.PREMODERATE, "Read everything first", "Every new comment waits for a person."),
    (Emergency.Kind.CLOSE_COMMENTS, "Close all comments", "Readers are told when they open again."),
    (Emergency.Kind.ADS_OFF, "Ads off", "No ad is shown on any page, not even a house ad."),
]


class EmergencyForm(forms.Form):
    """What, on which site, why, and for how long."""

    site = forms.ModelChoiceField(Site.objects.order_by("-is_default", "name"))
    kind = forms.ChoiceField(choices=Emergency.Kind.choices)
    reason = forms.CharField(max_length=300)
    lasts = forms.ChoiceField(choices=list(LENGTHS.items()))


def emergency_panel(request: HttpRequest, here: Visit) -> dict[str, Any] | None:
    """What the desk's first screen needs to draw the switches; None for those who may not."""
    if not may_switch(request, here):
        return None
    return {
        "sites": list(Site.objects.order_by("-is_default", "name")),
        "lengths": LENGTHS.items(),
        "buttons": BUTTONS,
    }


def ends_at(lasts: str, *, now: datetime) -> datetime:
    """The end of what begins now, in the desk's own time zone: a morning is a morning there."""
    if lasts != MORNING:
        return now + timedelta(hours=int(lasts))
    local = timezone.localtime(now)
    day = local.date() if local.time() < MORNING_AT else local.date() + timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, MORNING_AT))


@require_POST
@for_editors
def begin(request: HttpRequest, here: Visit) -> HttpResponse:
    if not may_switch(request, here):
        raise PermissionDenied
    form = EmergencyForm(request.POST)
    if not form.is_valid():
        why = (
            "Write why, in a few words."
            if "reason" in form.errors
            else "Choose what, where and for how long."
        )
        messages.error(request, f"Nothing was switched. {why}")
        return HttpResponseRedirect(reverse("admin:desk_home") + "#emergency")
    data, now = form.cleaned_data, timezone.now()
    try:
        emergency = begin_emergency(
            site=data["site"],
            kind=data["kind"],
            reason=data["reason"],
            until=ends_at(data["lasts"], now=now),
            actor=request.user,
            now=now,
        )
    except DomainError as error:
        messages.error(request, f"Nothing was switched. {error.detail}.")
    else:
        until = date_format(timezone.localtime(emergency.until), "l, H:i")
        messages.success(request, f"{emergency.get_kind_display()} on {data['site']}, until {until}.")
    return HttpResponseRedirect(reverse("admin:desk_home"))


@require_POST
@for_editors
def end(request: HttpRequest, here: Visit, emergency_id: UUID) -> HttpResponse:
    if not may_switch(request, here):
        raise PermissionDenied
    try:
        ended = end_emergency(emergency_id=emergency_id, actor=request.user, now=timezone.now())
    except Emergency.DoesNotExist:
        raise Http404 from None
    if ended is None:
        messages.info(request, "It was over already.")
    else:
        messages.success(request, f"No longer so on {ended.site}: {ended.get_kind_display().lower()}.")
    return HttpResponseRedirect(reverse("admin:desk_home"))
