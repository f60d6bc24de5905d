"""Public pages speak the language of their site, whatever the browser asks for."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import check_for_language, override

from articles.selectors import site_for

_OTHER = ("/api/", "/admin/", "/static/", "/media/", "/livez", "/readyz", "/metrics")


class SiteLanguageMiddleware:
    """Activates the site's language around the pages for readers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_OTHER):
            return self._get_response(request)
        try:
            language = site_for(request).language
        except (Http404, DatabaseError):  # The page itself will say so.
            return self._get_response(request)
        if not check_for_language(language):
            return self._get_response(request)
        with override(language):
            return self._get_response(request)
