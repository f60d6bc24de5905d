"""*Where did this run?* over the API, and crediting what ran where it should not."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from ads.delivery.credits import credit_decisions
from ads.delivery.documents import DECISION
from ads.delivery.models import AdDecision, Kind
from ads.delivery.references import reference_of
from ads.delivery.views import asked_days
from ads.delivery.whereabouts import MOST_RUNS, Run, article_meant, ran, runs_of, span_of
from ads.fields import LineField
from ads.models import Advertiser, Campaign
from ads.resources import PRIVATE, SITE, AdsView, asked_own
from ads.serializers import EXAMPLE_ID
from newsroom.api import CursorPages, StrictSerializer
from newsroom.errors import FieldError

MOST_REASON = 300


class RunNeighbour(StrictSerializer):
    comment = serializers.UUIDField()
    status = serializers.CharField(help_text="As it is now.")
    reason = serializers.CharField(help_text="Empty where nothing was decided against it.")


class RunAnswer(StrictSerializer):
    """One impression, what stood around it then, and how that is judged now."""

    decision = serializers.UUIDField()
    reference = serializers.CharField(help_text="What readers see under *Why this ad?*.")
    at = serializers.DateTimeField()
    advertiser = serializers.UUIDField(allow_null=True)
    sponsor = serializers.CharField()
    line_item = serializers.UUIDField()
    creative = serializers.UUIDField()
    headline = serializers.CharField()
    slot = serializers.CharField()
    article = serializers.CharField(help_text="Its slug.")
    sensitivity_then = serializers.DictField(child=serializers.CharField())
    sensitivity_now = serializers.DictField(child=serializers.CharField())
    thread_then = serializers.CharField()
    thread_now = serializers.CharField()
    neighbours = RunNeighbour(many=True)
    verdict = serializers.CharField(
        allow_null=True,
        help_text="Why it would not stand there now, such as `sensitive_war`; null: it would.",
    )
    earned_micros = serializers.IntegerField()
    credited = serializers.BooleanField()


class CreditDecisionsRequest(StrictSerializer):
    decisions = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_RUNS, help_text="As `runs` names them."
    )
    reason = LineField(max_length=MOST_REASON, help_text="It stands on the statement.")


class CreditedAnswer(StrictSerializer):
    credited = serializers.IntegerField(help_text="Impressions that were not credited before.")


EXAMPLE = {
    "decision": DECISION,
    "reference": reference_of(UUID(DECISION)),
    "at": "2026-11-23T09:14:03.211000Z",
    "advertiser": "01937f2e-7000-7111-8222-333344445555",
    "sponsor": "Harbour Motors",
    "line_item": EXAMPLE_ID,
    "creative": "01937f2e-7000-7111-8222-333344445558",
    "headline": "Drive home today",
    "slot": "article-top",
    "article": "ninth-day",
    "sensitivity_then": {"war": "low"},
    "sensitivity_now": {"war": "high"},
    "thread_then": "calm",
    "thread_now": "calm",
    "neighbours": [],
    "verdict": "sensitive_war",
    "earned_micros": 8_500,
    "credited": False,
}


class NewestRuns(CursorPages):
    ordering = "-id"


class Runs(AdsView, GenericAPIView[Any]):
    """``GET``: impressions by advertiser, article and time, newest first."""

    model = Campaign
    pagination_class = NewestRuns
    serializer_class = RunAnswer
    query_parameters = frozenset({"site", "advertiser", "article", "from", "to", "cursor", "limit"})

    def get_queryset(self) -> QuerySet[AdDecision]:
        return AdDecision.objects.none()  # For the schema; requests use those of their site.

    @extend_schema(
        operation_id="ads_runs",
        description="Where did this run? For somebody who has a screenshot and no id.",
        parameters=[
            SITE,
            OpenApiParameter("from", date, required=True),
            OpenApiParameter("to", date, required=True),
            OpenApiParameter("advertiser", UUID),
            OpenApiParameter("article", str, description="Its slug, its address, or words of its headline."),
        ],
        responses=RunAnswer(many=True),
        examples=[OpenApiExample("A dealer", value=EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        first, last = asked_days(request)
        start, end = span_of(self.site, first=first, last=last)
        asked = asked_own(request, "advertiser", self.own(Advertiser))
        words = request.query_params.get("article", "")
        article = article_meant(self.site, words)
        if words and article is None:
            raise FieldError("article", "This site has no article like this.", code="does_not_exist")
        found = ran(
            self.site,
            advertiser=asked.pk if asked else None,
            article=article.pk if article else None,
            start=start,
            end=end,
        )
        page = self.paginate_queryset(found) or []
        response = self.get_paginated_response([_answer(run) for run in runs_of(page)])
        response["Cache-Control"] = PRIVATE["Cache-Control"]
        return response


class CreditDecisions(AdsView):
    """``POST``: give back what these impressions earned, each once."""

    model = Campaign

    @extend_schema(
        operation_id="ads_credits",
        description="Credit impressions, as a note on the campaign's next statement; twice credits once.",
        parameters=[SITE],
        request=CreditDecisionsRequest,
        responses=CreditedAnswer,
        examples=[
            OpenApiExample(
                "One", value={"decisions": [DECISION], "reason": "Beside the war"}, request_only=True
            ),
            OpenApiExample("Credited", value={"credited": 1}, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        asked = CreditDecisionsRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        ids = set(asked.validated_data["decisions"])
        seen = AdDecision.objects.filter(site=self.site, pk__in=ids, events__kind=Kind.IMPRESSION)
        own = seen.exclude(line_item=None)
        found = set(own.exclude(line_item__type="house").values_list("pk", flat=True))
        if found != ids:
            raise FieldError(
                "decisions", "One of these is no impression that this site sold.", code="does_not_exist"
            )
        made = credit_decisions(found, reason=asked.validated_data["reason"], actor=request.user)
        return Response({"credited": made}, headers=PRIVATE)


def _answer(run: Run) -> dict[str, Any]:
    decision = run.decision
    advertiser = decision.line_item.campaign.advertiser if decision.line_item else None
    return {
        "decision": str(decision.pk),
        "reference": reference_of(decision.pk),
        "at": decision.at,
        "advertiser": str(advertiser.pk) if advertiser else None,
        "sponsor": advertiser.name if advertiser else "",
        "line_item": str(decision.line_item_id),
        "creative": str(decision.creative_id),
        "headline": decision.creative.headline if decision.creative else "",
        "slot": decision.slot.code,
        "article": decision.article.slug,
        "sensitivity_then": dict(run.sensitivity_then),
        "sensitivity_now": dict(run.sensitivity_now),
        "thread_then": run.thread_then,
        "thread_now": run.thread_now,
        "neighbours": [
            {"comment": str(comment.pk), "status": comment.status, "reason": comment.reason_code}
            for comment in run.neighbours
        ],
        "verdict": run.verdict or None,
        "earned_micros": run.earned_micros,
        "credited": run.is_credited,
    }
