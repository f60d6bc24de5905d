"""How the mail server is named: one address, as the databases are."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def mail_settings(url: str) -> dict[str, Any]:
    """Django's ``EMAIL_*`` settings for ``smtp+starttls://user:password@host:587``.

    Raises:
        ValueError: another scheme, or no host; says which.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        raise ValueError(f"its scheme is {parts.scheme!r}; use {', '.join(_PORTS)}")
    if not parts.hostname:
        raise ValueError("it names no host")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or _PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }
