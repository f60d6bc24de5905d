"""What the answers about delivery hold, for the OpenAPI document, with an example of each."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from ads.serializers import EXAMPLE_ID
from newsroom.api import StrictSerializer

DECISION = "01937f2e-7000-7111-8222-333344445560"
VIEW = "01937f2e-7000-7111-8222-333344445561"
TOKEN = "i.01937f2e70007111822233334444.5560"  # noqa: S105  (an example)


# --- the ads of a page -------------------------------------------------------------------------------------
class ShownImage(StrictSerializer):
    url = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    alt = serializers.CharField()


class ShownCreative(StrictSerializer):
    """All that a page needs to show it."""

    kind = serializers.CharField(help_text="`native` or `image`.")
    headline = serializers.CharField()
    text = serializers.CharField()
    call_to_action = serializers.CharField()
    image = ShownImage(allow_null=True)
    size = serializers.CharField()
    paid_by = serializers.CharField(help_text="Empty: the sponsor.")
    notice = serializers.CharField(help_text="Of a political ad; show it with the ad.")
    sponsor = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # A field, taken off the class by its metaclass.
    why = serializers.CharField(help_text="For *Why this ad?*, before the decision's id.")


class DecisionAnswer(StrictSerializer):
    slot = serializers.CharField()
    between = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        help_text="Of a slot in a thread: the comments above and below; it has one result per place.",
    )
    decision_id = serializers.UUIDField(required=False)
    creative = ShownCreative(required=False)
    size = serializers.CharField(required=False, help_text="Of the box, so that the page does not jump.")
    disclosure = serializers.CharField(required=False, help_text="Show it with the ad, always.")
    impression_url = serializers.CharField(required=False)
    viewable_url = serializers.CharField(required=False)
    click_url = serializers.CharField(required=False)
    no_fill_reason = serializers.CharField(required=False, help_text="Only where nothing stands.")


class DecisionAnswers(StrictSerializer):
    results = DecisionAnswer(many=True, help_text="In the order asked.")


DECIDE_EXAMPLE: dict[str, Any] = {
    "article": "harbour-wall",
    "slots": ["article-top", "article-bottom"],
    "view": VIEW,
    "device": "phone",
}
DECIDED_EXAMPLE: dict[str, Any] = {
    "results": [
        {
            "slot": "article-top",
            "decision_id": DECISION,
            "creative": {
                "kind": "native",
                "headline": "Drive home today",
                "text": "Every used car checked at 120 points.",
                "call_to_action": "See the cars",
                "image": None,
                "size": "fluid",
                "paid_by": "",
                "notice": "",
                "sponsor": "Harbour Motors",
                "label": "Ads",
                "why": "It was chosen by what this page is about, never by who you are.",
            },
            "size": "fluid",
            "disclosure": "Advertisement · Harbour Motors",
            "impression_url": f"/a/i/{TOKEN}",
            "viewable_url": f"/a/v/{TOKEN}",
            "click_url": f"/a/c/{TOKEN}",
        },
        {"slot": "article-bottom", "no_fill_reason": "no_eligible_line_item"},
    ]
}


# --- why ---------------------------------------------------------------------------------------------------
class ExplainedItem(StrictSerializer):
    """One line item with one of its creatives, as it was when the choice was made."""

    line_item = serializers.UUIDField()
    creative = serializers.UUIDField()
    name = serializers.CharField(help_text="As it is now; empty where it was deleted.")
    sponsor = serializers.CharField()
    tier = serializers.CharField(help_text="sponsorship, standard, bulk or house.")
    weight = serializers.IntegerField()
    rule = serializers.CharField(help_text="The first that kept it out, such as `lower_tier`; empty: none.")
    odds = serializers.FloatField(help_text="0 to 1; 0 where a rule kept it out.")


class ExplainAnswer(StrictSerializer):
    decision = serializers.UUIDField()
    at = serializers.DateTimeField()
    slot = serializers.CharField()
    neighbours = serializers.ListField(child=serializers.UUIDField(), help_text="Comments above and below.")
    article = serializers.CharField(help_text="Its slug.")
    winner = serializers.UUIDField(allow_null=True, help_text="The line item.")
    no_fill_reason = serializers.CharField(allow_null=True)
    replayed = serializers.BooleanField(help_text="The same draw, done again now, gave the same.")
    seed = serializers.CharField(help_text="Of the draw; a text, since JSON numbers lose digits.")
    snapshot = serializers.CharField(help_text="SHA-256 of all that could be chosen from.")
    sensitivity = serializers.DictField(child=serializers.CharField(), help_text="Risk by topic, then.")
    thread = serializers.CharField(help_text="calm, heated or unsafe.")
    override = serializers.CharField(allow_null=True, help_text="The editors' switch: house or none.")
    audience = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text="What targeting was asked."
    )
    line_items = ExplainedItem(many=True)


EXPLAIN_EXAMPLE: dict[str, Any] = {
    "decision": DECISION,
    "at": "2026-11-23T09:14:03.211000Z",
    "slot": "article-top",
    "neighbours": [],
    "article": "harbour-wall",
    "winner": EXAMPLE_ID,
    "no_fill_reason": None,
    "replayed": True,
    "seed": "3104718265509182771",
    "snapshot": 8 * "9f86d081",
    "sensitivity": {"disaster": "low"},
    "thread": "calm",
    "override": None,
    "audience": {"section": ["sport"], "device": ["phone"], "hour": ["mon-09"], "thread": ["calm"]},
    "line_items": [
        {
            "line_item": EXAMPLE_ID,
            "creative": "01937f2e-7000-7111-8222-333344445558",
            "name": "Above every article",
            "sponsor": "Harbour Motors",
            "tier": "sponsorship",
            "weight": 100,
            "rule": "",
            "odds": 1.0,
        },
        {
            "line_item": "01937f2e-7000-7111-8222-333344445557",
            "creative": "01937f2e-7000-7111-8222-333344445559",
            "name": "Fresh every morning",
            "sponsor": "Bramble Bakery",
            "tier": "standard",
            "weight": 100,
            "rule": "lower_tier",
            "odds": 0.0,
        },
    ],
}


# --- how many ----------------------------------------------------------------------------------------------
class ReportTotals(StrictSerializer):
    requests = serializers.IntegerField()
    filled = serializers.IntegerField()
    fill_rate = serializers.FloatField(allow_null=True)
    impressions = serializers.IntegerField()
    measured = serializers.IntegerField()
    viewable = serializers.IntegerField()
    viewable_rate = serializers.FloatField(allow_null=True)
    clicks = serializers.IntegerField()
    ctr = serializers.FloatField(allow_null=True)
    ecpm_micros = serializers.IntegerField(allow_null=True)
    revenue_micros = serializers.IntegerField(help_text="Before credits.")
    invalid = serializers.DictField(
        child=serializers.IntegerField(), help_text="By reason: what did not count."
    )


class ReportRow(ReportTotals):
    """It names what it stands for in the one field that ``group_by`` asked for."""

    hour = serializers.CharField(required=False, help_text="2026-11-23 09:00:00, in the site's zone.")
    day = serializers.CharField(required=False, help_text="Such as 2026-11-23.")
    slot = serializers.CharField(required=False, help_text="Its code.")
    line_item = serializers.CharField(required=False, help_text="Its id; empty: unfilled.")
    creative = serializers.CharField(required=False, help_text="Its id; empty: unfilled.")
    advertiser = serializers.CharField(required=False, help_text="Its name; empty: unfilled.")
    section = serializers.CharField(required=False, help_text="Its slug.")
    article = serializers.CharField(required=False, help_text="Its slug.")


REPORT = inline_serializer(  # "from" is no name that a class could have.
    "ReportAnswer",
    {
        "from": serializers.DateField(),
        "to": serializers.DateField(),
        "timezone": serializers.CharField(help_text="Whose days and hours these are."),
        "rows": ReportRow(many=True),
        "totals": ReportTotals(),
        "complete_until": serializers.DateTimeField(help_text="Everything until then is in it."),
    },
)
_NUMBERS: dict[str, Any] = {
    "requests": 1_204,
    "filled": 1_180,
    "fill_rate": 0.980066,
    "impressions": 1_102,
    "measured": 1_102,
    "viewable": 771,
    "viewable_rate": 0.699637,
    "clicks": 9,
    "ctr": 0.008167,
    "ecpm_micros": 8_500_000,
    "revenue_micros": 9_367_000,
    "invalid": {"bot": 41, "replay": 6},
}
REPORT_EXAMPLE: dict[str, Any] = {
    "from": "2026-11-23",
    "to": "2026-11-23",
    "timezone": "Europe/London",
    "rows": [{"day": "2026-11-23", **_NUMBERS}],
    "totals": _NUMBERS,
    "complete_until": "2026-11-23T09:14:03.211000Z",
}
