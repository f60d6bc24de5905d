"""Step-up: a fresh password or code before an address, an export or a change of the model.

A session left open at a desk can do the daily work; it cannot carry data away or change who judges. A form
that comes too late is kept on the page that asks, and carried out with the proof: nothing typed is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsroom.access.login import count_try
from newsroom.access.second_factor import has_second_factor, is_code_of

View = Callable[..., HttpResponse]
PROVED = "proved_at"
PROOF = "proof"  # The field of a form that brings the proof along.
NOT_KEPT = {PROOF, "csrfmiddlewaretoken"}


class ProofForm(forms.Form):
    proof = forms.CharField(
        max_length=200,
        strip=False,
        label=_("Password or code"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


def step_up(view: View) -> View:
    """Ask for a password or code first, where the last one is too long ago; then go on."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = proof_first(request) if request.user.is_authenticated else None
        return asked or view(request, *args, **kwargs)

    return guarded


def proof_first(request: HttpRequest) -> HttpResponse | None:
    """The page that asks who it is, or nothing: the last proof is recent, or the form brings one.

    A page asked for is gone back to; a form is kept on the page that asks, and sent again from there.
    """
    if is_fresh(request):
        return None
    if request.method != "POST" or request.FILES:  # A file cannot be kept: back to its form.
        return HttpResponseRedirect(f"{reverse('admin:step_up')}?{urlencode({'next': page_of(request)})}")
    form = ProofForm(request.POST if PROOF in request.POST else None)
    if form.is_valid():
        problem = problem_with_proof(request, form.cleaned_data[PROOF])
        if not problem:
            return None
        form.add_error(PROOF, problem)
    kept = [(name, value) for name, values in request.POST.lists() for value in values]
    return proof_page(
        request,
        form,
        back=page_of(request),
        kept=[(name, value) for name, value in kept if name not in NOT_KEPT],
        action=request.get_full_path(),
        status=403,
    )


def proof_page(request: HttpRequest, form: ProofForm, *, status: int = 200, **context: Any) -> HttpResponse:
    base = {**admin.site.each_context(request), "title": gettext("Is it still you?"), "subtitle": None}
    page = "admin/access/second_factor_prove.html"
    answer = render(request, page, {**base, "form": form, **context}, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def is_fresh(request: HttpRequest) -> bool:
    """Whether the last proof is recent, or the user has nothing to prove anything with."""
    at = request.session.get(PROVED, 0)
    is_recent = 0 <= timezone.now().timestamp() - at <= settings.STAFF_STEP_UP_MINUTES * 60
    return bool(is_recent) or not can_be_asked(request.user)


def can_be_asked(user: Any) -> bool:
    """Whether there is a password or an app: who signs in elsewhere has neither."""
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


def page_of(request: HttpRequest) -> str:
    """What to come back to; for a form, the page that it stands on."""
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
