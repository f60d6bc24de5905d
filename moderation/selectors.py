"""Reading policies, queues and the health of the parts that decide."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from articles.hours import is_staffed
from articles.models import Article, Site
from moderation.models import ThreadState
from moderation.policy import (
    SETTINGS,
    Layer,
    ResolvedPolicy,
    resolve,
    shipped_thresholds,
    tightened,
    validate_thresholds,
)
from newsroom.prepared import rows_of

# The settings in the order of ``SETTINGS``. From the widest scope to the narrowest, so that the narrowest
# wins. One row at least: of the site.
_POLICIES = """
SELECT EXISTS (
    SELECT FROM moderation_emergency AS on_now
    WHERE on_now.site_id = site.id AND on_now.kind = 'premoderate' AND on_now.until > statement_timestamp()
) OR EXISTS (SELECT FROM articles_article WHERE id = %s AND is_stub),
    time_zone, desk_hours, outside_desk_hours,
    policy.id, version, thresholds, premoderate, auto_reject, max_links, flood_limit, new_authors
FROM articles_site AS site LEFT JOIN moderation_policy AS policy ON policy.site_id = site.id
    AND (section_id IS NULL AND article_id IS NULL OR section_id = %s OR article_id = %s)
WHERE site.id = %s
ORDER BY article_id IS NOT NULL, section_id IS NOT NULL
"""


def thread_states(article_ids: Collection[UUID]) -> dict[UUID, str]:
    """How heated each conversation is: ``calm`` where nothing was noted."""
    found = ThreadState.objects.filter(article__in=article_ids).values_list("article_id", "state")
    return dict.fromkeys(article_ids, str(ThreadState.State.CALM)) | dict(found)


def resolved_policy(article: Article, *, manifest: Mapping[str, Any] | None) -> ResolvedPolicy:
    """An article's policy: its own values, else its section's, its site's, the classifier's thresholds.

    Outside desk hours its thresholds may be tighter; an emergency of its site goes before all of them, and so
    does that it is a stub. One statement.
    """
    rows = rows_of(_POLICIES, [article.pk, article.section_id, article.pk, article.site_id])
    layers = [
        Layer(
            key=str(pk),
            version=version,
            thresholds=validate_thresholds(json.loads(own) if isinstance(own, str) else own),
            values=dict(zip(SETTINGS, values, strict=True)),
        )
        for pk, version, own, *values in (row[4:] for row in rows)
        if pk is not None
    ]
    resolved = resolve(shipped_thresholds(manifest or {}), layers)
    is_emergency, time_zone, hours, outside, *_ = rows[0]
    if outside == Site.OutsideHours.TIGHTEN:
        hours = json.loads(hours) if isinstance(hours, str) else hours
        if not is_staffed(hours, at=timezone.now(), zone=ZoneInfo(time_zone)):
            resolved = tightened(resolved)
    return replace(resolved, premoderate=True) if is_emergency else resolved
