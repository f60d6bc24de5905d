"""Addresses of web pages and their origins, as browsers name them."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ValidationError

from newsroom.errors import FieldError

MOST_URL_CHARS = 500
# What newsletters and networks add to an address; the page is the same without it.
TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid")


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, in lower case; empty if it has none that a browser would open."""
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            return ""
        port = parts.port
    except ValueError:
        return ""
    standard = {"http": 80, "https": 443}[parts.scheme.lower()]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme.lower()}://{host}" + (f":{port}" if port and port != standard else "")


def canonical(url: str) -> str:
    """The address without fragment and without what was added to count readers.

    Raises:
        FieldError: it is no web address, or too long.
    """
    origin = origin_of(url)
    if not origin or any(character.isspace() for character in url):
        raise FieldError("url", "Give the address of a page, such as https://news.example.org/bridge.")
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([pair for pair in pairs if not pair[0].lower().startswith(TRACKING)])
    scheme, _, netloc = origin.partition("://")
    cleaned = urlunsplit((scheme, netloc, parts.path or "/", query, ""))
    if len(cleaned) > MOST_URL_CHARS:
        raise FieldError("url", f"Use at most {MOST_URL_CHARS} characters.", code="max_length")
    return cleaned


def validate_origins(value: str) -> None:
    """One origin a line: scheme and host, nothing after them."""
    for line in value.split():
        if origin_of(line) != line:
            raise ValidationError(
                f"“{line}” is no origin. Write scheme and host only, such as https://news.example.org.",
                code="invalid",
            )
