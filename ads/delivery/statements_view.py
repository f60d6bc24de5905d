"""Statements over the API: made by ad managers, read by them and by the advertiser whose campaign it is."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from ads.delivery.models import Statement
from ads.delivery.statements import as_csv, make_statement, proof_token
from ads.fields import OwnObject
from ads.models import Campaign
from ads.resources import LOCATION, PRIVATE, SITE, AdsView, asked_choice, asked_own, site_query
from ads.serializers import EXAMPLE_ID
from newsroom.api import CursorPages, StrictSerializer

EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


class Day(serializers.DateField):
    """A day of the site's zone."""

    default_error_messages = {"too_far": "Give a day between 2000 and 2200."}

    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str):
            self.fail("invalid", format="2026-11-23")
        day = super().to_internal_value(value)
        if not EARLIEST <= day <= LATEST:
            self.fail("too_far")
        return day


class StatementRequest(StrictSerializer):
    """Which campaign, and which days, both included; the last one is over."""

    campaign = OwnObject(Campaign)
    first_day = Day()
    last_day = Day()


class StatementLine(StrictSerializer):
    line_item = serializers.CharField(help_text="Its name.")
    price_model = serializers.CharField()
    price_micros = serializers.IntegerField()
    booked_micros = serializers.IntegerField(allow_null=True)
    goal = serializers.IntegerField(allow_null=True)
    impressions = serializers.IntegerField()
    viewable = serializers.IntegerField()
    clicks = serializers.IntegerField()
    net_micros = serializers.IntegerField(help_text="Before credits.")


class StatementAnswer(StrictSerializer):
    """Never changed once it has its number. Amounts are net: tax is the accounts'."""

    id = serializers.UUIDField()
    number = serializers.IntegerField(help_text="Of this site, without gaps.")
    campaign = serializers.UUIDField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    made_at = serializers.DateTimeField()
    site = serializers.CharField()
    currency = serializers.CharField()
    time_zone = serializers.CharField(help_text="Whose days these are.")
    advertiser = serializers.CharField()
    campaign_name = serializers.CharField()
    order_number = serializers.CharField()
    billing_contact = serializers.CharField()
    rows = StatementLine(many=True)
    delivered_micros = serializers.IntegerField()
    credited_micros = serializers.IntegerField(help_text="Credit notes since the statement before.")
    credited_impressions = serializers.IntegerField()
    credits = serializers.ListField(child=serializers.CharField(), help_text="Their reasons.")
    taken_back_micros = serializers.IntegerField(
        help_text="Credits of earlier statements, charged again: the comment was published again."
    )
    taken_back_impressions = serializers.IntegerField()
    net_micros = serializers.IntegerField(help_text="Delivered, less credited, plus taken back.")
    proof_path = serializers.CharField(help_text="Opens it for whoever has this path, read-only.")


EXAMPLE = {
    "id": "01937f2e-7000-7111-8222-333344445571",
    "number": 7,
    "campaign": EXAMPLE_ID,
    "first_day": "2026-11-01",
    "last_day": "2026-11-30",
    "made_at": "2026-12-01T08:05:00Z",
    "site": "The Tribune",
    "currency": "GBP",
    "time_zone": "Europe/London",
    "advertiser": "Harbour Motors",
    "campaign_name": "Autumn week",
    "order_number": "HM-7",
    "billing_contact": "Accounts",
    "rows": [
        {
            "line_item": "Above every article",
            "price_model": "cpm",
            "price_micros": 8_500_000,
            "booked_micros": 17_000_000,
            "goal": 2_000,
            "impressions": 1_102,
            "viewable": 771,
            "clicks": 9,
            "net_micros": 9_367_000,
        }
    ],
    "delivered_micros": 9_367_000,
    "credited_micros": 8_500,
    "credited_impressions": 1,
    "credits": ["Stood beside a comment removed for: threat"],
    "taken_back_micros": 0,
    "taken_back_impressions": 0,
    "net_micros": 9_358_500,
    "proof_path": "/statements/01937f2e70007111.k1.signature/",
}
SHOWN = [OpenApiExample("November", value=EXAMPLE, response_only=True, media_type="application/json")]


