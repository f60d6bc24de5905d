"""What pages elsewhere load: the script, and the link that stands where the script cannot."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from articles.embedding import article_at
from articles.selectors import site_for
from newsroom.api import is_match, strong_etag
from newsroom.errors import FieldError

SCRIPT = Path(__file__).parent / "static" / "pages" / "embed.js"


@cache
def _script() -> tuple[bytes, bytes, str]:
    plain = SCRIPT.read_bytes()
    return plain, gzip.compress(plain, compresslevel=9, mtime=0), strong_etag("embed", plain)


@require_safe
def embed_script(request: HttpRequest) -> HttpResponse:
    """``embed.js`` under an address that does not change; an hour old at most."""
    plain, packed, etag = _script()
    headers = {
        "ETag": etag,
        "Cache-Control": "public, max-age=3600",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if is_match(request.headers.get("If-None-Match", ""), etag):
        return HttpResponse(status=304, headers=headers)
    response = HttpResponse(plain, content_type="text/javascript; charset=utf-8", headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.content = packed
        response["Content-Encoding"] = "gzip"
        response["ETag"] = strong_etag("embed", packed)
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@require_safe
def embed_link(request: HttpRequest) -> HttpResponse:
    """To the comments of the page with this address; 404 while nobody has opened it with script."""
    try:
        article = article_at(site_for(request), request.GET.get("url", ""), at=timezone.now())
    except FieldError as error:
        raise Http404 from error
    if article is None:
        raise Http404
    return HttpResponseRedirect(f"{article.get_absolute_url()}#comments")
