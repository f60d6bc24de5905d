"""Decisions for a page, what happened to them, why they were made, and the numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ads.delivery.documents import (
    DECIDE_EXAMPLE,
    DECIDED_EXAMPLE,
    EXPLAIN_EXAMPLE,
    REPORT,
    REPORT_EXAMPLE,
    DecisionAnswers,
    ExplainAnswer,
)
from ads.delivery.events import Visit, count_event, decision_named
from ads.delivery.explaining import decision_of, explain
from ads.delivery.models import AdDecision, Kind
from ads.delivery.reports import GROUPS, LONGEST, Numbers, report, total
from ads.delivery.serving import NO_ROOTS, Served, serve
from ads.delivery.showing import LETTERS, as_json
from ads.delivery.snapshots import choices_of
from ads.delivery.standing import LONGEST as LONGEST_PATH
from ads.delivery.standing import MOST as MOST_SHOWN
from ads.delivery.standing import standing_on
from ads.fields import ChoiceOfText, LineField, WholeNumber
from ads.fresh import Fresh
from ads.models import Advertiser, LineItem
from ads.readers import reader_of
from ads.resources import PRIVATE, SITE, AdsView, asked_choice, asked_own
from ads.selectors import Reader
from ads.targeting import DEVICES
from ads.thread_places import Roots, roots_of
from articles.models import Article, Site
from articles.selectors import readable_article, site_for
from comments.selectors import SORTS, root_page, roots_before
from newsroom.api import StrictSerializer, StrictView
from newsroom.crypto import keyed_digest
from newsroom.errors import FieldError
from newsroom.limits import Limit, is_over, network_in

MOST_SLOTS = 20
MOST_ROOTS, USUAL_ROOTS = 100, 50  # As the list of comments has them.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
ANSWER_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class AskedSlots(serializers.ListField):
    child = LineField(max_length=60)

    def __init__(self, **options: Any) -> None:
        super().__init__(min_length=1, max_length=MOST_SLOTS, **options)


class ShownThread(StrictSerializer):
    """Which part of a conversation a page shows: as it was asked for at ``/articles/{slug}/comments/``."""

    sort = ChoiceOfText(choices=SORTS, default=SORTS[0])
    cursor = LineField(max_length=400, default="", allow_blank=True)
    limit = WholeNumber(min_value=1, max_value=MOST_ROOTS, default=USUAL_ROOTS)


class DecisionRequest(StrictSerializer):
    article = LineField(max_length=120, help_text="Its slug.")
    slots = AskedSlots(help_text="Codes of slots of this page, all of them in one call.")
    view = serializers.UUIDField(help_text="Of this page view: made by the page, stored nowhere in it.")
    device = ChoiceOfText(choices=DEVICES, required=False)
    consent = LineField(
        max_length=2_000, required=False, allow_blank=True, help_text="Nothing here needs it."
    )
    thread = ShownThread(
        required=False,
        help_text="The part of the conversation that is shown, for slots in it. Default: its first page.",
    )
    shown = serializers.ListField(
        child=LineField(max_length=LONGEST_PATH),
        max_length=MOST_SHOWN,
        required=False,
        help_text="The `viewable_url` of each ad that this view shows already, from earlier calls: so no"
        " competitor, and none too often, comes with a further part of the conversation.",
    )


class Decisions(StrictView):
    """``POST``: the ads of one page view."""

    authentication_classes = ()
    query_parameters = frozenset({"site"})

    @extend_schema(
        operation_id="ads_decide",
        description="All slots of one page in one call; what stands around them is read from our own rows.",
        parameters=[OpenApiParameter("site", str, description="Code of a site; default: by Host.")],
        request=DecisionRequest,
        responses=DecisionAnswers,
        examples=[
            OpenApiExample("Two slots of a page", value=DECIDE_EXAMPLE, request_only=True),
            OpenApiExample("One is filled", value=DECIDED_EXAMPLE, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        asked = DecisionRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        site, wanted = site_for(request._request), asked.validated_data
        reader = reader_of(request._request, device=wanted.get("device", ""))
        document = {"results": [as_json(one) for one in decisions(site, wanted, reader)]}
        return Response(document, headers={"Cache-Control": "no-store"})


def decisions(site: Site, asked: Mapping[str, Any], reader: Reader) -> list[Served]:
    """What a valid ``DecisionRequest`` gets.

    Raises:
        Http404: readers may see no such article.
    """
    now = timezone.now()
    article = _article(site, asked["article"], at=now)
    codes = list(dict.fromkeys(asked["slots"]))
    is_in_thread = bool(choices_of(article.site).in_thread.intersection(codes))
    roots = _roots(article, asked.get("thread") or {}) if is_in_thread else NO_ROOTS
    standing = standing_on(article, view=asked["view"], shown=asked.get("shown") or ())
    return serve(article, codes, at=now, view=asked["view"], reader=reader, roots=roots, standing=standing)


_articles: Fresh[tuple[UUID, str], Article] = Fresh()


def _article(site: Site, slug: str, *, at: datetime) -> Article:
    return _articles.get((site.pk, slug), lambda: readable_article(site=site, slug=slug, at=at))


def _roots(article: Article, shown: Mapping[str, Any]) -> Roots:
    """The top-level comments of the part that the page says it shows, from our own rows."""
    sort, cursor = shown.get("sort", SORTS[0]), shown.get("cursor") or None
    comments = root_page(article.pk, sort=sort, cursor=cursor, limit=shown.get("limit", USUAL_ROOTS))
    return roots_of(comments, before=roots_before(article.pk, sort=sort, cursor=cursor))


# --- what happened -----------------------------------------------------------------------------------------
@csrf_exempt
@require_safe
def event(request: HttpRequest, letter: str, token: str) -> HttpResponse:
    """Count what a page says has happened. A click goes on to the stored target, whether it counts or not."""
    kind = LETTERS[letter]
    decision = decision_named(kind, token)
    if decision is None or decision.target_url is None:
        raise Http404
    if request.method != "HEAD":
        user = getattr(request, "user", None)
        is_staff = bool(user is not None and user.is_authenticated and user.is_staff)
        count_event(decision, kind, visit_of(request.META, is_staff=is_staff), at=timezone.now())
    if kind == Kind.CLICK:
        return HttpResponseRedirect(decision.target_url, headers=ANSWER_HEADERS)
    return HttpResponse(status=204, headers=ANSWER_HEADERS)


def visit_of(meta: Mapping[str, Any], *, is_staff: bool) -> Visit:
    """What the headers of a request tell; counts it against its network's rate."""
    is_too_many = False
    if settings.ADS_EVENT_RATE != "off":
        network = keyed_digest("ad-network", network_in(meta).encode()).hex()[:32]
        is_too_many = is_over(settings.ADS_EVENT_RATE, Limit("ad_event", network))
    purpose = meta.get("HTTP_SEC_PURPOSE", "") + meta.get("HTTP_PURPOSE", "")
    return Visit(
        user_agent=meta.get("HTTP_USER_AGENT", "").strip(),
        is_prefetch="prefetch" in purpose or "preview" in purpose,
        is_staff=is_staff,
        is_too_many=is_too_many,
    )


