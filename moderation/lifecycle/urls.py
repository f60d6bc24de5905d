"""The classifier's paths, below the admin site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from moderation.lifecycle import transparency_views, views


def classifier_urls(wrap: Callable[[Any], Any]) -> list[URLPattern]:
    """``wrap`` is the admin site's own guard: it sends people without a session to the login page."""
    return [
        path("desk/transparency/", wrap(transparency_views.transparency), name="desk_transparency"),
        path("classifier/", wrap(views.overview), name="classifier"),
        path("classifier/step/", wrap(views.step), name="classifier_step"),
        path("classifier/shadow/", wrap(views.shadow), name="classifier_shadow"),
        path("classifier/errors/", wrap(views.errors), name="classifier_errors"),
        path("classifier/review/", wrap(views.review), name="classifier_review"),
        path("classifier/judge/", wrap(views.judge), name="classifier_judge"),
        path("classifier/thresholds/", wrap(views.thresholds), name="classifier_thresholds"),
        path("classifier/apply/", wrap(views.apply), name="classifier_apply"),
        path("classifier/<uuid:version_id>/", wrap(views.version), name="classifier_version"),
    ]
