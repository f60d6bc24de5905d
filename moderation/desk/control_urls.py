"""The paths of what the machine goes by: word lists, authors, policies, desk hours, emergencies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from moderation.desk import author_views, emergency_views, hours_views, policy_views, word_views


def control_urls(wrap: Callable[[Any], Any]) -> list[URLPattern]:
    """``wrap`` is the admin site's own guard: it sends people without a session to the login page."""
    return [
        path("desk/words/", wrap(word_views.word_lists), name="desk_words"),
        path("desk/words/new/", wrap(word_views.new_list), name="desk_words_new"),
        path("desk/words/<uuid:list_id>/", wrap(word_views.one_list), name="desk_words_of"),
        *(
            path(
                f"desk/words/<uuid:list_id>/words.{kind}",
                wrap(word_views.export),
                {"kind": kind},
                name=f"desk_words_{kind}",
            )
            for kind in ("txt", "csv")
        ),
        path("desk/policies/", wrap(policy_views.policies), name="desk_policies"),
        *(
            path(
                f"desk/policies/{kind}/<uuid:pk>/",
                wrap(policy_views.policy),
                {"kind": kind},
                name=f"desk_policy_{kind}",
            )
            for kind in ("site", "section", "article")
        ),
        path("desk/authors/", wrap(author_views.authors), name="desk_authors"),
        path("desk/authors/find/", wrap(author_views.find), name="desk_authors_find"),
        path("desk/hours/", wrap(hours_views.desk_hours), name="desk_hours"),
        path("desk/hours/<uuid:site_id>/", wrap(hours_views.desk_hours), name="desk_hours_of"),
        path("desk/emergencies/", wrap(emergency_views.begin), name="desk_emergency"),
        path(
            "desk/emergencies/<uuid:emergency_id>/end/", wrap(emergency_views.end), name="desk_emergency_end"
        ),
    ]
