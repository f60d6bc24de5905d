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
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

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
    at = request.session.get(PROVED, 0)
    return bool(0 <= timezone.now().timestamp() - at <= settings.STAFF_STEP_UP_MINUTES * 60)


def note_proof(request: HttpRequest) -> None:
    request.session[PROVED] = timezone.now().timestamp()


def proves_oneself(request: HttpRequest, typed: str) -> bool:
    """Whether this is the user's password or the app's code of now; who has neither cannot be asked.

    Raises:
        ValidationError: too many tries from this network.
    """
    user: Any = request.user
    if not user.has_usable_password() and not has_second_factor(user):
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
