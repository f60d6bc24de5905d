"""Inventory and demand over the API, for ad managers with a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from ads.approvals import APPROVE, approve_creative
from ads.models import AdImage, AdQuerySet, Advertiser, Campaign, Creative, LineItem, PolicyOverride, Slot
from ads.pictures import ENCODINGS, MOST_BYTES, store_image
from ads.preconditions import etag
from ads.resource_docs import bulk_of, documented_detail, documented_list, history_of
from ads.resources import (
    ETAG,
    IF_MATCH,
    IF_NONE_MATCH,
    LOCATION,
    PRIVATE,
    SITE,
    AdsView,
    ResourceDetail,
    ResourceList,
    asked_choice,
    asked_own,
)
from ads.selectors import in_state
from ads.serializers import (
    EXAMPLES,
    AdImageSerializer,
    AdvertiserSerializer,
    ApprovalSerializer,
    CampaignSerializer,
    CreativeSerializer,
    LineItemSerializer,
    PolicyOverrideSerializer,
    SlotSerializer,
)
from ads.spent import is_spent_out
from newsroom.access.authentication import HasScope
from newsroom.access.models import Scope
from newsroom.parsing import PayloadTooLarge

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
    is_open_to_advertisers = True
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
    is_open_to_advertisers = True


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
    is_open_to_advertisers = True
    query_parameters = frozenset({"site", "search", "advertiser"})
    orderings = CAMPAIGN_ORDERINGS
    joined = ("advertiser",)

    def filtered(self, objects: AdQuerySet) -> AdQuerySet:
        if advertiser := asked_own(self.request, "advertiser", self.own(Advertiser)):
            objects = objects.filter(advertiser=advertiser)
        if search := self.request.query_params.get("search"):
            objects = objects.filter(name__icontains=search)
        return objects


@documented_detail("campaign", name="campaigns", serializer=CampaignSerializer)
class CampaignDetail(ResourceDetail):
    model = Campaign
    resource_serializer = CampaignSerializer
    is_open_to_advertisers = True


@documented_list(
    "line item",
    name="line_items",
    serializer=LineItemSerializer,
    orderings=NAME_ORDERINGS,
    filters=[
        SEARCH,
        id_of("campaign"),
        OpenApiParameter("status", str, enum=LineItem.State.values),
        OpenApiParameter("type", str, enum=LineItem.Type.values),
        OpenApiParameter("slot", str, description="Code of a slot that it may fill."),
    ],
)
class LineItemList(ResourceList):
    model = LineItem
    resource_serializer = LineItemSerializer
    is_open_to_advertisers = True
    query_parameters = frozenset({"site", "search", "campaign", "status", "type", "slot"})
    orderings = NAME_ORDERINGS
    joined = ("campaign",)
    fetched = ("slots",)

    def filtered(self, objects: AdQuerySet) -> AdQuerySet:
        objects = objects.annotate(is_spent=is_spent_out())
        if campaign := asked_own(self.request, "campaign", self.own(Campaign)):
            objects = objects.filter(campaign=campaign)
        if status := asked_choice(self.request, "status", LineItem.State.values):
            objects = objects.filter(in_state(status, at=timezone.now()))
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
    is_open_to_advertisers = True


@documented_list(
    "creative",
    name="creatives",
    serializer=CreativeSerializer,
    orderings=CREATIVE_ORDERINGS,
    filters=[SEARCH, id_of("line_item"), ACTIVE, OpenApiParameter("approved", bool)],
)
class CreativeList(ResourceList):
    model = Creative
    resource_serializer = CreativeSerializer
    is_open_to_advertisers = True
    query_parameters = frozenset({"site", "search", "line_item", "active", "approved"})
    orderings = CREATIVE_ORDERINGS
    joined = ("line_item", "image")

    def filtered(self, objects: AdQuerySet) -> AdQuerySet:
        if approved := asked_choice(self.request, "approved", ("true", "false")):
            runs = Q(sha256=F("approved_sha256")) & ~Q(sha256="")
            objects = objects.filter(runs if approved == "true" else ~runs)
        if item := asked_own(self.request, "line_item", self.own(LineItem)):
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
    is_open_to_advertisers = True


class MayApprove(HasScope):
    """Who approves others' work, and who changes creatives; whether they may here, the service says."""

    write_scope = Scope.ADS_WRITE

    def has_permission(self, request: Request, view: Any) -> bool:
        self.permission = APPROVE if request.user.has_perm(APPROVE) else "ads.change_creative"
        return super().has_permission(request, view)


