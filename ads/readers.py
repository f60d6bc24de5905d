"""What a request tells of who reads: the kind of device and, where a resolver is set up, the country."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.module_loading import import_string

from ads.selectors import Reader
from ads.targeting import COUNTRIES, device_of
from newsroom.limits import comes_through_proxy

HEADER = "header:"
_KNOWN = frozenset(COUNTRIES)
log = logging.getLogger(__name__)


def reader_of(request: HttpRequest, *, device: str = "") -> Reader:
    """``device``: what the page itself says; else the browser's name tells."""
    return Reader(
        device=device or device_of(request.headers.get("User-Agent", "")),
        country=country_of(request) if settings.ADS_COUNTRY_RESOLVER else "",
    )


def country_of(request: HttpRequest) -> str:
    """Two letters, or nothing where the resolver knows no country, or fails: an ad may wait, a page not."""
    try:
        found = country_resolver(settings.ADS_COUNTRY_RESOLVER)(request).strip().upper()
    except Exception:
        log.exception("The country resolver failed.")
        return ""
    return found if found in _KNOWN else ""


@lru_cache(maxsize=4)
def country_resolver(setting: str) -> Callable[[HttpRequest], str]:
    """``header:CF-IPCountry``, believed only from a trusted proxy; or the dotted path of a function.

    Raises:
        ImproperlyConfigured: nothing can be imported from there.
    """
    if setting.startswith(HEADER):
        name = setting.removeprefix(HEADER)
        return lambda request: request.headers.get(name, "") if comes_through_proxy(request) else ""
    try:
        resolver: Callable[[HttpRequest], str] = import_string(setting)
    except ImportError as error:
        raise ImproperlyConfigured(f"ADS_COUNTRY_RESOLVER: {error}") from error
    return resolver