class NewestStatements(CursorPages):
    ordering = "-number"


class StatementsView(AdsView):
    """Base: the statements that exist for this user, of the site or of its own advertisers."""

    model = Campaign
    is_open_to_advertisers = True

    def statements(self) -> QuerySet[Statement]:
        found = Statement.objects.filter(site=self.site)
        return found if self.advertisers is None else found.filter(campaign__advertiser__in=self.advertisers)


class StatementList(StatementsView, GenericAPIView[Any]):
    """``GET`` them, newest first; ``POST`` makes the one of a closed period."""

    pagination_class = NewestStatements
    serializer_class = StatementAnswer
    query_parameters = frozenset({"site", "campaign", "cursor", "limit"})

    def get_queryset(self) -> QuerySet[Statement]:
        return Statement.objects.none()  # For the schema; requests use those of their site.

    def known_query_parameters(self) -> frozenset[str]:
        return self.query_parameters if self.request.method != "POST" else frozenset({"site"})

    @extend_schema(
        operation_id="ads_statements_list",
        description="Statements, the newest first.",
        parameters=[SITE, OpenApiParameter("campaign", UUID, description="Only those of this one.")],
        responses=StatementAnswer(many=True),
        examples=SHOWN,
    )
    def get(self, request: Request) -> Response:
        found = self.statements()
        if campaign := asked_own(request, "campaign", self.own(Campaign)):
            found = found.filter(campaign=campaign)
        page = self.paginate_queryset(found) or []
        response = self.get_paginated_response([as_json(one) for one in page])
        response["Cache-Control"] = PRIVATE["Cache-Control"]
        return response

    @extend_schema(
        operation_id="ads_statements_create",
        description="Make the statement of a closed period; asked for again, it is the same one, with 200.",
        parameters=[SITE, LOCATION],
        request=StatementRequest,
        responses={201: StatementAnswer, 200: StatementAnswer},
        examples=[
            OpenApiExample(
                "One month",
                value={"campaign": EXAMPLE_ID, "first_day": "2026-11-01", "last_day": "2026-11-30"},
                request_only=True,
            ),
            *SHOWN,
        ],
    )
    def post(self, request: Request) -> Response:
        asked = StatementRequest(data=request.data, context={"site": self.site})
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        made = make_statement(
            asked.validated_data["campaign"],
            first=asked.validated_data["first_day"],
            last=asked.validated_data["last_day"],
            actor=request.user,
            at=now,
        )
        is_new = made.made_at == now
        headers = PRIVATE | ({"Location": f"{request.path}{made.pk}/{site_query(request)}"} if is_new else {})
        return Response(as_json(made), status=201 if is_new else 200, headers=headers)


class StatementDetail(StatementsView):
    query_parameters = frozenset({"site", "format"})

    @extend_schema(
        operation_id="ads_statements_read",
        description="One statement; as CSV its last line is the net amount.",
        parameters=[SITE, OpenApiParameter("format", str, enum=["json", "csv"])],
        responses={(200, "application/json"): StatementAnswer, (200, "text/csv"): OpenApiTypes.STR},
        examples=SHOWN,
    )
    def get(self, request: Request, pk: UUID) -> Response | HttpResponse:
        found = self.statements().filter(pk=pk).first()
        if found is None:
            raise Http404
        if asked_choice(request, "format", ("json", "csv")) == "csv":
            name = f'attachment; filename="statement-{found.number}.csv"'
            headers = PRIVATE | {"Content-Disposition": name}
            return HttpResponse(as_csv(found), content_type="text/csv; charset=utf-8", headers=headers)
        return Response(as_json(found), headers=PRIVATE)


def as_json(found: Statement) -> dict[str, Any]:
    content = dict(found.content)
    name = content.pop("campaign")
    return {
        "id": str(found.pk),
        "number": found.number,
        "campaign": str(found.campaign_id),
        "first_day": found.first_on.isoformat(),
        "last_day": found.last_on.isoformat(),
        "made_at": found.made_at,
        "campaign_name": name,
        "taken_back_micros": 0,  # Older ones do not know it.
        "taken_back_impressions": 0,
        **content,
        "proof_path": reverse("ad-statement", args=[proof_token(found)]),
    }
