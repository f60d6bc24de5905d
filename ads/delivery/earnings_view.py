"""``GET /ads/earnings/``: what each article and its thread earns."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ads.delivery.earnings import Earning, earnings, hour_micros, in_all
from ads.delivery.views import asked_days, safe_cell
from ads.models import LineItem
from ads.resources import PRIVATE, SITE, AdsView, asked_choice
from newsroom.api import StrictSerializer


class EarningTotals(StrictSerializer):
    revenue_micros = serializers.IntegerField(help_text="Of all ads on the page, before credits.")
    thread_revenue_micros = serializers.IntegerField(help_text="Of those between comments alone.")
    decisions = serializers.IntegerField(help_text="By people; machines cost nothing here.")
    minutes = serializers.FloatField(
        help_text="Since the same person's step before, at most 5; after a longer pause, 1."
    )
    cost_micros = serializers.IntegerField(allow_null=True, help_text="null: there is no hourly rate.")
    net_micros = serializers.IntegerField(allow_null=True, help_text="Revenue less cost; may be below 0.")


class EarningAnswer(EarningTotals):
    article = serializers.CharField(help_text="Its slug.")
    headline = serializers.CharField()


EARNINGS = inline_serializer(  # "from" is no name that a class could have.
    "EarningsAnswer",
    {
        "from": serializers.DateField(),
        "to": serializers.DateField(),
        "timezone": serializers.CharField(),
        "currency": serializers.CharField(),
        "hour_micros": serializers.IntegerField(
            allow_null=True, help_text="What an hour of moderation costs: `NEWSROOM_MODERATION_RATE`."
        ),
        "rows": EarningAnswer(many=True, help_text="What earned or was moderated, the best first."),
        "totals": EarningTotals(),
    },
)
_NUMBERS = {
    "revenue_micros": 41_650_000,
    "thread_revenue_micros": 9_350_000,
    "decisions": 26,
    "minutes": 31.5,
    "cost_micros": 15_750_000,
    "net_micros": 25_900_000,
}
EXAMPLE = {
    "from": "2026-11-01",
    "to": "2026-11-30",
    "timezone": "Europe/London",
    "currency": "GBP",
    "hour_micros": 30_000_000,
    "rows": [{"article": "harbour-wall", "headline": "Harbour wall to be raised by a metre", **_NUMBERS}],
    "totals": _NUMBERS,
}


class Earnings(AdsView):
    """For the house only: what moderation costs is not the advertisers' to know."""

    model = LineItem
    query_parameters = frozenset({"site", "from", "to", "format"})

    @extend_schema(
        operation_id="ads_earnings",
        description="Ad revenue of each article less the cost of moderating its thread. At most 366 days.",
        parameters=[
            SITE,
            OpenApiParameter("from", date, required=True),
            OpenApiParameter("to", date, required=True),
            OpenApiParameter("format", str, enum=["json", "csv"]),
        ],
        responses={(200, "application/json"): EARNINGS, (200, "text/csv"): OpenApiTypes.STR},
        examples=[
            OpenApiExample("A month", value=EXAMPLE, response_only=True, media_type="application/json")
        ],
    )
    def get(self, request: Request) -> Response | HttpResponse:
        first, last = asked_days(request)
        rows = earnings(self.site, first=first, last=last)
        totals = in_all(rows, self.site)
        if asked_choice(request, "format", ("json", "csv")) == "csv":
            return _csv([*rows, totals], f"earnings-{first}-{last}.csv")
        answer: dict[str, Any] = {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "timezone": self.site.time_zone,
            "currency": self.site.currency,
            "hour_micros": hour_micros(self.site),
            "rows": [row.as_json() for row in rows],
            "totals": {k: v for k, v in totals.as_json().items() if k not in {"article", "headline"}},
        }
        return Response(answer, headers=PRIVATE)


def _csv(rows: Sequence[Earning], name: str) -> HttpResponse:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(Earning().as_json()))
    writer.writeheader()
    for row in rows:
        writer.writerow({column: safe_cell(value) for column, value in row.as_json().items()})
    headers = PRIVATE | {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
