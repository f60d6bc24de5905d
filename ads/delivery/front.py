"""A page's calls about ads below the framework's stack: the same functions, no middleware.

Wraps the WSGI application. It answers what it fully understands (a plain request for decisions, an event of
somebody without a cookie) and hands everything else, and every doubt, to Django: same answers, just sooner.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error, connection
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.http.request import validate_host
from django.utils import timezone

from ads.delivery.events import count_event, decision_named
from ads.delivery.models import Kind
from ads.delivery.showing import LETTERS, as_bytes
from ads.delivery.snapshots import choices_of
from ads.delivery.views import ANSWER_HEADERS, MOST_SLOTS, decisions, visit_of
from ads.readers import reader_of
from ads.selectors import Reader
from ads.targeting import DEVICES, device_of
from articles.sites import site_by_host
from comments.front import is_to_redirect, security_headers

_DECISIONS = "/api/v1/ads/decisions/"
_EVENT = re.compile(r"^/a/([ivc])/([-\w]{32,500}\.[-\w.]{16,100})$", re.ASCII)
_NAME = re.compile(r"^[-a-zA-Z0-9_]{1,60}$")
_VIEW = re.compile(r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
MOST_BYTES = 8_192

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Answer = tuple[str, list[tuple[str, str]], bytes]


class AdFront:
    """WSGI middleware that answers a page's calls about ads."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._headers = security_headers()
        self._counted = self._with_ours([*HttpResponse(status=204, headers=ANSWER_HEADERS).items(), _EMPTY])
        self._decided = self._with_ours(list(_PLAIN))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = None
        path = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] == "POST" and path == _DECISIONS:
            answer = self._decide(environ) if self._is_plain(environ) else None
        elif environ["REQUEST_METHOD"] == "GET" and path.startswith("/a/") and self._is_plain(environ):
            answer = self._count(environ, path)
        if answer is None:
            return self._application(environ, start_response)
        status, headers, body = answer
        start_response(status, headers)
        return [body]

    @staticmethod
    def _is_plain(environ: dict[str, Any]) -> bool:
        """No query, no cookie (staff have one), a host that is ours, nothing to redirect."""
        if environ.get("QUERY_STRING") or environ.get("HTTP_COOKIE") or is_to_redirect(environ):
            return False
        host = environ.get("HTTP_HOST", "")
        return validate_host(host.rsplit(":", 1)[0].lower(), settings.ALLOWED_HOSTS)

    def _decide(self, environ: dict[str, Any]) -> Answer | None:
        length = environ.get("CONTENT_LENGTH", "")
        kind = environ.get("CONTENT_TYPE", "").lower()
        if environ.get("HTTP_TRANSFER_ENCODING") or kind not in _JSON or not length.isdecimal():
            return None
        if not 0 < int(length) <= MOST_BYTES or ("HTTP_ACCEPT" in environ and not _takes_json(environ)):
            return None
        body = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = io.BytesIO(body)  # For Django, should it be asked after all.
        asked = _asked(body)
        if asked is None:
            return None
        try:
            site = site_by_host(environ.get("HTTP_HOST", ""))
            if site is None or choices_of(site).in_thread.intersection(asked["slots"]):
                return None
            served = decisions(site, asked, _reader(environ, asked))
        except Http404:
            return None
        except Error:
            _let_go()
            return None
        body = as_bytes(served)
        return "200 OK", [*self._decided, ("Content-Length", str(len(body)))], body

    def _count(self, environ: dict[str, Any], path: str) -> Answer | None:
        match = _EVENT.match(path)
        if match is None:
            return None
        kind = LETTERS[match[1]]
        try:
            decision = decision_named(kind, match[2])
            if decision is None or decision.target_url is None:
                return None
            count_event(decision, kind, visit_of(environ, is_staff=False), at=timezone.now())
        except Error:
            _let_go()
            return None
        if kind != Kind.CLICK:
            return "204 No Content", self._counted, b""
        answer = HttpResponseRedirect(decision.target_url, headers=ANSWER_HEADERS)
        return "302 Found", self._with_ours([*answer.items(), _EMPTY]), b""

    def _with_ours(self, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """What the middleware adds, where an answer does not say it itself."""
        own = {name.lower() for name, _ in headers}
        return [*headers, *(one for one in self._headers if one[0].lower() not in own)]


_EMPTY = ("Content-Length", "0")


def _let_go() -> None:
    """A connection that the server closed is not used again; Django's own path opens the next one."""
    connection.close_if_unusable_or_obsolete()


def _reader(environ: dict[str, Any], asked: Mapping[str, Any]) -> Reader:
    device = asked.get("device", "")
    if settings.ADS_COUNTRY_RESOLVER:
        return reader_of(WSGIRequest(environ), device=device)
    return Reader(device=device or device_of(environ.get("HTTP_USER_AGENT", "")))


_PLAIN = (("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Allow", "POST, OPTIONS"))


def _takes_json(environ: dict[str, Any]) -> bool:
    return any(kind in environ["HTTP_ACCEPT"] for kind in ("application/json", "*/*"))


def _asked(body: bytes) -> dict[str, Any] | None:
    """What a page plainly asks for; None where a serializer should have a look."""
    try:
        asked = _strict.decode(body.decode())
    except (ValueError, RecursionError):
        return None
    if not isinstance(asked, dict) or not {"article", "slots", "view"} <= set(asked) <= _KEYS:
        return None
    slots, names = asked["slots"], [asked["article"]]
    if not isinstance(slots, list) or not 0 < len(slots) <= MOST_SLOTS:
        return None
    if not all(isinstance(name, str) and _NAME.match(name) for name in [*names, *slots]):
        return None
    if not isinstance(asked["view"], str) or not _VIEW.match(asked["view"]):
        return None
    if "device" in asked and asked["device"] not in DEVICES:
        return None
    return asked | {"view": UUID(asked["view"])}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


_strict = json.JSONDecoder(object_pairs_hook=_unique)
_JSON = {"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"}
_KEYS = {"article", "slots", "view", "device"}
