"""Between password and code: who has said the right password is remembered, but is not signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model, login, logout
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from newsroom.access.sessions import PENDING, VERIFIED

KEPT_FOR = timedelta(minutes=10)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def begin(request: HttpRequest, user: Any, *, then: str) -> None:
    """Remember in a new session that this password was right, for ten minutes."""
    logout(request)
    request.session.cycle_key()
    request.session[PENDING] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),  # A changed password ends it.
        "until": (timezone.now() + KEPT_FOR).timestamp(),
        "then": then,
    }


def pending_user(request: HttpRequest) -> Any | None:
    """Who has said the right password here a moment ago, and may still sign in; or None."""
    pending = request.session.get(PENDING)
    if not pending or timezone.now().timestamp() > pending["until"]:
        return None
    user: Any = get_user_model().objects.filter(pk=pending["user"], is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), pending["hash"]):
        return None
    return user


def finish(request: HttpRequest, user: Any) -> str:
    """Sign this person in, and return the path that they wanted."""
    pending = request.session.pop(PENDING, None) or {}
    login(request, user, backend=BACKEND)
    request.session[VERIFIED] = True
    return str(pending.get("then") or "")
