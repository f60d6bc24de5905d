"""The desk's paths, below the admin site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from moderation.desk import appeal_views, one_author_views, report_views, sweep_views, views
from moderation.desk.control_urls import control_urls


def desk_urls(wrap: Callable[[Any], Any]) -> list[URLPattern]:
    """``wrap`` is the admin site's own guard: it sends people without a session to the login page."""
    return [
        path("desk/", wrap(views.home), name="desk_home"),
        path("desk/queues/<slug:key>/", wrap(views.queue), name="desk_queue"),
        path("desk/queues/<slug:key>/several/", wrap(sweep_views.several), name="desk_several"),
        path("desk/comments/<uuid:comment_id>/", wrap(views.comment), name="desk_comment"),
        path(
            "desk/comments/<uuid:comment_id>/dismiss/",
            wrap(report_views.dismiss),
            name="desk_dismiss_reports",
        ),
        path("desk/appeals/<uuid:appeal_id>/", wrap(appeal_views.decide), name="desk_appeal"),
        path("desk/appeals/<uuid:appeal_id>/reviewer/", wrap(appeal_views.invite), name="desk_reviewer"),
        path("desk/authors/<uuid:mailbox_id>/", wrap(one_author_views.author), name="desk_author"),
        path("desk/numbers/", wrap(views.numbers), name="desk_numbers"),
        path("desk/clusters/<uuid:comment_id>/", wrap(views.cluster), name="desk_cluster"),
        path(
            "desk/authors/<uuid:mailbox_id>/flag/",
            wrap(one_author_views.author_flag),
            name="desk_author_flag",
        ),
        path(
            "desk/authors/<uuid:mailbox_id>/address/",
            wrap(one_author_views.author_address),
            name="desk_author_address",
        ),
        *control_urls(wrap),
        path("desk/claim/", wrap(views.claim), name="desk_claim"),
        path("desk/escalate/", wrap(views.escalate), name="desk_escalate"),
        path("desk/settings/", wrap(views.settings), name="desk_settings"),
        path("desk/decide/", wrap(views.decide_one), name="desk_decide"),
        path("desk/decide-many/", wrap(views.decide_many), name="desk_decide_many"),
    ]
