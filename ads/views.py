"""Slots over the API, for ad managers with a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter

from ads.models import AdQuerySet, Slot
from ads.resources import ResourceDetail, ResourceList, asked_choice, documented_detail, documented_list
from ads.serializers import SlotSerializer

SLOT_ORDERINGS = ("code", "name", "created_at")


@documented_list(
    "slot",
    name="slots",
    serializer=SlotSerializer,
    orderings=SLOT_ORDERINGS,
    filters=[
        OpenApiParameter("position", str, enum=Slot.Position.values),
        OpenApiParameter("active", bool),
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
