"""Views of the Perspective-compatible API. Plain Django: every millisecond is the client's."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

from moderation.ports import discovery, perspective
from moderation.ports.perspective import Analysis, Answer, Refused
from moderation.ports.selectors import KnownKey, known_keys
from moderation.ports.usage import usage
from newsroom.limits import spend

logger = logging.getLogger("moderation")
KEY_IN_ENVIRON = "newsroom.port_key"  # Where newsroom.ports_wsgi puts what it takes out of the query.
AWAY = (DatabaseError, InterfaceError)


def analyze(request: HttpRequest) -> HttpResponse:
    return _answered(request, _analysis)


def _analysis(request: HttpRequest, key: KnownKey) -> Answer:
    """Scores, or 1.0 where the key says so: also while the database is away, and if scoring itself fails."""
    analysis = _read(request, key)
    if analysis is None:
        return perspective.held_unread()
    try:
        if not key.is_confirmed:
            raise perspective.unavailable()
        return perspective.answer(analysis, holds=key.holds)
    except (Refused, *AWAY):
        if not key.holds:
            raise
    except Exception as error:  # noqa: BLE001  (whatever it was, a text must not get through by it)
        # Where it failed, not its message: that might quote the text.
        frames = traceback.extract_tb(error.__traceback__)[-3:]
        where = ", ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
        logger.error("scoring failed with %s at %s", type(error).__name__, where)
        if not key.holds:
            raise perspective.failed() from None
    return perspective.held(analysis)


def _read(request: HttpRequest, key: KnownKey) -> Analysis | None:
    """What is asked for; None if it is too large to be read, and the key holds what cannot be scored."""
    try:
        return perspective.parse_analysis(perspective.parse_body(request.body))
    except RequestDataTooBig:
        if not key.holds:
            raise
        return None


def suggest_score(request: HttpRequest) -> HttpResponse:
    """Takes a correction, checks it, and keeps nothing of it."""

    def answer(request: HttpRequest, key: KnownKey) -> Answer:
        token = perspective.parse_suggestion(perspective.parse_body(request.body))
        return Answer({} if token is None else {"clientToken": token})

    return _answered(request, answer)


def describe(request: HttpRequest) -> HttpResponse:
    if request.GET.get("version", "v1alpha1") != "v1alpha1":
        return not_found(request)
    host = request.META.get("HTTP_HOST", "")
    if not split_domain_port(host)[0]:
        return _json(400, Refused("Invalid host.").document())
    return _json(200, discovery.document(f"{request.scheme}://{host}/"))


def scores(request: HttpRequest) -> HttpResponse:
    """Our own batch. Imported at its first call: its framework is large, and may never be needed."""
    from moderation.ports.scores_views import Scores

    answer: HttpResponse = Scores.as_view()(request)
    return answer


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    refused = Refused("Not found.", code=HTTPStatus.NOT_FOUND, status="NOT_FOUND")
    return _json(refused.code, refused.document())


def server_error(request: HttpRequest) -> HttpResponse:
    refused = perspective.failed()
    return _json(refused.code, refused.document())


def _answered(request: HttpRequest, answer: Callable[[HttpRequest, KnownKey], Answer]) -> HttpResponse:
    key: KnownKey | None = None
    try:
        if request.method != "POST":
            raise Refused("Use POST.", code=HTTPStatus.METHOD_NOT_ALLOWED, status="UNIMPLEMENTED")
        key = _key(request)
        wait_s = spend("port", str(key.id), per_minute=key.quota_per_minute)
        if wait_s is not None:
            return _over_quota(request, key, wait_s=wait_s, may_hold=answer is _analysis)
        given = answer(request, key)
        toxicity = [] if given.toxicity is None else [given.toxicity]
        usage.scored(key.id, toxicity=toxicity, held=int(given.is_held))
        return _json(200, given.document)
    except RequestDataTooBig:
        refused = Refused("Request payload size exceeds the limit.")
    except Refused as error:
        refused = error
    except AWAY as error:
        logger.warning("the database is away: %s", type(error).__name__)
        refused = perspective.unavailable()
    if key is not None:
        usage.failed(key.id)
    return _json(refused.code, refused.document())


def _over_quota(request: HttpRequest, key: KnownKey, *, wait_s: int, may_hold: bool) -> HttpResponse:
    """429; or 1.0, unscored, where the key's client would take an error for a permission."""
    if may_hold and key.holds:
        analysis = _read(request, key)
        given = perspective.held_unread() if analysis is None else perspective.held(analysis)
        usage.scored(key.id, toxicity=[], held=1, refused=1)
        return _json(200, given.document)
    usage.refused(key.id)
    response = _json(429, perspective.over_quota().document())
    response["Retry-After"] = str(wait_s)
    return response


def _key(request: HttpRequest) -> KnownKey:
    secret = (
        request.META.get(KEY_IN_ENVIRON)
        or request.GET.get("key", "")
        or request.META.get("HTTP_X_GOOG_API_KEY", "")
    )
    if not secret:
        raise perspective.missing_key()
    key = known_keys.find(secret)
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