# --- why, and how many -------------------------------------------------------------------------------------
class Explain(AdsView):
    """``GET``: why this ad, and why not the others."""

    model = LineItem

    @extend_schema(
        operation_id="ads_decision_explain",
        description="Each line item with its first failing rule or its odds; and the draw, done again.",
        parameters=[
            SITE,
            OpenApiParameter(
                "id", str, OpenApiParameter.PATH, description="Its id, or the reference under *Why this ad?*."
            ),
        ],
        responses=ExplainAnswer,
        examples=[OpenApiExample("Why the dealer", value=EXPLAIN_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request, pk: str) -> Response:
        rows = AdDecision.objects.select_related("slot", "article").filter(site=self.site)
        decision = decision_of(rows, pk)
        if decision is None:
            raise Http404
        return Response(explain(decision), headers=PRIVATE)


class Report(AdsView):
    """``GET``: delivery by hour, day, slot, line item, creative, advertiser, section or article.

    An advertiser sees what its own line items won, so nothing unfilled.
    """

    model = LineItem
    is_open_to_advertisers = True
    query_parameters = frozenset({"site", "from", "to", "group_by", "format", "advertiser"})

    @extend_schema(
        operation_id="ads_report",
        description="Days are the site's, both included, at most 366. Rates are null where they divide by 0.",
        parameters=[
            SITE,
            OpenApiParameter("from", date, required=True),
            OpenApiParameter("to", date, required=True),
            OpenApiParameter("group_by", str, enum=list(GROUPS), description="Default: day."),
            OpenApiParameter("format", str, enum=["json", "csv"]),
            OpenApiParameter("advertiser", UUID, description="Only what belongs to this one."),
        ],
        responses={(200, "application/json"): REPORT, (200, "text/csv"): OpenApiTypes.STR},
        examples=[
            OpenApiExample("One day", value=REPORT_EXAMPLE, response_only=True, media_type="application/json")
        ],
    )
    def get(self, request: Request) -> Response | HttpResponse:
        first, last = asked_days(request)
        group = asked_choice(request, "group_by", list(GROUPS)) or "day"
        asked = asked_own(request, "advertiser", self.own(Advertiser))
        whose = self.advertisers if asked is None else {asked.pk}
        rows = report(self.site, first=first, last=last, group_by=group, advertisers=whose)
        if asked_choice(request, "format", ("json", "csv")) == "csv":
            return _csv(rows, group, f"ads-{first}-{last}.csv")
        answer = {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "timezone": self.site.time_zone,
            "rows": [row.as_json(group) for row in rows],
            "totals": {name: value for name, value in total(rows).as_json(group).items() if name != group},
            "complete_until": timezone.now(),
        }
        return Response(answer, headers=PRIVATE)


def asked_days(request: Request) -> tuple[date, date]:
    """The days that ``?from=`` and ``?to=`` name, both included.

    Raises:
        FieldError: one is missing or no day, or there are too many.
    """
    first, last = _day(request, "from"), _day(request, "to")
    if last < first or last - first > LONGEST:
        raise FieldError("to", "Give a range of 1 to 366 days.", code="bad_range")
    return first, last


def _day(request: Request, name: str) -> date:
    asked = request.query_params.get(name)
    try:
        found = parse_date(asked) if asked else None
    except ValueError:
        found = None
    if found is None or not date(2000, 1, 1) <= found <= date(2200, 1, 1):
        raise FieldError(name, "Give a day such as 2026-11-23.", code="invalid" if asked else "required")
    return found


def _csv(rows: Sequence[Numbers], group: str, name: str) -> HttpResponse:
    """A table that no spreadsheet takes for formulas."""
    text = io.StringIO()
    writer = csv.writer(text)
    columns = [column for column in Numbers().as_json(group) if column != "invalid"]
    writer.writerow([*columns, "invalid"])
    for row in [*rows, total(rows)]:
        values = row.as_json(group)
        invalid = sum(values["invalid"].values())
        writer.writerow([*(safe_cell(values[column]) for column in columns), invalid])
    headers = PRIVATE | {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def safe_cell(value: Any) -> Any:
    """A text that a spreadsheet would run gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
