"""``POST /ads/availability/``: what a booking would meet, before it is one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ads.decision import TIERS
from ads.delivery.forecast import Availability, Place, Wanted, availability
from ads.fields import (
    LARGEST_INTEGER,
    LARGEST_SMALLINT,
    ChoiceOfText,
    Moment,
    OwnObject,
    SlotCodes,
    TargetingRules,
)
from ads.line_items import check_line_item
from ads.models import Advertiser, LineItem
from ads.resources import PRIVATE, SITE, AdsView
from ads.serializers import whole
from newsroom.api import StrictSerializer
from newsroom.errors import FieldError

LONGEST, LATEST = timedelta(days=366 * 3), datetime(2200, 1, 1, tzinfo=UTC)


class AvailabilityRequest(StrictSerializer):
    """What would be booked."""

    advertiser = OwnObject(
        Advertiser, default=None, allow_null=True, help_text="null: a new one, with usual tolerances."
    )
    slots = SlotCodes(help_text="At least one.")
    starts_at = Moment()
    ends_at = Moment(default=None, allow_null=True, help_text="null: the first four weeks are told.")
    type = ChoiceOfText(choices=LineItem.Type.choices, default=LineItem.Type.STANDARD)
    weight = whole(least=1, most=LARGEST_SMALLINT, default=100)
    price_model = ChoiceOfText(choices=LineItem.PriceModel.choices, default=LineItem.PriceModel.CPM)
    price_micros = whole(default=0)
    goal = whole(least=1, most=LARGEST_INTEGER, default=None, allow_null=True)
    targeting = TargetingRules(default=list)


class NeighbourAnswer(StrictSerializer):
    line_item = serializers.UUIDField()
    name = serializers.CharField()
    advertiser = serializers.CharField()
    type = serializers.ChoiceField(choices=list(TIERS))
    comes_first = serializers.BooleanField()
    competitor = serializers.BooleanField(help_text="Never on the same page.")


class PlaceAnswer(StrictSerializer):
    slot = serializers.CharField()
    views_a_day = serializers.FloatField(help_text="How often it was asked for lately.")
    suitable_a_day = serializers.FloatField(help_text="Those that advertiser and targeting allow.")
    share = serializers.FloatField(help_text="Of what no higher type takes, by weight.")
    forecast_impressions = serializers.IntegerField()
    floor_price_micros = serializers.IntegerField()
    below_floor = serializers.BooleanField()
    neighbours = NeighbourAnswer(many=True)


class AvailabilityAnswer(StrictSerializer):
    articles = serializers.IntegerField(help_text="Published in the last 28 days.")
    suitable_articles = serializers.IntegerField()
    forecast_impressions = serializers.IntegerField(help_text="In all slots, in the whole time.")
    slots = PlaceAnswer(many=True)


EXAMPLE_REQUEST = {
    "advertiser": "01937f2e-7000-7111-8222-333344445555",
    "slots": ["article-top"],
    "starts_at": "2026-12-01T00:00:00Z",
    "ends_at": "2027-01-01T00:00:00Z",
    "price_micros": 8_500_000,
    "targeting": [{"dimension": "section", "op": "in", "values": ["sport"]}],
}
EXAMPLE_ANSWER = {
    "articles": 27,
    "suitable_articles": 21,
    "forecast_impressions": 1_240,
    "slots": [
        {
            "slot": "article-top",
            "views_a_day": 80.0,
            "suitable_a_day": 80.0,
            "share": 0.5,
            "forecast_impressions": 1_240,
            "floor_price_micros": 2_500_000,
            "below_floor": False,
            "neighbours": [
                {
                    "line_item": "01937f2e-7000-7111-8222-333344445557",
                    "name": "Fresh every morning",
                    "advertiser": "Quay Bakery",
                    "type": "standard",
                    "comes_first": False,
                    "competitor": False,
                }
            ],
        }
    ],
}


class AvailabilityView(AdsView):
    """``POST``: stores nothing."""

    model = LineItem

    @extend_schema(
        operation_id="ads_availability",
        description="Who stands in these slots at that time, and about how many impressions they bring.",
        parameters=[SITE],
        request=AvailabilityRequest,
        responses=AvailabilityAnswer,
        examples=[
            OpenApiExample("A month above sport", value=EXAMPLE_REQUEST, request_only=True),
            OpenApiExample("What it meets", value=EXAMPLE_ANSWER, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        asked = AvailabilityRequest(data=request.data, context={"site": self.site})
        asked.is_valid(raise_exception=True)
        found = availability(self._wanted(asked.validated_data), at=timezone.now())
        return Response(_answer(found), headers=PRIVATE)

    def _wanted(self, asked: dict[str, Any]) -> Wanted:
        if not asked["slots"]:
            raise FieldError("slots", "Name at least one slot.", code="required")
        starts_at, ends_at = asked["starts_at"], asked["ends_at"]
        if starts_at > LATEST:
            raise FieldError("starts_at", "This day is too far away.")
        if ends_at is not None and not starts_at < ends_at <= starts_at + LONGEST:
            raise FieldError("ends_at", "Give an end after the start, within three years.", code="bad_range")
        names = ("type", "weight", "price_model", "price_micros", "goal", "targeting")
        item = LineItem(**{name: asked[name] for name in names})
        check_line_item(item)
        advertiser = asked["advertiser"] or Advertiser(site=self.site)
        return Wanted(item, advertiser, asked["slots"], starts_at, ends_at)


def _answer(found: Availability) -> dict[str, Any]:
    return {
        "articles": found.articles,
        "suitable_articles": found.suitable,
        "forecast_impressions": found.impressions,
        "slots": [_place(place) for place in found.places],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "slot": place.slot.code,
        "views_a_day": round(place.views_a_day, 2),
        "suitable_a_day": round(place.suitable_a_day, 2),
        "share": round(place.share, 6),
        "forecast_impressions": place.impressions,
        "floor_price_micros": place.slot.floor_price_micros,
        "below_floor": place.is_below_floor,
        "neighbours": [
            {
                "line_item": str(neighbour.item.pk),
                "name": neighbour.item.name,
                "advertiser": neighbour.item.campaign.advertiser.name,
                "type": neighbour.item.type,
                "comes_first": neighbour.is_before,
                "competitor": neighbour.is_competitor,
            }
            for neighbour in place.neighbours
        ],
    }
