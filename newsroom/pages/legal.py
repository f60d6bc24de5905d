"""Terms and privacy pages, written from the settings that hold: what they say is what the site does."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from articles.models import Site
from articles.selectors import site_for
from comments.models import BODY_LENGTH, CommentSettings
from comments.retention import kinds_kept
from comments.services import EDIT_WINDOW
from moderation.appeals.selectors import ALONE_WAITS
from moderation.grounds import GROUNDS
from moderation.models import Policy, ReasonCode
from newsroom.outbox.selectors import is_mail_on
from newsroom.pages.answering import answer_page, site_masthead

_NOT_RULES = {ReasonCode.NOT_REVIEWED, ReasonCode.OTHER}


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """The rules for comments, how they are applied, and what one can do about a decision."""
    site = site_for(request)
    policy = Policy.objects.filter(site=site, section=None, article=None).first()
    context = _base(site) | {
        "grounds": [ground.finding for code, ground in GROUNDS.items() if code not in _NOT_RULES],
        "edit_minutes": int(EDIT_WINDOW.total_seconds() // 60),
        "body_length": BODY_LENGTH,
        "premoderated": bool(policy and policy.premoderate),
        "auto_reject": bool(policy and policy.auto_reject),
        "alone_hours": int(ALONE_WAITS.total_seconds() // 3600),
        "hold_days": settings.NEWSROOM_HOLD_DAYS,
    }
    return answer_page("pages/terms.html", context)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about readers, why, and for how long."""
    context = _base(site_for(request)) | {"kinds": kinds_kept()}
    return answer_page("pages/privacy.html", context)


def _base(site: Site) -> dict[str, Any]:
    found = CommentSettings.objects.filter(site=site).first() or CommentSettings(site=site)
    return {
        "masthead": site_masthead(site),
        "site": site,
        "duties": found.obligations,
        "reports_hide_after": found.reports_hide_after,
        "is_mail_on": is_mail_on(),
    }
