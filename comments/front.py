"""Threads below the framework's stack: one statement, ready bytes, no middleware.

Wraps the WSGI application. It answers what it fully understands (GET of a thread with its plain
parameters) and hands everything else, and every doubt, to Django: same bytes, same headers, just sooner.
Freshness is the same too, since the thread's version is read from PostgreSQL for each request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.conf import settings
from django.db import Error, close_old_connections, connection
from django.http.request import validate_host

from articles.sites import site_by_host
from comments.rendering import ThreadKey, cached_thread, compressed_thread
from comments.selectors import SORTS
from newsroom.api import is_match, page_limit, strong_etag
from newsroom.errors import FieldError

_PATH = re.compile(r"^/api/v1/articles/([-a-zA-Z0-9_]{1,120})/comments/$")
_KNOWN = {"sort", "cursor", "limit"}
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:\s|,|$))")  # ``gzip;q=0`` refuses it.

_VERSION = """
SELECT a.id, coalesce(t.version, 0)
FROM articles_article a LEFT JOIN comments_thread t ON t.article_id = a.id
WHERE a.site_id = %s AND a.slug = %s
    AND a.status IN ('published', 'scheduled', 'archived') AND a.published_at <= now()
"""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class ThreadFront:
    """WSGI middleware that serves warm threads."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._headers = security_headers()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = None
        if environ["REQUEST_METHOD"] == "GET" and not is_to_redirect(environ):
            match = _PATH.match(environ.get("PATH_INFO", ""))
            if match:
                answer = self._answer(match.group(1), environ)
        if answer is None:
            return self._application(environ, start_response)
        status, headers, body = answer
        start_response(status, [*headers, *self._headers])
        return [body]

    def _answer(self, slug: str, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes] | None:
        """Status line, headers and body, or None to let Django answer."""
        host = environ.get("HTTP_HOST", "")
        asked = _parameters(environ.get("QUERY_STRING", ""))
        if "HTTP_ORIGIN" in environ:
            return None  # A page elsewhere: whether it may is decided by the middleware.
        if asked is None or not validate_host(host.rsplit(":", 1)[0].lower(), settings.ALLOWED_HOSTS):
            return None
        sort, cursor, limit = asked
        close_old_connections()  # As a request does: a connection that the server closed is not used again.
        try:
            found = _thread_version(host, slug)
        except Error:
            return None
        if found is None:
            return None
        article_id, version = found
        key = ThreadKey(article_id, version, environ["PATH_INFO"], sort, cursor, limit)
        is_gzip = _GZIP.search(environ.get("HTTP_ACCEPT_ENCODING", "")) is not None
        etag = strong_etag(
            "thread", article_id, version, sort, cursor, limit, *(("gzip",) if is_gzip else ())
        )
        headers = [("ETag", etag), ("Cache-Control", "public, no-cache"), ("Vary", "Accept-Encoding, Origin")]
        held = environ.get("HTTP_IF_NONE_MATCH", "")
        if "*" in held:
            return None
        if is_match(held, etag):
            return "304 Not Modified", headers, b""
        body = cached_thread(key)
        if body is None:
            return None
        if is_gzip:
            body = compressed_thread(key, body)
            headers.append(("Content-Encoding", "gzip"))
        return (
            "200 OK",
            [*headers, ("Content-Type", "application/json"), ("Content-Length", str(len(body)))],
            body,
        )


def is_to_redirect(environ: dict[str, Any]) -> bool:
    """Whether Django would send this request to https first."""
    header: tuple[str, str] | None = getattr(settings, "SECURE_PROXY_SSL_HEADER", None)
    is_secure = environ["wsgi.url_scheme"] == "https"
    if header is not None:
        is_secure = environ.get(header[0]) == header[1]
    return bool(settings.SECURE_SSL_REDIRECT) and not is_secure


def security_headers() -> list[tuple[str, str]]:
    """What the middleware adds to every answer."""
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    headers = {
        "Content-Security-Policy": "; ".join(
            f"{name} {' '.join(sources)}" for name, sources in directives.items()
        ),
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
    }
    if settings.SECURE_HSTS_SECONDS:
        headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
    return list(headers.items())


def _parameters(query: str) -> tuple[str, str | None, int] | None:
    """Sort, cursor and limit; None for anything unusual."""
    if not query:
        return "newest", None, page_limit(None)
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True)
        values = dict(pairs)
        if len(values) != len(pairs) or not set(values) <= _KNOWN:
            return None
        limit = page_limit(values.get("limit"))
    except (ValueError, FieldError):
        return None
    sort = values.get("sort", "newest")
    return (sort, values.get("cursor"), limit) if sort in SORTS else None


def _thread_version(host: str, slug: str) -> tuple[UUID, int] | None:
    site = site_by_host(host)
    if site is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, [site.pk, slug])
        row: tuple[UUID, int] | None = cursor.fetchone()
    return row
