"""The paths of the second factor and of step-up, below the admin site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from newsroom.access import second_factor_views as views


def access_urls(wrap: Callable[[Any], Any]) -> list[URLPattern]:
    """``wrap`` is the admin site's own guard. Who stands between password and code is not signed in."""
    return [
        path("login/code/", views.code, name="second_factor_code"),
        path("login/set-up/", views.set_up_at_login, name="second_factor_at_login"),
        path("second-factor/", wrap(views.own), name="second_factor_own"),
        path("second-factor/set-up/", wrap(views.set_up_own), name="second_factor_set_up"),
        path("second-factor/recovery-codes/", wrap(views.renew), name="second_factor_renew"),
        path("second-factor/off/", wrap(views.switch_off), name="second_factor_off"),
        path("prove/", wrap(views.prove), name="step_up"),
    ]
