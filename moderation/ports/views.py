"""Views of the Perspective-compatible API. Plain Django: every millisecond is the client's."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse

from moderation.ports import discovery, perspective
from moderation.ports.models import PortKey
from moderation.ports.perspective import Refused
from moderation.ports.selectors import live_key
from newsroom.limits import spend

logger = logging.getLogger("moderation")
KEY_IN_ENVIRON = "newsroom.port_key"  # Where newsroom.ports_wsgi puts what it takes out of the query.


def analyze(request: HttpRequest) -> HttpResponse:
    return _answered(request, lambda body, key: perspective.answer(perspective.parse_analysis(body), key))


def suggest_score(request: HttpRequest) -> HttpResponse:
    """Takes a correction, checks it, and keeps nothing of it."""

    def answer(body: dict[str, Any], key: PortKey) -> dict[str, Any]:
        token = perspective.parse_suggestion(body)
        return {} if token is None else {"clientToken": token}

    return _answered(request, answer)


def describe(request: HttpRequest) -> HttpResponse:
    version = request.GET.get("version", "v1alpha1")
    if version != "v1alpha1":
        return _json(404, Refused("Unknown version.", code=404, status="NOT_FOUND").document())
    return _json(200, discovery.document(f"{request.scheme}://{request.META.get('HTTP_HOST', '')}/"))


def _answered(
    request: HttpRequest, answer: Callable[[dict[str, Any], PortKey], dict[str, Any]]
) -> HttpResponse:
    try:
        if request.method != "POST":
            raise Refused("Use POST.", code=HTTPStatus.METHOD_NOT_ALLOWED, status="UNIMPLEMENTED")
        key = _key(request)
        wait_s = spend("port", str(key.pk), per_minute=key.quota_per_minute)
        if wait_s is not None:
            response = _json(429, perspective.over_quota().document())
            response["Retry-After"] = str(wait_s)
            return response
        return _json(200, answer(perspective.parse_body(request.body), key))
    except RequestDataTooBig:
        return _json(400, Refused("Request payload size exceeds the limit.").document())
    except Refused as refused:
        return _json(refused.code, refused.document())
    except (DatabaseError, InterfaceError) as error:
        logger.error("the database is away: %s", type(error).__name__)
        return _json(503, Refused("The service is unavailable.", code=503, status="UNAVAILABLE").document())


def _key(request: HttpRequest) -> PortKey:
    secret = (
        request.META.get(KEY_IN_ENVIRON)
        or request.GET.get("key", "")
        or request.META.get("HTTP_X_GOOG_API_KEY", "")
    )
    if not secret:
        raise perspective.missing_key()
    key = live_key(secret)
    if key is None:
        raise perspective.bad_key()
    return key


def _json(status: int, document: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(
        json.dumps(document), status=status, content_type="application/json; charset=UTF-8"
    )
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
