"""What all ad resources share over the API: whose they are, versions, pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from ads.models import AdObject
from ads.preconditions import etag, wanted_versions
from ads.selectors import READ_OWN, advertisers_of, sites_of
from ads.services import apart, audited_as, change_object, delete_object, save_object
from articles.models import Site
from articles.selectors import site_for
from newsroom.access.authentication import HasScope
from newsroom.access.models import Scope
from newsroom.access.services import answer_once
from newsroom.api import CursorPages, StrictSerializer, StrictView, is_match
from newsroom.audit.models import AuditEntry
from newsroom.errors import FieldError

MOST_AT_ONCE = 100
ACTIONS = {"GET": "view", "HEAD": "view", "OPTIONS": "view", "POST": "add", "DELETE": "delete"}

SITE = OpenApiParameter(
    "site", str, description="Code of a site that you work on. Default: by Host, else your only one."
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description='The ETag that you have read, such as `"3"`.',
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag that you hold; still current: 304."
)
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body within 24 h give the first answer again.",
)
ETAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=True, description="The version, for If-Match."
)
LOCATION = OpenApiParameter("Location", str, OpenApiParameter.HEADER, response=[201], description="Its path.")
PRIVATE = {"Cache-Control": "private, no-cache"}


class WorksOnAds(HasScope):
    """An ads scope on the token *and* the Django permission for this kind of change on its user.

    Advertisers may read what is open to them, of their own.
    """

    read_scope = Scope.ADS_READ
    write_scope = Scope.ADS_WRITE

    def has_permission(self, request: Request, view: Any) -> bool:
        action = ACTIONS.get(request.method or "", "change")
        self.permission = f"ads.{action}_{view.model._meta.model_name}"
        if super().has_permission(request, view):
            return True
        self.permission = READ_OWN
        is_open = request.method in SAFE_METHODS and view.is_open_to_advertisers
        return is_open and super().has_permission(request, view)


class AdsView(StrictView):
    """Base: one resource of one site. What belongs to another site does not exist here."""

    model: ClassVar[type[AdObject]]
    resource_serializer: ClassVar[type[StrictSerializer]]
    permission_classes = (WorksOnAds,)
    query_parameters = frozenset({"site"})
    is_open_to_advertisers: ClassVar[bool] = False

    @cached_property
    def advertisers(self) -> frozenset[UUID] | None:
        """Whose objects this user reads; None: everybody's."""
        if self.request.user.has_perm(f"ads.view_{self.model._meta.model_name}"):
            return None
        return advertisers_of(self.request.user)

    def own(self, kind: type[AdObject]) -> Any:
        """The objects of a kind that exist for this user: those of the site, of an advertiser its own."""
        found = kind.objects.of_site(self.site)
        return found if self.advertisers is None else found.of_advertisers(self.advertisers)

    @cached_property
    def site(self) -> Site:
        """The site of this request.

        Raises:
            Http404: ``?site=`` names one that the user does not work on.
            FieldError: nothing says which of the user's sites is meant.
        """
        mine = sites_of(self.request.user)
        if "site" in self.request.query_params:
            return _one_of(mine, site_for(self.request._request))
        try:
            return _one_of(mine, site_for(self.request._request))
        except Http404:
            found = list(mine[:2])
        if not found:
            raise Http404
        if len(found) > 1:
            raise FieldError("site", "You work on several sites: say which one.", code="required")
        return found[0]


def _one_of(sites: QuerySet[Site], site: Site) -> Site:
    if not sites.filter(pk=site.pk).exists():
        raise Http404
    return site


