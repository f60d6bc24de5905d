"""The transparency report: a page, and the same numbers as CSV."""

from __future__ import annotations

import csv
from datetime import date, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from articles.models import Site
from moderation.desk.moderators import Visit
from moderation.desk.pages import desk_page, for_editors
from moderation.lifecycle.eu_templates import as_zip
from moderation.lifecycle.transparency import csv_rows, report_of
from newsroom.access.step_up import proof_first

MONTHS = 13


@require_safe
@for_editors
def transparency(request: HttpRequest, here: Visit) -> HttpResponse:
    """``?month=2026-10``, ``&judged_until=`` a moment, ``&format=csv`` or ``eu``. Of all sections."""
    now = timezone.now()
    months = _months(timezone.localdate())
    month = _month(request.GET.get("month", ""), default=months[1])
    report = report_of(
        month,
        zone=timezone.get_current_timezone(),
        judged_until=_moment(request.GET.get("judged_until", ""), default=now),
    )
    if request.GET.get("format") in {"csv", "eu"} and (asked := proof_first(request)):
        return asked
    if request.GET.get("format") == "eu":
        file = as_zip(report, zone=timezone.get_current_timezone(), service=_service(request))
        response = HttpResponse(file, content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="transparency-{month:%Y-%m}-eu.zip"'
        return response
    if request.GET.get("format") == "csv":
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="transparency-{month:%Y-%m}.csv"'
        csv.writer(response).writerows(csv_rows(report))
        return response
    context = {"report": report, "months": months}
    return desk_page(request, here, "desk/transparency.html", title="Transparency report", context=context)


def _service(request: HttpRequest) -> str:
    """The default title's name; all titles of an installation are one report."""
    name = Site.objects.filter(is_default=True).values_list("name", flat=True).first()
    return name or request.get_host()


def _months(today: date) -> list[date]:
    """The first days of this month and of those before it."""
    found = [today.replace(day=1)]
    while len(found) < MONTHS:
        year, month = divmod(found[-1].year * 12 + found[-1].month - 2, 12)
        found.append(date(year, month + 1, 1))
    return found


def _month(text: str, *, default: date) -> date:
    if not text:
        return default
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  (a calendar month has no zone)
    except ValueError:
        raise Http404 from None


def _moment(text: str, *, default: datetime) -> datetime:
    try:
        found = parse_datetime(text) if text else default
    except ValueError:
        raise Http404 from None
    if found is None or timezone.is_naive(found):
        raise Http404
    return found
