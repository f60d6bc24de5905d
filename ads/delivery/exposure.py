"""Who stood on an article that it would not accept as judged now: listed, and credited in one step."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ads.delivery.credits import Exposure, credit_exposure, exposures
from ads.fields import OwnObject, SlugOf
from ads.models import Advertiser, Campaign
from ads.resources import PRIVATE, SITE, AdsView
from articles.models import Article
from articles.selectors import effective_sensitivity
from newsroom.api import StrictSerializer
from newsroom.errors import FieldError

ADVERTISER = "01937f2e-7000-7111-8222-333344445555"


class ExposureAnswer(StrictSerializer):
    """One advertiser's impressions on the article since it was published."""

    advertiser = serializers.UUIDField()
    name = serializers.CharField()
    reason = serializers.CharField(help_text="Such as `sensitive_war`.")
    impressions = serializers.IntegerField()
    credited = serializers.IntegerField(help_text="How many of them were given back already.")
    earned_micros = serializers.IntegerField()


class ExposuresAnswer(StrictSerializer):
    article = serializers.CharField()
    sensitivity = serializers.DictField(child=serializers.CharField(), help_text="As it is judged now.")
    results = ExposureAnswer(many=True)


class CreditRequest(StrictSerializer):
    article = SlugOf(Article)
    advertiser = OwnObject(Advertiser)


class CreditAnswer(StrictSerializer):
    credited = serializers.IntegerField(help_text="Impressions that were not credited before.")


EXPOSED = {
    "article": "ninth-day",
    "sensitivity": {"war": "high"},
    "results": [
        {
            "advertiser": ADVERTISER,
            "name": "Harbour Motors",
            "reason": "sensitive_war",
            "impressions": 412,
            "credited": 0,
            "earned_micros": 3_502_000,
        }
    ],
}


class Exposures(AdsView):
    """``GET``: who is exposed on an article."""

    model = Campaign
    query_parameters = frozenset({"site", "article"})

    @extend_schema(
        operation_id="ads_exposures",
        description="Advertisers that stood on an article and would not accept it as it is judged now.",
        parameters=[SITE, OpenApiParameter("article", str, required=True, description="Its slug.")],
        responses=ExposuresAnswer,
        examples=[OpenApiExample("One dealer", value=EXPOSED, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        slug = request.query_params.get("article")
        if not slug:
            raise FieldError("article", "Name an article.", code="required")
        article = Article.objects.select_related("section").filter(site=self.site, slug=slug).first()
        if article is None:
            raise Http404
        document = {
            "article": article.slug,
            "sensitivity": effective_sensitivity(article),
            "results": [_answer(one) for one in exposures(article)],
        }
        return Response(document, headers=PRIVATE)


class ExposureCredit(AdsView):
    """``POST``: give an advertiser's impressions on an article back, each once."""

    model = Campaign

    @extend_schema(
        operation_id="ads_exposures_credit",
        description="Credit what an exposed advertiser paid on an article; twice credits once.",
        parameters=[SITE],
        request=CreditRequest,
        responses=CreditAnswer,
        examples=[
            OpenApiExample(
                "Credit", value={"article": "ninth-day", "advertiser": ADVERTISER}, request_only=True
            ),
            OpenApiExample("Credited", value={"credited": 412}, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        asked = CreditRequest(data=request.data, context={"site": self.site})
        asked.is_valid(raise_exception=True)
        made = credit_exposure(**asked.validated_data, actor=request.user)
        return Response({"credited": made}, headers=PRIVATE)


def _answer(one: Exposure) -> dict[str, Any]:
    return {
        "advertiser": str(one.advertiser.pk),
        "name": one.advertiser.name,
        "reason": one.reason,
        "impressions": one.impressions,
        "credited": one.credited,
        "earned_micros": one.earned_micros,
    }
