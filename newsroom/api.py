"""The API's common ground: strict JSON in, problem documents out, cursor pages."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import exceptions, serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from newsroom.errors import DomainError, FieldError
from newsroom.parsing import is_storable_text

logger = logging.getLogger("newsroom.api")

PROBLEM_TYPE = "application/problem+json"


# --- JSON in -----------------------------------------------------------------------------------------
class JSONOnly(BaseContentNegotiation):
    """Whatever ``Accept`` says, answers are JSON: one representation, no 406."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The parser of exactly this type: ``*/*`` names none, though DRF would take it for any."""
        sent = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses keys that it does not know, by name."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - {name for name, field in self.fields.items() if not field.read_only})
            if unknown:
                raise serializers.ValidationError(
                    {
                        str(name)[:80]: serializers.ErrorDetail(
                            "This field is not known here.", code="unknown_field"
                        )
                        for name in unknown
                    }
                )
        return super().to_internal_value(data)


class StringsOnly(serializers.CharField):
    """For text fields: a number that was sent is not quietly turned into one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictModelSerializer(StrictSerializer, serializers.ModelSerializer[Any]):
    """The same for model serializers; read-only fields in a write are unknown fields."""


class StrictView(APIView):
    """A view that refuses unknown query parameters; ``query_parameters`` names the known ones."""

    query_parameters: ClassVar[frozenset[str]] = frozenset()
    content_negotiation_class = JSONOnly

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view = super().as_view(**initkwargs)
        # A POST that is redirected to the path with its slash arrives there as a GET, and is lost.
        view.should_append_slash = False  # type: ignore[attr-defined]
        return view

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        known = self.known_query_parameters()
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            raise exceptions.ValidationError(
                {
                    name[:80]: [
                        exceptions.ErrorDetail(
                            "This query parameter is not known here.", code="unknown_parameter"
                        )
                    ]
                    for name in unknown
                }
            )
        for name in known & set(request.query_params):
            if not is_storable_text(request.query_params[name]):
                raise exceptions.ValidationError(
                    {name: ["The value holds a character that no text may hold."]}
                )

    def known_query_parameters(self) -> frozenset[str]:
        return self.query_parameters


# --- problem documents out ------------------------------------------------------------------------------
def problem(
    *, status: int, code: str, detail: str, title: str = "", errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """An RFC 9457 problem document as a dict."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors is not None or status == HTTPStatus.BAD_REQUEST:
        document["errors"] = errors or [{"field": "", "code": code, "detail": detail}]
    return document


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every expected error as a problem document."""
    if isinstance(error, FieldError):
        fields = [{"field": error.field, "code": error.field_code, "detail": error.detail}]
        return _respond(
            problem(status=400, code="invalid", detail=f"{error.field}: {error.detail}", errors=fields)
        )
    if isinstance(error, DomainError):
        headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else {}
        return _respond(
            problem(status=error.status, code=error.code, detail=error.detail, title=error.title), headers
        )
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, (OperationalError, InterfaceError)):
        logger.error("the database is away: %s", type(error).__name__)
        unavailable = problem(
            status=503,
            code="unavailable",
            detail="The database does not answer. Nothing was stored; try again.",
        )
        return _respond(unavailable, {"Retry-After": "5"})
    if isinstance(error, exceptions.ValidationError):
        fields = list(_field_errors(error.detail))
        detail = "; ".join(f"{entry['field'] or 'body'}: {entry['detail']}" for entry in fields[:3])
        return _respond(
            problem(
                status=400, code="invalid", detail=detail, title="Some fields are not valid", errors=fields
            )
        )
    if isinstance(error, exceptions.APIException):
        return _respond(_api_problem(error), _api_headers(error))
    return None


def _api_problem(error: exceptions.APIException) -> dict[str, Any]:
    code = error.get_codes()
    code = code if isinstance(code, str) else "error"
    detail = str(error.detail) if isinstance(error.detail, str) else str(error.default_detail)
    return problem(status=error.status_code, code=code, detail=detail)


def _api_headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    return headers


def _field_errors(detail: Any, prefix: str = "") -> Iterator[dict[str, str]]:
    if isinstance(detail, Mapping):
        for name, value in detail.items():
            label = "" if name == "non_field_errors" else str(name)
            yield from _field_errors(value, f"{prefix}.{label}".strip("."))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, (Mapping, list))
            yield from _field_errors(value, f"{prefix}[{index}]" if nested else prefix)
    else:
        yield {
            "field": prefix,
            "code": getattr(detail, "code", "invalid") or "invalid",
            "detail": str(detail),
        }


class ProblemResponse(Response):
    """Rendered as ``application/problem+json`` whatever renderer the view negotiated."""

    @property
    def rendered_content(self) -> bytes:  # type: ignore[override]  # DRF's own gives bytes too.
        self["Content-Type"] = PROBLEM_TYPE
        return json.dumps(self.data).encode()


def _respond(document: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    headers = {"Cache-Control": "no-store"} | (headers or {})
    return ProblemResponse(document, status=document["status"], headers=headers, content_type=PROBLEM_TYPE)


class ProblemMiddleware:
    """Errors below ``/api/`` that no view saw (routing, crashes) become problem documents too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            response.status_code >= 400
            and request.path.startswith("/api/")
            and not response.get("Content-Type", "").startswith(PROBLEM_TYPE)
        ):
            return self._translate(response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not request.path.startswith("/api/"):
            return None
        if isinstance(error, (OperationalError, InterfaceError)):
            logger.error("the database is away: %s", type(error).__name__)
            return problem_http_response(
                problem(status=503, code="unavailable", detail="The database does not answer.")
            )
        return None

    def _translate(self, response: HttpResponse) -> HttpResponse:
        status = response.status_code
        codes = {
            400: "bad_request",
            404: "not_found",
            405: "method_not_allowed",
            500: "internal_error",
            503: "unavailable",
        }
        details = {
            404: "There is nothing at this path. Every path ends in a slash.",
            500: "Something failed here. It was logged.",
        }
        translated = problem_http_response(
            problem(
                status=status,
                code=codes.get(status, "error"),
                detail=details.get(status, HTTPStatus(status).phrase),
            )
        )
        for header in ("Allow", "Retry-After", "WWW-Authenticate"):
            if header in response:
                translated[header] = response[header]
        return translated


def problem_http_response(document: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(json.dumps(document), status=document["status"], content_type=PROBLEM_TYPE)
    response["Cache-Control"] = "no-store"
    return response


# --- pages and entity tags --------------------------------------------------------------------------------
def page_limit(raw: str | None, *, default: int = 50, most: int = 100) -> int:
    """The ``limit`` of a list: 1 to ``most``; larger is clamped.

    Raises:
        FieldError: not a whole number of at least 1.
    """
    if raw is None:
        return default
    digits = raw.lstrip("0")
    if not (raw.isascii() and raw.isdigit()) or not digits:
        raise FieldError("limit", "Give a whole number from 1 to 100.")
    return most if len(digits) > 9 else min(int(digits), most)


class CursorPages(CursorPagination):
    """``{next, results}``: ``next`` is an absolute path, or null on the last page."""

    page_size = 50
    max_page_size = 100
    page_size_query_param = "limit"
    ordering: str | list[str] | tuple[str, ...] = "-id"

    def get_page_size(self, request: Request) -> int:
        return page_limit(request.query_params.get("limit"))

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        try:
            return super().paginate_queryset(queryset, request, view)
        # A forged cursor may compare a date with a word, or hold what no column can.
        except (exceptions.NotFound, ValidationError, ValueError, DataError) as error:
            if "cursor" not in request.query_params:
                raise
            raise FieldError("cursor", "This cursor was not made by this list.") from error

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": absolute_path(self.get_next_link()), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {"type": "string", "nullable": True, "example": "/api/v1/articles/?cursor=cD0yMDI2"},
                "results": schema,
            },
        }


def absolute_path(url: str | None) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def strong_etag(*parts: object) -> str:
    """A strong entity tag over what identifies this representation."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()
    return f'"{digest[:32]}"'


def entity(request: Request, data: Any) -> HttpResponseBase:
    """``data`` under the entity tag of its own bytes, or 304: fresh whatever it was made from."""
    etag = strong_etag(json.dumps(data, default=str))
    return conditional(request, etag, lambda: Response(data))


def conditional(request: Request, etag: str, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """``answer()`` with its entity tag, or 304 without calling it when the client has this representation."""
    if is_match(request.META.get("HTTP_IF_NONE_MATCH", ""), etag):
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        response = answer()
    response["ETag"] = etag
    response["Cache-Control"] = "public, no-cache"
    return response


def is_match(header: str, etag: str) -> bool:
    """Whether ``If-None-Match`` names this tag (weak comparison, RFC 9110 section 13.1.2)."""
    candidates = [candidate.strip().removeprefix("W/") for candidate in header.split(",")]
    return "*" in candidates or etag in candidates
