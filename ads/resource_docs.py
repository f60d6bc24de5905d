"""How ad resources are documented: a list, one object, several at once, the changes of one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view

from ads.models import AdObject
from ads.resources import (
    ETAG,
    IDEMPOTENCY,
    IF_MATCH,
    IF_NONE_MATCH,
    LOCATION,
    MOST_AT_ONCE,
    SITE,
    ChangeSerializer,
    ResourceBulk,
    ResourceDetail,
    ResourceHistory,
    ResourceList,
)
from newsroom.api import StrictSerializer


def documented_list(
    noun: str,
    *,
    name: str,
    serializer: type[StrictSerializer],
    orderings: Collection[str],
    filters: Sequence[OpenApiParameter],
) -> Callable[[type[ResourceList]], type[ResourceList]]:
    """Documents a list view: ``noun`` in sentences, ``name`` in operation ids."""
    ordering = OpenApiParameter("ordering", str, enum=[*orderings, *(f"-{field}" for field in orderings)])
    return extend_schema_view(
        get=extend_schema(
            operation_id=f"ads_{name}_list",
            description=f"The {noun}s of a site, a page at a time.",
            parameters=[SITE, *filters, ordering],
            responses=serializer(many=True),
        ),
        post=extend_schema(
            operation_id=f"ads_{name}_create",
            description=f"Make a {noun}.",
            parameters=[SITE, IDEMPOTENCY, ETAG, LOCATION],
            request=serializer,
            responses={201: serializer},
        ),
    )


def documented_detail(
    noun: str, *, name: str, serializer: type[StrictSerializer]
) -> Callable[[type[ResourceDetail]], type[ResourceDetail]]:
    """Documents the view of one: ``noun`` in sentences, ``name`` in operation ids."""
    return extend_schema_view(
        get=extend_schema(
            operation_id=f"ads_{name}_read",
            description=f"One {noun}.",
            parameters=[SITE, IF_NONE_MATCH, ETAG],
            responses={200: serializer, 304: None},
        ),
        put=extend_schema(
            operation_id=f"ads_{name}_replace",
            description=f"Replace a {noun}: what is left out gets its default. Read-only ones may be sent.",
            parameters=[SITE, IF_MATCH, ETAG],
            request=serializer,
            responses=serializer,
        ),
        patch=extend_schema(
            operation_id=f"ads_{name}_change",
            description=f"Change some fields of a {noun}.",
            parameters=[SITE, IF_MATCH, ETAG],
            request=serializer(partial=True),
            responses=serializer,
        ),
        delete=extend_schema(
            operation_id=f"ads_{name}_delete",
            description=f"Delete a {noun} that nothing uses.",
            parameters=[SITE, IF_MATCH],
            request=None,
            responses={204: None},
        ),
    )


def bulk_of(
    noun: str, *, name: str, makes: type[ResourceList], example: Mapping[str, Any] | None = None
) -> type[ResourceBulk]:
    """The view that makes several at once, with its documentation."""
    one = makes.resource_serializer
    asked = type(
        f"{one.__name__.removesuffix('Serializer')}sSerializer",
        (StrictSerializer,),
        {"objects": one(many=True, min_length=1, max_length=MOST_AT_ONCE), "__doc__": f"Several {noun}s."},  # type: ignore[call-arg]  # ListSerializer takes them.
    )
    answered = type(
        f"{one.__name__.removesuffix('Serializer')}sMadeSerializer",
        (StrictSerializer,),
        {"results": one(many=True), "__doc__": f"The {noun}s that were made."},
    )
    shown = (
        [OpenApiExample("One of them", value={"objects": [example]}, request_only=True)] if example else []
    )
    view: type[ResourceBulk] = type(
        f"{makes.__name__}Bulk",
        (ResourceBulk,),
        {"model": makes.model, "makes": makes, "bulk_serializer": asked, "__doc__": ResourceBulk.__doc__},
    )
    return extend_schema_view(
        post=extend_schema(
            operation_id=f"ads_{name}_create_many",
            description=f"Make up to {MOST_AT_ONCE} {noun}s: all of them, or none.",
            parameters=[SITE, IDEMPOTENCY],
            request=asked,
            responses={201: answered},
            examples=shown,
        )
    )(view)


def history_of(noun: str, *, name: str, kind: type[AdObject]) -> type[ResourceHistory]:
    """The view of one object's changes, with its documentation."""
    view: type[ResourceHistory] = type(
        f"{kind.__name__}History", (ResourceHistory,), {"model": kind, "__doc__": ResourceHistory.__doc__}
    )
    return extend_schema_view(
        get=extend_schema(
            operation_id=f"ads_{name}_history",
            description=f"What was changed on a {noun}, by whom, newest first; from the audit.",
            parameters=[SITE],
            responses=ChangeSerializer(many=True),
            examples=[OpenApiExample("A change", value=EXAMPLE_CHANGE, response_only=True)],
        )
    )(view)


EXAMPLE_CHANGE = {
    "id": "01937f2e-6b1a-7c3d-9e4f-5a6b7c8d9e0f",
    "at": "2026-10-01T21:14:03+01:00",
    "action": "line_item.update",
    "actor": "ad_manager",
    "version": 2,
    "before": {"status": "ready"},
    "after": {"status": "paused"},
}
