"""What the ad paths take and give."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from ads.fields import (
    LARGEST_SMALLINT,
    ChoiceOfText,
    CodeField,
    LineField,
    Moment,
    OwnObject,
    SizesField,
    SlotCodes,
    TrueOrFalse,
    WholeNumber,
)
from ads.models import Advertiser, Campaign, LineItem, Slot, https_only, validate_public_target
from newsroom.api import StrictSerializer

EXAMPLE_ID = "01937f2e-6b1a-7c3d-9e4f-5a6b7c8d9e0f"
EXAMPLES: dict[str, dict[str, Any]] = {
    "advertiser": {"name": "Harbour Motors"},
    "campaign": {
        "advertiser": "01937f2e-7000-7111-8222-333344445555",
        "name": "Autumn sale",
        "starts_at": "2026-10-01T00:00:00+01:00",
        "ends_at": "2026-11-01T00:00:00Z",
    },
    "line_item": {
        "campaign": "01937f2e-7000-7111-8222-333344445556",
        "name": "Above every article",
        "type": "standard",
        "status": "ready",
        "weight": 100,
        "slots": ["article-top"],
    },
    "creative": {
        "line_item": "01937f2e-7000-7111-8222-333344445557",
        "headline": "Drive home today",
        "text": "Every used car checked at 120 points.",
        "call_to_action": "See the cars",
        "target_url": "https://motors.example.com/autumn",
        "active": True,
    },
}


def examples(name: str) -> list[OpenApiExample]:
    """What to send, and what comes back."""
    return [
        OpenApiExample("Request", value=EXAMPLES[name], request_only=True),
        OpenApiExample("Answer", value={"id": EXAMPLE_ID, **EXAMPLES[name]}, response_only=True),
    ]


def whole(*, least: int = 0, most: int = BigIntegerField.MAX_BIGINT, **options: Any) -> WholeNumber:
    return WholeNumber(min_value=least, max_value=most, **options)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Above the article",
            value={
                "code": "article-top",
                "name": "Above the article",
                "position": "article_top",
                "sizes": ["fluid", "728x90"],
                "active": True,
                "floor_price_micros": 2_500_000,
                "after_n": None,
                "every_m": None,
            },
            request_only=True,
        ),
        OpenApiExample(
            "In the thread, after 3 comments and then every 8",
            value={
                "code": "thread",
                "name": "Between comments",
                "position": "in_thread",
                "sizes": ["300x250"],
                "after_n": 3,
                "every_m": 8,
            },
            request_only=True,
        ),
        OpenApiExample(
            "A slot",
            value={
                "id": EXAMPLE_ID,
                "code": "article-top",
                "name": "Above the article",
                "position": "article_top",
                "sizes": ["fluid", "728x90"],
                "active": True,
                "floor_price_micros": 2_500_000,
                "after_n": None,
                "every_m": None,
            },
            response_only=True,
        ),
    ]
)
class SlotSerializer(StrictSerializer):
    id = serializers.UUIDField(read_only=True)
    code = CodeField(max_length=60, help_text="Unique per site: letters, digits, hyphens, underscores.")
    name = LineField(max_length=120)
    position = ChoiceOfText(choices=Slot.Position.choices)
    sizes = SizesField(default=lambda: ["fluid"])
    active = TrueOrFalse(default=True)
    floor_price_micros = whole(default=0, help_text="The lowest CPM, in millionths of the site's currency.")
    after_n = whole(
        least=1,
        most=LARGEST_SMALLINT,
        default=None,
        allow_null=True,
        help_text="`in_thread` only, and needed there.",
    )
    every_m = whole(
        least=1,
        most=LARGEST_SMALLINT,
        default=None,
        allow_null=True,
        help_text="`in_thread` only, and needed there.",
    )


@extend_schema_serializer(examples=examples("advertiser"))
class AdvertiserSerializer(StrictSerializer):
    id = serializers.UUIDField(read_only=True)
    name = LineField(max_length=120, help_text="The sponsor as readers see it; unique per site.")


@extend_schema_serializer(examples=examples("campaign"))
class CampaignSerializer(StrictSerializer):
    id = serializers.UUIDField(read_only=True)
    advertiser = OwnObject(Advertiser)
    name = LineField(max_length=120)
    starts_at = Moment(help_text="With its offset from UTC.")
    ends_at = Moment(
        default=None, allow_null=True, help_text="Nothing is shown from then on; null: open end."
    )


@extend_schema_serializer(examples=examples("line_item"))
class LineItemSerializer(StrictSerializer):
    id = serializers.UUIDField(read_only=True)
    campaign = OwnObject(Campaign)
    name = LineField(max_length=120)
    type = ChoiceOfText(choices=LineItem.Type.choices, default=LineItem.Type.STANDARD)
    status = ChoiceOfText(
        choices=LineItem.Status.choices, default=LineItem.Status.DRAFT, help_text="Only `ready` is shown."
    )
    weight = whole(
        least=1, most=LARGEST_SMALLINT, default=100, help_text="Its share beside others of the same type."
    )
    slots = SlotCodes(default=list, help_text="Codes of the slots that it may fill.")


@extend_schema_serializer(examples=examples("creative"))
class CreativeSerializer(StrictSerializer):
    id = serializers.UUIDField(read_only=True)
    line_item = OwnObject(LineItem)
    headline = LineField(max_length=90)
    text = LineField(max_length=200, default="", allow_blank=True)
    call_to_action = LineField(
        max_length=30, default="", allow_blank=True, help_text="The words of the link; empty: the headline."
    )
    target_url = LineField(
        max_length=500, validators=[https_only, validate_public_target], help_text="https, and a public host."
    )
    active = TrueOrFalse(default=True)
