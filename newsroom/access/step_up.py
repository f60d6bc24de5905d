"""Step-up: a fresh password or code before an address, an export or a change of the model.

A session left open at a desk can do the daily work; it cannot carry data away or change who judges.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from newsroom.access.login import count_try
from newsroom.access.second_factor import has_second_factor, is_code_of

View = Callable[..., HttpResponse]
PROVED = "proved_at"


def step_up(view: View) -> View:
    """Ask for a password or code first, where the last one is too long ago; then back to where one was."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not is_fresh(request):
            return to_proof(request)
        return view(request, *args, **kwargs)

    return guarded


def to_proof(request: HttpRequest) -> HttpResponse:
    """To the page that asks, and from there back to where one was."""
    return HttpResponseRedirect(f"{reverse('admin:step_up')}?{urlencode({'next': _page_of(request)})}")


def is_fresh(request: HttpRequest) -> bool:
    """Whether the last proof is recent, or the user has nothing to prove anything with."""
    at = request.session.get(PROVED, 0)
    is_recent = 0 <= timezone.now().timestamp() - at <= settings.STAFF_STEP_UP_MINUTES * 60
    return bool(is_recent) or not can_be_asked(request.user)


def can_be_asked(user: Any) -> bool:
    """Whether there is a password or an app; the people of the demo have neither."""
    return user.has_usable_password() or has_second_factor(user)


def problem_with_proof(request: HttpRequest, typed: str) -> str:
    """Why a form may not be carried out yet, in words, or nothing: the last proof is recent, or this is one.

    For forms with a field of their own for it, so that nobody has to type the rest of them again.
    """
    if is_fresh(request):
        return ""
    if not typed:
        return gettext("Type your password, or a code of your app: the last time is too long ago")
    try:
        if proves_oneself(request, typed):
            return ""
    except ValidationError as error:
        return str(error.messages[0])
    return gettext("That was neither your password nor a code of now")


def note_proof(request: HttpRequest) -> None:
    request.session[PROVED] = timezone.now().timestamp()


def proves_oneself(request: HttpRequest, typed: str) -> bool:
    """Whether this is the user's password or the app's code of now; who has neither cannot be asked.

    Raises:
        ValidationError: too many tries from this network.
    """
    user: Any = request.user
    if not can_be_asked(user):
        return True
    count_try(request, user.get_username(), at="step-up")
    is_right = user.check_password(typed) or is_code_of(user, typed, at=timezone.now())
    if is_right:
        note_proof(request)
    return is_right


def safe_path(request: HttpRequest, wanted: str) -> str:
    """``wanted`` if it is a page of this site, else the admin's first one."""
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return reverse("admin:index")


def _page_of(request: HttpRequest) -> str:
    """What to come back to: a form is sent again by hand, from the page that it stands on."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    referer = request.META.get("HTTP_REFERER", "")
    here = safe_path(request, referer) if referer else reverse("admin:index")
    parts = urlsplit(here)
    return parts.path + (f"?{parts.query}" if parts.query else "")


@receiver(user_logged_in)
def _a_login_is_a_proof(request: HttpRequest | None, **_: Any) -> None:
    if request is not None and hasattr(request, "session"):
        note_proof(request)
