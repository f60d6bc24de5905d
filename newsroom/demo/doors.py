"""One-time sign-in links: signed, good for 15 minutes, in the place of a password.

Where a second factor is required, the app's code comes after them, as it comes after a password.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from newsroom.access.services import answer_once
from newsroom.crypto import is_signed, sign
from newsroom.errors import DomainError

LINK_LIVES = timedelta(minutes=15)
PURPOSE = "demo-door"


@dataclass(frozen=True, slots=True)
class Door:
    """Where a link leads, and as whom."""

    username: str
    leads_to: str


DOORS = {
    "queue": Door("editor", "/admin/desk/"),
    "slots": Door("ad_manager", "/admin/ads/slot/"),
    "ports": Door("editor", "/admin/ports/portkey/"),
}


class DoorClosed(DomainError):
    code = "door_closed"
    status = 410
    title = "This link no longer works"


def make_token(door: str, *, at: datetime) -> str:
    """A fresh token for one of :data:`DOORS`. Nothing is stored until it is used."""
    message = f"{door}.{int((at + LINK_LIVES).timestamp())}.{secrets.token_urlsafe(12)}"
    return f"{message}.{sign(PURPOSE, message)}"


def read_token(token: str, *, at: datetime) -> Door:
    """The door that this token opens, without using it up.

    Raises:
        DoorClosed: forged, or older than 15 minutes.
    """
    door, _, rest = token.partition(".")
    expires, _, rest = rest.partition(".")
    nonce, _, signature = rest.partition(".")
    if not is_signed(PURPOSE, f"{door}.{expires}.{nonce}", signature) or door not in DOORS:
        raise DoorClosed("This link was not made here.")
    if at >= datetime.fromtimestamp(int(expires), tz=UTC):
        raise DoorClosed("This link was good for 15 minutes, which are over.")
    return DOORS[door]


@transaction.atomic
def open_door(token: str, *, at: datetime) -> tuple[User, Door]:
    """Use a token up. Of two who try at once, one gets in.

    Raises:
        DoorClosed: forged, expired or used; or the demo's people were not made.
        ImproperlyConfigured: this is no demo.
    """
    if not settings.DEMO:
        raise ImproperlyConfigured("Sign-in links exist in demo mode only.")
    door = read_token(token, at=at)
    # The key is remembered for 24 hours, far longer than the link lives.
    _, was_used = answer_once(scope=PURPOSE, key=token, body=None, answer=lambda: {"used": True})
    if was_used:
        raise DoorClosed("This link was used already; each works once.")
    user = User.objects.filter(username=door.username, is_active=True, is_staff=True).first()
    if user is None or user.is_superuser:
        raise DoorClosed("The demo's people are missing: run manage.py demo_setup.")
    return user, door
