"""Uploaded pictures, served from the media folder: rasters only, inert whatever a browser makes of them."""

from __future__ import annotations

from pathlib import PurePosixPath

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

RASTERS = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@require_safe
@csp_replace({"default-src": ["'none'"], "sandbox": True})  # type: ignore[arg-type]  # Its stub knows no path.
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """One picture; 404 for anything else, so that nothing that can run is ever served from here."""
    if PurePosixPath(path).suffix.lower() not in RASTERS:
        raise Http404
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response["Cache-Control"] = "public, max-age=86400"
    return response