class CreativeApproval(AdsView):
    """``POST`` lets exactly one content run."""

    model = Creative
    permission_classes = (MayApprove,)  # type: ignore[assignment]
    problem_statuses = {"POST": {"409": "It shows something else by now"}}

    @extend_schema(
        operation_id="ads_creatives_approve",
        description="Let the content with this digest run. Any later change of it needs approval again.",
        parameters=[SITE, ETAG],
        request=ApprovalSerializer,
        responses=CreativeSerializer,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        found = Creative.objects.of_site(self.site).filter(pk=pk).first()
        if found is None:
            raise Http404
        asked = ApprovalSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        approved = approve_creative(found, **asked.validated_data, actor=request.user)
        return Response(CreativeSerializer(approved).data, headers=PRIVATE | {"ETag": etag(approved)})


class RasterParser(BaseParser):
    """Base: the bytes of a picture, as they are."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        content: bytes = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise PayloadTooLarge(f"A picture may have at most {MOST_BYTES} bytes.")
        return content


class JPEGParser(RasterParser):
    media_type = "image/jpeg"


class PNGParser(RasterParser):
    media_type = "image/png"


class WebPParser(RasterParser):
    media_type = "image/webp"


@extend_schema_view(
    get=extend_schema(
        operation_id="ads_images_list",
        description="The pictures of a site, a page at a time.",
        parameters=[SITE, OpenApiParameter("ordering", str, enum=["created_at", "-created_at"])],
        responses=AdImageSerializer(many=True),
    ),
    post=extend_schema(
        operation_id="ads_images_upload",
        description=(
            "Upload a JPEG, PNG or WebP picture as the body. It is decoded and encoded again, so that nothing"
            " but its pixels is kept; the same pixels again give the same picture with status 200."
        ),
        parameters=[SITE, ETAG, LOCATION],
        request={f"image/{kind.lower()}": {"type": "string", "format": "binary"} for kind in ENCODINGS},
        responses={200: AdImageSerializer, 201: AdImageSerializer},
    ),
)
class ImageList(ResourceList):
    model = AdImage
    resource_serializer = AdImageSerializer
    orderings = ("created_at",)
    parser_classes = (JPEGParser, PNGParser, WebPParser)
    problem_statuses = {
        "POST": {"413": f"The picture is larger than {MOST_BYTES} bytes", "415": "Not sent as image/…"}
    }

    def filtered(self, objects: AdQuerySet) -> AdQuerySet:
        return objects

    def post(self, request: Request) -> Response:
        content: Any = request.data
        image, is_new = store_image(content or b"", site=self.site, actor=request.user)
        headers = PRIVATE | {"Location": f"{request.path}{image.pk}/", "ETag": etag(image)}
        return Response(AdImageSerializer(image).data, status=201 if is_new else 200, headers=headers)


@extend_schema_view(
    get=extend_schema(
        operation_id="ads_images_read",
        description="One picture.",
        parameters=[SITE, IF_NONE_MATCH, ETAG],
        responses={200: AdImageSerializer, 304: None},
    ),
    delete=extend_schema(
        operation_id="ads_images_delete",
        description="Delete a picture that no creative uses.",
        parameters=[SITE, IF_MATCH],
        request=None,
        responses={204: None},
    ),
)
class ImageDetail(ResourceDetail):
    model = AdImage
    resource_serializer = AdImageSerializer
    http_method_names = ["get", "head", "options", "delete"]


OVERRIDE_ORDERINGS = ("starts_at", "expires_at")


@documented_list(
    "policy override",
    name="policy_overrides",
    serializer=PolicyOverrideSerializer,
    orderings=OVERRIDE_ORDERINGS,
    filters=[OpenApiParameter("in_force", bool, description="Whether it holds at this moment.")],
)
class PolicyOverrideList(ResourceList):
    model = PolicyOverride
    resource_serializer = PolicyOverrideSerializer
    query_parameters = frozenset({"site", "in_force"})
    orderings = OVERRIDE_ORDERINGS
    joined = ("section", "tag", "article")

    def filtered(self, objects: AdQuerySet) -> AdQuerySet:
        if in_force := asked_choice(self.request, "in_force", ("true", "false")):
            now = timezone.now()
            holds = Q(starts_at__lte=now, expires_at__gt=now)
            objects = objects.filter(holds if in_force == "true" else ~holds)
        return objects

    def new(self, fields: Mapping[str, Any]) -> PolicyOverride:
        return PolicyOverride(site=self.site, **fields)


@documented_detail("policy override", name="policy_overrides", serializer=PolicyOverrideSerializer)
class PolicyOverrideDetail(ResourceDetail):
    model = PolicyOverride
    resource_serializer = PolicyOverrideSerializer


# Several at once, and what was changed.
SlotBulk = bulk_of("slot", name="slots", makes=SlotList, example=EXAMPLES["slot"])
AdvertiserBulk = bulk_of(
    "advertiser", name="advertisers", makes=AdvertiserList, example=EXAMPLES["advertiser"]
)
CampaignBulk = bulk_of("campaign", name="campaigns", makes=CampaignList, example=EXAMPLES["campaign"])
LineItemBulk = bulk_of("line item", name="line_items", makes=LineItemList, example=EXAMPLES["line_item"])
CreativeBulk = bulk_of("creative", name="creatives", makes=CreativeList, example=EXAMPLES["creative"])
PolicyOverrideBulk = bulk_of(
    "policy override",
    name="policy_overrides",
    makes=PolicyOverrideList,
    example=EXAMPLES["policy_override"],
)
SlotHistory = history_of("slot", name="slots", kind=Slot)
AdvertiserHistory = history_of("advertiser", name="advertisers", kind=Advertiser)
CampaignHistory = history_of("campaign", name="campaigns", kind=Campaign)
LineItemHistory = history_of("line item", name="line_items", kind=LineItem)
CreativeHistory = history_of("creative", name="creatives", kind=Creative)
PolicyOverrideHistory = history_of("policy override", name="policy_overrides", kind=PolicyOverride)