class AdsPages(CursorPages):
    """Pages in an order from the view's allow-list; ties are broken by id."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        asked = request.query_params.get("ordering", view.orderings[0])
        if asked.removeprefix("-") not in view.orderings:
            words = f"Use one of {', '.join(view.orderings)}, with - in front for descending."
            raise FieldError("ordering", words, code="invalid_choice")
        return (asked, "-id" if asked.startswith("-") else "id")


class ResourceList(AdsView, GenericAPIView[Any]):
    """``GET`` a page of them, ``POST`` a new one."""

    orderings: ClassVar[tuple[str, ...]]
    joined: ClassVar[tuple[str, ...]] = ()
    fetched: ClassVar[tuple[str, ...]] = ()
    pagination_class = AdsPages
    problem_statuses = {"POST": {"422": "The Idempotency-Key was used with another body"}}

    def get_serializer_class(self) -> type[StrictSerializer]:
        return self.resource_serializer

    def get_queryset(self) -> QuerySet[Any]:
        return self.model.objects.none()  # For the schema; requests use the filtered objects of their site.

    def known_query_parameters(self) -> frozenset[str]:
        paging = {"cursor", "limit", "ordering"} if self.request.method in SAFE_METHODS else set()
        return self.query_parameters | paging if paging else frozenset({"site"})

    def get(self, request: Request) -> Response:
        found = self.own(self.model).select_related(*self.joined).prefetch_related(*self.fetched)
        page = self.paginate_queryset(self.filtered(found))
        response = self.get_paginated_response(self.get_serializer(page, many=True).data)
        response["Cache-Control"] = PRIVATE["Cache-Control"]
        return response

    def post(self, request: Request) -> Response:
        serializer = self.resource_serializer(data=request.data, context={"site": self.site})
        serializer.is_valid(raise_exception=True)
        own, related = apart(self.model, serializer.validated_data)

        def answer() -> dict[str, Any]:
            made = save_object(self.new(own), actor=request.user, related=related)
            return {"object": self.resource_serializer(made).data, "etag": etag(made)}

        with transaction.atomic():
            answered, _ = answer_once(
                scope=f"{request.path}:{self.site.pk}:{request.user.pk}",
                key=request.headers.get("Idempotency-Key"),
                body=request.data,
                answer=answer,
            )
        # Kept as jsonb, which forgets the order of keys.
        made = {str(name): answered["object"][str(name)] for name in self.resource_serializer().fields}
        location = f"{request.path}{made['id']}/{site_query(request)}"
        return Response(made, status=201, headers=PRIVATE | {"Location": location, "ETag": answered["etag"]})

    def filtered(self, objects: Any) -> Any:
        """Those that the query parameters ask for."""
        raise NotImplementedError

    def new(self, fields: Mapping[str, Any]) -> AdObject:
        """One that is not stored yet."""
        return self.model(**fields)


class ResourceBulk(AdsView):
    """``POST`` several new ones: all of them, or none."""

    makes: ClassVar[type[ResourceList]]
    bulk_serializer: ClassVar[type[StrictSerializer]]
    problem_statuses = {"POST": {"422": "The Idempotency-Key was used with another body"}}

    def post(self, request: Request) -> Response:
        asked = self.bulk_serializer(data=request.data, context={"site": self.site})
        asked.is_valid(raise_exception=True)
        one, maker = self.makes.resource_serializer, self.makes(request=request)

        def answer() -> dict[str, Any]:
            made = [
                self._made(maker, number, fields)
                for number, fields in enumerate(asked.validated_data["objects"])
            ]
            return {"results": [one(found).data for found in made]}

        with transaction.atomic():
            answered, _ = answer_once(
                scope=f"{request.path}:{self.site.pk}:{request.user.pk}",
                key=request.headers.get("Idempotency-Key"),
                body=request.data,
                answer=answer,
            )
        names = list(one().fields)  # Kept as jsonb, which forgets the order of keys.
        made = [{name: found[name] for name in names} for found in answered["results"]]
        return Response({"results": made}, status=201, headers=PRIVATE)

    def _made(self, maker: ResourceList, number: int, fields: Mapping[str, Any]) -> AdObject:
        own, related = apart(self.model, fields)
        try:
            return save_object(maker.new(own), actor=self.request.user, related=related)
        except FieldError as error:  # Says which of them it is.
            raise FieldError(
                f"objects.{number}.{error.field}", error.detail, code=error.field_code
            ) from error


class ChangeSerializer(StrictSerializer):
    """One change of an object, as the audit has it."""

    id = serializers.UUIDField(read_only=True)
    at = serializers.DateTimeField(read_only=True)
    action = serializers.CharField(read_only=True, help_text="Such as `line_item.update`.")
    actor = serializers.SerializerMethodField(help_text="The user name; empty: the system.")
    version = serializers.SerializerMethodField(help_text="The version that it made.")
    before = serializers.SerializerMethodField(help_text="The values that were changed.")
    after = serializers.SerializerMethodField(help_text="What they became.")

    def get_actor(self, entry: AuditEntry) -> str:
        return entry.actor.get_username() if entry.actor else ""

    def get_version(self, entry: AuditEntry) -> int:
        return int(entry.data.get("version", 0))

    def get_before(self, entry: AuditEntry) -> dict[str, Any]:
        return dict(entry.data.get("before", {}))

    def get_after(self, entry: AuditEntry) -> dict[str, Any]:
        return dict(entry.data.get("after", {}))


class NewestChanges(CursorPages):
    ordering = "-id"


class ResourceHistory(AdsView, GenericAPIView[Any]):
    """``GET`` what was changed on one, by whom, newest first."""

    pagination_class = NewestChanges
    serializer_class = ChangeSerializer
    query_parameters = frozenset({"site", "cursor", "limit"})

    def get_queryset(self) -> QuerySet[Any]:
        return AuditEntry.objects.none()  # For the schema; requests use the entries of their object.

    def get(self, request: Request, pk: UUID) -> Response:
        if not self.own(self.model).filter(pk=pk).exists():
            raise Http404
        entries = AuditEntry.objects.filter(object_type=audited_as(self.model), object_id=str(pk))
        page = self.paginate_queryset(entries.select_related("actor"))
        response = self.get_paginated_response(ChangeSerializer(page, many=True).data)
        response["Cache-Control"] = PRIVATE["Cache-Control"]
        return response


class ResourceDetail(AdsView):
    """``GET``, ``PUT``, ``PATCH`` and ``DELETE`` one."""

    problem_statuses = {
        "PUT": {"412": "It has changed since", "428": "If-Match is missing"},
        "PATCH": {"412": "It has changed since", "428": "If-Match is missing"},
        "DELETE": {"409": "Something uses it", "412": "It has changed since", "428": "If-Match is missing"},
    }

    def get(self, request: Request, pk: UUID) -> Response:
        found = self.own(self.model).filter(pk=pk).first()
        if found is None:
            raise Http404
        if is_match(request.headers.get("If-None-Match", ""), etag(found)):
            return Response(status=304, headers=PRIVATE | {"ETag": etag(found)})
        return self._answer(found)

    def put(self, request: Request, pk: UUID) -> Response:
        body = request.data
        if isinstance(body, Mapping) and body.get("id", str(pk)) == str(pk):
            told = {name for name, field in self.resource_serializer().fields.items() if field.read_only}
            body = {name: value for name, value in body.items() if name not in told}
        return self._change(pk, body, is_partial=False)

    def patch(self, request: Request, pk: UUID) -> Response:
        return self._change(pk, request.data, is_partial=True)

    def delete(self, request: Request, pk: UUID) -> Response:
        wanted = self._wanted(pk)
        delete_object(self.model, site=self.site, pk=pk, wanted=wanted, actor=request.user)
        return Response(status=204)

    def _change(self, pk: UUID, body: Any, *, is_partial: bool) -> Response:
        wanted = self._wanted(pk)
        found = self.model.objects.of_site(self.site).filter(pk=pk).first()
        context = {"site": self.site, "found": found}
        serializer = self.resource_serializer(data=body, partial=is_partial, context=context)
        serializer.is_valid(raise_exception=True)
        fields = serializer.validated_data
        changed = change_object(
            self.model, site=self.site, pk=pk, wanted=wanted, fields=fields, actor=self.request.user
        )
        return self._answer(changed)

    def _wanted(self, pk: UUID) -> Collection[str]:
        """What ``If-Match`` names. It is not asked for where there is nothing (RFC 9110, section 13.2.1)."""
        if not self.model.objects.of_site(self.site).filter(pk=pk).exists():
            raise Http404
        return wanted_versions(self.request.headers.get("If-Match"))

    def _answer(self, found: AdObject) -> Response:
        return Response(self.resource_serializer(found).data, headers=PRIVATE | {"ETag": etag(found)})


def asked_choice(request: Request, name: str, values: Collection[str]) -> str | None:
    """The value of a query parameter that takes one of ``values``; None if it is not given."""
    asked = request.query_params.get(name)
    if asked is not None and asked not in values:
        raise FieldError(name, f"Use one of {', '.join(values)}.", code="invalid_choice")
    return asked


def asked_own(request: Request, name: str, objects: Any) -> Any:
    """One of ``objects`` by the id in a query parameter; None if it is not given.

    Raises:
        FieldError: not an id, or none of these.
    """
    asked = request.query_params.get(name)
    if asked is None:
        return None
    try:
        found = objects.filter(pk=UUID(asked)).first()
    except ValueError as error:
        raise FieldError(name, "Send an id.") from error
    if found is None:
        raise FieldError(name, "This site has nothing with this id.", code="does_not_exist")
    return found


def site_query(request: Request) -> str:
    code = request.query_params.get("site")
    return f"?site={code}" if code is not None else ""
