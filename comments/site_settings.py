"""How each site takes comments. Asked with every comment, changed rarely: kept for a second."""

from __future__ import annotations

import time
from collections.abc import Mapping
from uuid import UUID

from django.db.models.signals import post_delete, post_save

from comments.models import CommentSettings

KEPT_S = 1.0  # Another process's change shows within this time; this process's own change at once.

_kept: dict[UUID, tuple[float, CommentSettings]] = {}


def comment_settings(site_id: UUID) -> CommentSettings:
    """The site's settings, or their defaults. To be read, not changed."""
    read_at, found = _kept.get(site_id, (0.0, None))
    now = time.monotonic()
    if found is None or now - read_at >= KEPT_S:
        found = CommentSettings.objects.filter(site_id=site_id).first() or CommentSettings(site_id=site_id)
        _kept[site_id] = (now, found)
    return found


def own_rates(site_id: UUID) -> Mapping[str, str]:
    """The site's own rates by limit; empty where the environment's hold."""
    found = comment_settings(site_id)
    return {
        "network": found.limit_network,
        "shared_network": found.limit_shared_network,
        "address": found.limit_address,
        "article": found.limit_article,
        "site": found.limit_site,
        "vote": found.limit_vote,
        "report": found.limit_report,
        "link": found.limit_link,
        "statement": found.limit_statement,
        "stub": found.limit_stub,
    }


def forget(**kwargs: object) -> None:
    """Read the settings anew at the next question."""
    _kept.clear()


post_save.connect(forget, sender=CommentSettings)
post_delete.connect(forget, sender=CommentSettings)
