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
    SizesField,
    TrueOrFalse,
    WholeNumber,
)
from ads.models import Slot
from newsroom.api import StrictSerializer


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
                "id": "01937f2e-6b1a-7c3d-9e4f-5a6b7c8d9e0f",
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
