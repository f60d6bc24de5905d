"""What the ad paths take and give."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from ads.creatives import IAB_SIZES
from ads.fields import (
    LARGEST_INTEGER,
    LARGEST_SMALLINT,
    ChoiceOfText,
    CodeField,
    LineField,
    Moment,
    OwnObject,
    SizesField,
    SlotCodes,
    SlugOf,
    StatusField,
    TargetingRules,
    Tolerances,
    TrueOrFalse,
    WholeNumber,
)
from ads.models import AdImage, Advertiser, Campaign, Creative, LineItem, PolicyOverride, Slot
from ads.targets import https_only, validate_public_target
from articles.models import Article, Section, Tag
from newsroom.api import StrictSerializer

EXAMPLE_ID = "01937f2e-6b1a-7c3d-9e4f-5a6b7c8d9e0f"
EXAMPLES: dict[str, dict[str, Any]] = {
    "slot": {
        "code": "article-top",
        "name": "Above the article",
        "position": "article_top",
        "sizes": ["fluid", "728x90"],
        "active": True,
        "floor_price_micros": 2_500_000,
        "after_n": None,
        "every_m": None,
    },
    "advertiser": {
        "name": "Harbour Motors",
        "category": "cars",
        "competitor_group": "car-dealers",
        "tolerances": {"war": "none", "death": "low"},
        "thread_tolerance": "calm",
    },
    "campaign": {
        "advertiser": "01937f2e-7000-7111-8222-333344445555",
        "name": "Autumn sale",
        "starts_at": "2026-10-01T00:00:00+01:00",
        "ends_at": "2026-11-01T00:00:00Z",
        "budget_micros": 1_250_000_000,
        "order_number": "HM-2026-118",
        "billing_contact": "Harbour Motors, accounts",
    },
    "line_item": {
        "campaign": "01937f2e-7000-7111-8222-333344445556",
        "name": "Above every article",
        "type": "standard",
        "status": "ready",
        "weight": 100,
        "price_model": "cpm",
        "price_micros": 8_500_000,
        "goal": 100_000,
        "budget_micros": 850_000_000,
        "daily_cap_micros": None,
        "pacing": "even",
        "targeting": [{"dimension": "section", "op": "in", "values": ["sport", "business"]}],
        "per_page": 1,
        "roadblock": False,
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
    "policy_override": {
        "section": None,
        "tag": "dravinsk",
        "article": None,
        "action": "house",
        "reason": "Bridge collapse: no sales talk beside it.",
        "expires_at": "2026-10-02T06:00:00+01:00",
    },
}


# What only answers have.
TOLD: dict[str, dict[str, Any]] = {
    "creative": {"sha256": 8 * "9f86d081", "approved": False},
    "policy_override": {"starts_at": "2026-10-01T21:14:03+01:00", "in_force": True},
}


def examples(name: str) -> list[OpenApiExample]:
    """What to send, and what comes back."""
    answer = {"id": EXAMPLE_ID, **EXAMPLES[name], **TOLD.get(name, {})}
    return [
        OpenApiExample("Request", value=EXAMPLES[name], request_only=True),
        OpenApiExample("Answer", value=answer, response_only=True),
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
    category = LineField(max_length=60, default="", allow_blank=True, help_text="What it sells.")
    competitor_group = CodeField(
        max_length=60, default="", allow_blank=True, help_text="Two of one group never stand on one page."
    )
    tolerances = Tolerances(
        default=dict, help_text="The highest risk accepted per sensitive topic; not named: `medium`."
    )
    thread_tolerance = ChoiceOfText(
        choices=Advertiser.ThreadTolerance.choices,
        default=Advertiser.ThreadTolerance.CALM,
        help_text="How heated a conversation may be beside its ads.",
    )


@extend_schema_serializer(examples=examples("campaign"))
class CampaignSerializer(StrictSerializer):
    id = serializers.UUIDField(read_only=True)
    advertiser = OwnObject(Advertiser)
    name = LineField(max_length=120)
    starts_at = Moment(help_text="With its offset from UTC.")
    ends_at = Moment(
        default=None, allow_null=True, help_text="Nothing is shown from then on; null: open end."
    )
    budget_micros = whole(default=None, allow_null=True, help_text="Most that all its line items spend.")
    order_number = LineField(max_length=60, default="", allow_blank=True, help_text="The advertiser's.")
    billing_contact = LineField(
        max_length=200, default="", allow_blank=True, help_text="A department, not a private address."
    )


@extend_schema_serializer(examples=examples("line_item"))
class LineItemSerializer(StrictSerializer):
    id = serializers.UUIDField(read_only=True)
    campaign = OwnObject(Campaign)
    name = LineField(max_length=120)
    type = ChoiceOfText(choices=LineItem.Type.choices, default=LineItem.Type.STANDARD)
    status = StatusField(
        choices=LineItem.State.choices,
        default=LineItem.Status.DRAFT,
        help_text="People set draft, review, ready and paused; ready becomes live and done by the dates.",
    )
    weight = whole(
        least=1, most=LARGEST_SMALLINT, default=100, help_text="Its share beside others of the same type."
    )
    price_model = ChoiceOfText(choices=LineItem.PriceModel.choices, default=LineItem.PriceModel.CPM)
    price_micros = whole(default=0, help_text="In what the price model counts; 0 for house ads.")
    goal = whole(
        least=1,
        most=LARGEST_INTEGER,
        default=None,
        allow_null=True,
        help_text="Impressions that were booked, or clicks.",
    )
    budget_micros = whole(default=None, allow_null=True, help_text="Most that it spends.")
    daily_cap_micros = whole(default=None, allow_null=True, help_text="Most that it spends on one day.")
    pacing = ChoiceOfText(choices=LineItem.Pacing.choices, default=LineItem.Pacing.EVEN)
    targeting = TargetingRules(default=list, help_text="All must hold; an empty list: everywhere.")
    per_page = whole(
        least=1,
        most=LARGEST_SMALLINT,
        default=None,
        allow_null=True,
        help_text="Most places that it fills on one page; null: each of its creatives once.",
    )
    roadblock = TrueOrFalse(default=False, help_text="All its slots of a page together, or none of them.")
    slots = SlotCodes(default=list, help_text="Codes of the slots that it may fill.")


@extend_schema_serializer(examples=examples("creative"))
class CreativeSerializer(StrictSerializer):
    id = serializers.UUIDField(read_only=True)
    line_item = OwnObject(LineItem)
    kind = ChoiceOfText(choices=Creative.Kind.choices, default=Creative.Kind.NATIVE)
    headline = LineField(
        max_length=90, help_text="Of a picture: its name for colleagues; readers see the picture."
    )
    text = LineField(max_length=200, default="", allow_blank=True)
    call_to_action = LineField(
        max_length=30, default="", allow_blank=True, help_text="The words of the link; empty: the headline."
    )
    target_url = LineField(
        max_length=500, validators=[https_only, validate_public_target], help_text="https, and a public host."
    )
    image = OwnObject(AdImage, default=None, allow_null=True, help_text="The id of an uploaded picture.")
    image_alt = LineField(
        max_length=200, default="", allow_blank=True, help_text="The picture in words; a picture ad needs it."
    )
    size = LineField(
        max_length=9,
        default="fluid",
        help_text=f"Native: `fluid`. A picture: {', '.join(IAB_SIZES)}, with as many pixels or twice.",
    )
    paid_by = LineField(
        max_length=120,
        default="",
        allow_blank=True,
        help_text="Who pays, where it is not the sponsor. Readers see it.",
    )
    political = TrueOrFalse(default=False, help_text="Refused where the site takes no political ads.")
    active = TrueOrFalse(default=True)
    sha256 = serializers.CharField(read_only=True, help_text="Of the content; an approval names it.")
    approved = serializers.BooleanField(
        source="is_approved", read_only=True, help_text="Whether exactly this content may run."
    )


class ApprovalSerializer(StrictSerializer):
    sha256 = LineField(max_length=64, help_text="Of the content that you have looked at.")
    reason = LineField(
        max_length=300, default="", allow_blank=True, help_text="Needed where you approve your own work."
    )


class AdImageSerializer(StrictSerializer):
    id = serializers.UUIDField(read_only=True)
    sha256 = serializers.CharField(read_only=True, help_text="Of the file as it is served.")
    url = serializers.CharField(read_only=True, help_text="Its path.")
    width = serializers.IntegerField(read_only=True)
    height = serializers.IntegerField(read_only=True)
    weight_bytes = serializers.IntegerField(read_only=True)


@extend_schema_serializer(examples=examples("policy_override"))
class PolicyOverrideSerializer(StrictSerializer):
    id = serializers.UUIDField(read_only=True)
    section = SlugOf(Section, default=None, allow_null=True, help_text="A slug; or a tag, or an article.")
    tag = SlugOf(Tag, default=None, allow_null=True)
    article = SlugOf(Article, default=None, allow_null=True)
    action = ChoiceOfText(choices=PolicyOverride.Action.choices, default=PolicyOverride.Action.HOUSE)
    reason = LineField(max_length=300)
    expires_at = Moment(help_text="At most a year from now.")
    starts_at = serializers.DateTimeField(read_only=True, help_text="When it was made.")
    in_force = serializers.SerializerMethodField(help_text="Whether it holds at this moment.")

    def get_in_force(self, override: PolicyOverride) -> bool:
        return override.starts_at <= timezone.now() < override.expires_at
