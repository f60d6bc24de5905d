"""Sessions of staff end: after an hour without a page, and twelve hours after they began in any case."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)
BEGAN, SEEN = "began_at", "seen_at"
VERIFIED = "second_factor_verified"  # Set by the login step that saw a code.
PENDING = "second_factor_pending"  # Who has said the right password, and not yet a code.


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
    is_required = settings.STAFF_SECOND_FACTOR == "required"
    if not is_required or not request.user.is_authenticated or VERIFIED in request.session:
        return False
    logout(request)
    return True


def end_sessions_of(user_id: int, *, but: str | None = None) -> int:
    """Sign somebody out everywhere, also between password and code; returns how many sessions ended.

    Only staff have sessions, so all of them are read.

    Args:
        but: the key of a session that goes on.
    """
    ended = 0
    for session in Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key=but or ""):
        data = session.get_decoded()
        whose = data.get(SESSION_KEY) or data.get(PENDING, {}).get("user")
        if str(whose) == str(user_id):
            ended += session.delete()[0]
    return ended


def purge_sessions() -> int:
    """Delete the rows of sessions that are over; returns how many."""
    return Session.objects.filter(expire_date__lte=timezone.now()).delete()[0]
