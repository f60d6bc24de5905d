"""Inventory and demand over the API, for ad managers with a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter

from ads.models import AdQuerySet, Advertiser, Campaign, Creative, LineItem, Slot
from ads.resources import (
    ResourceDetail,
    ResourceList,
    asked_choice,
    asked_own,
    documented_detail,
    documented_list,
)
from ads.serializers import (
    AdvertiserSerializer,
    CampaignSerializer,
    CreativeSerializer,
    LineItemSerializer,
    SlotSerializer,
)

SLOT_ORDERINGS = ("code", "name", "created_at")
NAME_ORDERINGS = ("name", "created_at")
CAMPAIGN_ORDERINGS = ("starts_at", "name", "created_at")
CREATIVE_ORDERINGS = ("headline", "created_at")

SEARCH = OpenApiParameter("search", str, description="A part of the name.")
ACTIVE = OpenApiParameter("active", bool)


def id_of(name: str) -> OpenApiParameter:
    return OpenApiParameter(name, UUID, description="An id.")


@documented_list(
    "slot",
    name="slots",
    serializer=SlotSerializer,
    orderings=SLOT_ORDERINGS,
    filters=[
        OpenApiParameter("position", str, enum=Slot.Position.values),
        ACTIVE,
        OpenApiParameter("search", str, description="A part of the code or name."),
    ],
)
class SlotList(ResourceList):
    model = Slot
    resource_serializer = SlotSerializer
    query_parameters = frozenset({"site", "position", "active", "search"})
    orderings = SLOT_ORDERINGS

    def filtered(self, objects: AdQuerySet) -> AdQuerySet:
        if position := asked_choice(self.request, "position", Slot.Position.values):
            objects = objects.filter(position=position)
        if active := asked_choice(self.request, "active", ("true", "false")):
            objects = objects.filter(active=active == "true")
        if search := self.request.query_params.get("search"):
            objects = objects.filter(Q(code__icontains=search) | Q(name__icontains=search))
        return objects

    def new(self, fields: Mapping[str, Any]) -> Slot:
        return Slot(site=self.site, **fields)


@documented_detail("slot", name="slots", serializer=SlotSerializer)
class SlotDetail(ResourceDetail):
    model = Slot
    resource_serializer = SlotSerializer


@documented_list(
    "advertiser",
    name="advertisers",
    serializer=AdvertiserSerializer,
    orderings=NAME_ORDERINGS,
    filters=[SEARCH],
)
class AdvertiserList(ResourceList):
    model = Advertiser
    resource_serializer = AdvertiserSerializer
    query_parameters = frozenset({"site", "search"})
    orderings = NAME_ORDERINGS

    def filtered(self, objects: AdQuerySet) -> AdQuerySet:
        if search := self.request.query_params.get("search"):
            objects = objects.filter(name__icontains=search)
        return objects

    def new(self, fields: Mapping[str, Any]) -> Advertiser:
        return Advertiser(site=self.site, **fields)


@documented_detail("advertiser", name="advertisers", serializer=AdvertiserSerializer)
class AdvertiserDetail(ResourceDetail):
    model = Advertiser
    resource_serializer = AdvertiserSerializer


@documented_list(
    "campaign",
    name="campaigns",
    serializer=CampaignSerializer,
    orderings=CAMPAIGN_ORDERINGS,
    filters=[SEARCH, id_of("advertiser")],
)
class CampaignList(ResourceList):
    model = Campaign
    resource_serializer = CampaignSerializer
    query_parameters = frozenset({"site", "search", "advertiser"})
    orderings = CAMPAIGN_ORDERINGS
    joined = ("advertiser",)

    def filtered(self, objects: AdQuerySet) -> AdQuerySet:
        if advertiser := asked_own(self.request, "advertiser", Advertiser.objects.of_site(self.site)):
            objects = objects.filter(advertiser=advertiser)
        if search := self.request.query_params.get("search"):
            objects = objects.filter(name__icontains=search)
        return objects


@documented_detail("campaign", name="campaigns", serializer=CampaignSerializer)
class CampaignDetail(ResourceDetail):
    model = Campaign
    resource_serializer = CampaignSerializer


@documented_list(
    "line item",
    name="line_items",
    serializer=LineItemSerializer,
    orderings=NAME_ORDERINGS,
    filters=[
        SEARCH,
        id_of("campaign"),
        OpenApiParameter("status", str, enum=LineItem.Status.values),
        OpenApiParameter("type", str, enum=LineItem.Type.values),
        OpenApiParameter("slot", str, description="Code of a slot that it may fill."),
    ],
)
class LineItemList(ResourceList):
    model = LineItem
    resource_serializer = LineItemSerializer
    query_parameters = frozenset({"site", "search", "campaign", "status", "type", "slot"})
    orderings = NAME_ORDERINGS
    joined = ("campaign",)
    fetched = ("slots",)

    def filtered(self, objects: AdQuerySet) -> AdQuerySet:
        if campaign := asked_own(self.request, "campaign", Campaign.objects.of_site(self.site)):
            objects = objects.filter(campaign=campaign)
        if status := asked_choice(self.request, "status", LineItem.Status.values):
            objects = objects.filter(status=status)
        if kind := asked_choice(self.request, "type", LineItem.Type.values):
            objects = objects.filter(type=kind)
        if slot := self.request.query_params.get("slot"):
            objects = objects.filter(slots__in=Slot.objects.of_site(self.site).filter(code=slot))
        if search := self.request.query_params.get("search"):
            objects = objects.filter(name__icontains=search)
        return objects


@documented_detail("line item", name="line_items", serializer=LineItemSerializer)
class LineItemDetail(ResourceDetail):
    model = LineItem
    resource_serializer = LineItemSerializer


@documented_list(
    "creative",
    name="creatives",
    serializer=CreativeSerializer,
    orderings=CREATIVE_ORDERINGS,
    filters=[SEARCH, id_of("line_item"), ACTIVE],
)
class CreativeList(ResourceList):
    model = Creative
    resource_serializer = CreativeSerializer
    query_parameters = frozenset({"site", "search", "line_item", "active"})
    orderings = CREATIVE_ORDERINGS
    joined = ("line_item",)

    def filtered(self, objects: AdQuerySet) -> AdQuerySet:
        if item := asked_own(self.request, "line_item", LineItem.objects.of_site(self.site)):
            objects = objects.filter(line_item=item)
        if active := asked_choice(self.request, "active", ("true", "false")):
            objects = objects.filter(active=active == "true")
        if search := self.request.query_params.get("search"):
            objects = objects.filter(headline__icontains=search)
        return objects


@documented_detail("creative", name="creatives", serializer=CreativeSerializer)
class CreativeDetail(ResourceDetail):
    model = Creative
    resource_serializer = CreativeSerializer
