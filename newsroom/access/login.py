"""Signing in, with limits that stop guessing and that no outsider can turn against somebody else."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext

from newsroom.crypto import keyed_digest
from newsroom.limits import Limit, RateLimited, client_network, enforce


class LimitedLoginForm(AdminAuthenticationForm):
    """Counts every try against its network and the account it names, before the password is looked at.

    Tries from elsewhere do not count: the owner of an account signs in while somebody guesses at it.
    """

    def clean(self) -> dict[str, Any]:
        if self.request is not None:
            count_try(self.request, self.cleaned_data.get("username") or "")
        return dict(super().clean())


def count_try(request: HttpRequest, username: str, *, at: str = "") -> None:
    """Count a try at this account from the network of the request; ``at`` names a later step's own count.

    Raises:
        ValidationError: that network has tried too often. Nobody elsewhere is held up by it.
    """
    network = client_network(request)
    account = unicodedata.normalize("NFKC", username).casefold()
    try:
        enforce(
            [
                Limit("login", _pseudonym(f"{network}\0{account}" + (f"\0{at}" if at else ""))),
                Limit("login_network", _pseudonym(network)),
            ]
        )
    except RateLimited as error:
        raise ValidationError(_wait(error.retry_after_s or 60), code="rate_limited") from error


def _pseudonym(value: str) -> str:
    return keyed_digest("limit-login", value.encode()).hex()[:32]


def _wait(seconds: int) -> str:
    minutes = max(1, round(seconds / 60))
    return gettext("Too many tries from your network. Wait %(minutes)d min, then try again.") % {
        "minutes": minutes
    }
