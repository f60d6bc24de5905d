"""Pages of the second factor: the code at login, setting up, recovery codes; and step-up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from newsroom.access import pending, second_factor
from newsroom.access.login import count_try
from newsroom.access.sessions import VERIFIED, end_sessions_of
from newsroom.access.step_up import ProofForm, problem_with_proof, proof_page, safe_path, step_up
from newsroom.crypto import decrypt_address, encrypt_address

OFFERED = "second_factor_offered"  # The secret on the screen, encrypted, until it has shown a code.


class StaffLogin(LoginView):
    """A password alone signs in only where there is no second factor and none is required."""

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if second_factor.has_second_factor(user):
            pending.begin(self.request, user, then=self.get_success_url())
            return HttpResponseRedirect(reverse("admin:second_factor_code"))
        if second_factor.is_required():
            pending.begin(self.request, user, then=self.get_success_url())
            return HttpResponseRedirect(reverse("admin:second_factor_at_login"))
        return super().form_valid(form)


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=40,
        label=_("Code"),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


# --- at login ------------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second step of signing in: the app's code, or a recovery code."""
    user = pending.pending_user(request)
    if user is None:
        return _to_login(request)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            count_try(request, user.get_username(), at="code")
        except ValidationError as error:
            form.add_error("code", error)
        else:
            typed, now = form.cleaned_data["code"], timezone.now()
            if second_factor.is_code_of(user, typed, at=now):
                return _into(request, user)
            if second_factor.use_recovery_code(user, typed, at=now):
                _say_how_many_left(request, user)
                return _into(request, user)
            form.add_error("code", gettext("That code is wrong, too old, or was used already."))
    return _page(request, "code", gettext("Second step"), form=form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_up_at_login(request: HttpRequest) -> HttpResponse:
    """Where a second factor is required, the first login sets it up before it goes on."""
    user = pending.pending_user(request)
    if user is None:
        return _to_login(request)
    if second_factor.has_second_factor(user):
        return HttpResponseRedirect(reverse("admin:second_factor_code"))
    answer, codes = _setting_up(request, user)
    if codes is None:
        return answer
    return _codes(request, codes, then=_into(request, user)["Location"])


def _into(request: HttpRequest, user: Any) -> HttpResponse:
    then = pending.finish(request, user)
    return HttpResponseRedirect(safe_path(request, then))


def _to_login(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(reverse("admin:index"))
    return HttpResponseRedirect(reverse("admin:login"))


def _say_how_many_left(request: HttpRequest, user: Any) -> None:
    left = second_factor.recovery_codes_left(user)
    messages.warning(
        request,
        ngettext(
            "That recovery code is used up; %(left)d is left. Set up your app again under “Second factor”.",
            "That recovery code is used up; %(left)d are left. Set up your app again under “Second factor”.",
            left,
        )
        % {"left": left},
    )


# --- one's own -----------------------------------------------------------------------------------------
@require_safe
def own(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        "own",
        gettext("Second factor"),
        has_factor=second_factor.has_second_factor(request.user),
        left=second_factor.recovery_codes_left(request.user),
        is_required=second_factor.is_required(),
    )


@step_up
@require_http_methods(["GET", "HEAD", "POST"])
def set_up_own(request: HttpRequest) -> HttpResponse:
    """Set up an app, or another one in the place of it."""
    answer, codes = _setting_up(request, request.user)
    if codes is None:
        return answer
    request.session[VERIFIED] = True
    end_sessions_of(int(request.user.pk or 0), but=request.session.session_key)
    return _codes(request, codes, then=reverse("admin:second_factor_own"))


@step_up
@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    if not second_factor.has_second_factor(request.user):
        return HttpResponseRedirect(reverse("admin:second_factor_own"))
    codes = second_factor.renew_recovery_codes(user=request.user)
    return _codes(request, codes, then=reverse("admin:second_factor_own"))


@step_up
@require_POST
def switch_off(request: HttpRequest) -> HttpResponse:
    if second_factor.is_required():
        raise PermissionDenied
    if second_factor.reset(
        user_id=int(request.user.pk or 0), actor=request.user, session_key=request.session.session_key
    ):
        messages.success(request, gettext("Signing in takes your password alone again."))
    return HttpResponseRedirect(reverse("admin:second_factor_own"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest) -> HttpResponse:
    """Step-up: the password or a code, then back."""
    then = safe_path(request, request.POST.get("next", request.GET.get("next", "")))
    form = ProofForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        problem = problem_with_proof(request, form.cleaned_data["proof"])
        if not problem:
            messages.success(request, gettext("Thank you. Go on where you were."))
            return HttpResponseRedirect(then)
        form.add_error("proof", problem)
    return proof_page(request, form, back=then)


# --- what they share -----------------------------------------------------------------------------------
def _setting_up(request: HttpRequest, user: Any) -> tuple[HttpResponse, list[str] | None]:
    """The page with the key, or the recovery codes of the app that has shown a code."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    secret = _offered(request)
    if form.is_valid():
        codes = second_factor.set_up(
            user=user, secret=secret, code=form.cleaned_data["code"], at=timezone.now()
        )
        if codes is not None:
            request.session.pop(OFFERED, None)
            return HttpResponse(), codes
        form.add_error("code", gettext("That is not the code of now. Is the clock of your device right?"))
    link = second_factor.otpauth_link(secret, name=user.get_username(), issuer=request.get_host())
    answer = _page(
        request,
        "set_up",
        gettext("Set up a second factor"),
        form=form,
        link=link,
        key=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        picture=mark_safe(second_factor.qr_svg(link)),  # noqa: S308  (drawn by us, of squares)
    )
    return answer, None


def _offered(request: HttpRequest) -> str:
    """The secret of this session, the same until it is used: a page that is loaded again shows it again."""
    stored = request.session.get(OFFERED)
    if stored:
        return decrypt_address(stored.encode())
    secret = second_factor.new_secret()
    request.session[OFFERED] = encrypt_address(secret).decode()
    return secret


def _codes(request: HttpRequest, codes: list[str], *, then: str) -> HttpResponse:
    return _page(request, "codes", gettext("Recovery codes"), codes=codes, then=then)


def _page(request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
    base = {**admin.site.each_context(request), "title": title, "subtitle": None}
    answer = render(request, f"admin/access/second_factor_{name}.html", base | context)
    answer["Cache-Control"] = "no-store"
    return answer
