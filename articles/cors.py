"""Comments for pages elsewhere: browsers let a page read them if its origin is on a site's list.

No cookie travels with such a request, so none is allowed; the API asks for nothing but what it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from articles.embedding import allowed_origins, is_allowed_anywhere
from articles.models import Site
from articles.sites import site_by_code, site_by_host

# Of one site, named by ?site= or Host; and of one comment, whichever site it belongs to.
_OF_A_SITE = re.compile(r"^/api/v1/(?:articles/[-\w]{1,120}/comments|comment-counts|embeds)/$")
_OF_A_COMMENT = re.compile(r"^/api/v1/comments/[0-9a-fA-F-]{36}/(?:(?:replies|status|votes|reports)/)?$")
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}


class CrossOriginMiddleware:
    """Answers preflights and names the origin in answers, where the site's list has it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        of_a_site = _OF_A_SITE.match(request.path)
        if not of_a_site and not _OF_A_COMMENT.match(request.path):
            return self._get_response(request)
        origin = request.headers.get("Origin", "")
        is_allowed = bool(origin) and (
            _is_allowed_here(request, origin) if of_a_site else is_allowed_anywhere(origin)
        )
        is_preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        if is_allowed and is_preflight:
            response = HttpResponse(status=204, headers=_PREFLIGHT)
        else:
            response = self._get_response(request)
        patch_vary_headers(response, ["Origin"])  # What a cache keeps for one origin is not for another.
        if is_allowed:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = "ETag, Retry-After"
        return response


def _is_allowed_here(request: HttpRequest, origin: str) -> bool:
    code = request.GET.get("site")
    try:
        site: Site | None = site_by_code(code) if code is not None else site_by_host(request.get_host())
    except DisallowedHost:  # The answer to that is made further in, as a problem document.
        return False
    return site is not None and origin in allowed_origins(site)
