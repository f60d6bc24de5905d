"""Configuration fails at start, in words."""

from __future__ import annotations

import base64
import ipaddress
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from newsroom.crypto import parse_key_ring
from newsroom.limits import LIMITS, parse_own_rates

WEAK_SECRETS = ("change", "insecure", "example", "secret", "dev-")


@register()
def check_secrets(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for name in ("NEWSROOM_EMAIL_KEYS", "NEWSROOM_TOKEN_KEYS"):
        try:
            parse_key_ring(name, getattr(settings, name))
        except ImproperlyConfigured as error:
            problems.append(Error(str(error), hint=_KEY_HINT, id="newsroom.E001"))
    try:
        is_long = len(base64.urlsafe_b64decode(settings.NEWSROOM_AUDIT_KEY + "==")) >= 32
    except ValueError:
        is_long = False
    if not is_long:
        problems.append(
            Error("NEWSROOM_AUDIT_KEY is not 32 bytes in base64url.", hint=_KEY_HINT, id="newsroom.E002")
        )
    secret = settings.SECRET_KEY
    if settings.MODE == "production" and (len(secret) < 40 or secret.lower().startswith(WEAK_SECRETS)):
        problems.append(
            Error(
                "NEWSROOM_SECRET_KEY is a default or shorter than 40 characters.",
                hint=_KEY_HINT,
                id="newsroom.E003",
            )
        )
    return problems


@register()
def check_limits(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    if settings.NEWSROOM_LIMITS not in LIMITS:
        problems.append(
            Error(
                f"NEWSROOM_LIMITS is {settings.NEWSROOM_LIMITS!r}.",
                hint="Use off, default or strict.",
                id="newsroom.E004",
            )
        )
    try:
        parse_own_rates(settings.NEWSROOM_LIMIT_RATES)
    except ValueError as error:
        problems.append(
            Error(
                f"NEWSROOM_LIMIT_RATES: {error}",
                hint="Use limits and rates such as address=10/minute 60/hour,article=off.",
                id="newsroom.E015",
            )
        )
    return problems


@register()
def check_proxies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for cidr in settings.NEWSROOM_TRUSTED_PROXIES:
        try:
            ipaddress.ip_network(cidr)
        except ValueError:
            problems.append(
                Error(
                    f"NEWSROOM_TRUSTED_PROXIES holds {cidr!r}.",
                    hint="Use networks such as 10.0.0.0/8.",
                    id="newsroom.E005",
                )
            )
    return problems


@register()
def check_lease(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A task must be over before its lease, and its lease before the broker delivers its message again."""
    soft, hard = settings.CELERY_TASK_SOFT_TIME_LIMIT, settings.CELERY_TASK_TIME_LIMIT
    lease = settings.NEWSROOM_LEASE_S
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    shortest = 30 if settings.MODE == "production" else 6
    if lease >= shortest and 0 < soft < hard < lease < visibility:
        return []
    return [
        Error(
            f"NEWSROOM_LEASE_S is {lease}; need soft limit {soft} < hard limit {hard} < lease < "
            f"visibility time-out {visibility} s, and a lease of at least {shortest} s.",
            hint="Leave NEWSROOM_LEASE_S unset; only proofs shorten it.",
            id="newsroom.E006",
        )
    ]


@register()
def check_mail(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Mail features that are on need a server and an address to write from."""
    problems: list[CheckMessage] = []
    if settings.MODE == "production" and settings.NEWSROOM_MAIL and not settings.NEWSROOM_MAIL_URL:
        problems.append(
            Error(
                "NEWSROOM_MAIL is on, but NEWSROOM_MAIL_URL names no mail server.",
                hint="Set it to smtp+starttls://user:password@host:587, or NEWSROOM_MAIL=off.",
                id="newsroom.E007",
            )
        )
    try:
        validate_email(settings.NEWSROOM_MAIL_FROM)
    except ValidationError:
        if settings.NEWSROOM_MAIL and settings.MODE == "production":
            problems.append(
                Error(
                    f"NEWSROOM_MAIL_FROM is {settings.NEWSROOM_MAIL_FROM!r}.",
                    hint="Use an address such as comments@news.example.",
                    id="newsroom.E008",
                )
            )
    return problems


_KEY_HINT = (
    "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())' makes a key."
)
