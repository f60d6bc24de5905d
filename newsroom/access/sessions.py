"""Sessions of staff end: after an hour without a page, and twelve hours after they began in any case."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import logout
from django.http import HttpRequest
from django.utils import timezone

from newsroom.access.second_factor import is_required

IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)
BEGAN, SEEN = "began_at", "seen_at"
VERIFIED = "second_factor_verified"  # Set by the login step that saw a code.


def end_if_over(request: HttpRequest) -> bool:
    """Sign out whoever was away too long, and note that the others are here; whether it ended."""
    if not request.user.is_authenticated:
        return False
    now = timezone.now().timestamp()
    began, seen = request.session.get(BEGAN), request.session.get(SEEN)
    if began is None or seen is None:
        request.session[BEGAN] = request.session[SEEN] = now
        return False
    if now - seen > IDLE.total_seconds() or now - began > LONGEST.total_seconds():
        logout(request)
        return True
    if now - seen > NOTED_EVERY.total_seconds():
        request.session[SEEN] = now
    return False


def end_if_unverified(request: HttpRequest) -> bool:
    """Sign out a session without a second factor where one is required: it began before that was so."""
    if not is_required() or not request.user.is_authenticated or VERIFIED in request.session:
        return False
    logout(request)
    return True
