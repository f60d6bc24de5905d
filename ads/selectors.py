"""Whose ads a user works on, and what an ad on an article's page stands beside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet

from ads.decision import FLUID, Candidate, Surroundings
from ads.fresh import Fresh
from ads.models import RUNNING, Advertiser, Creative, LineItem, Slot
from ads.spent import spent_out
from ads.suitability import CALM, UNKNOWN, strictest
from ads.targeting import hour_of_week
from articles.models import Article, Site

# The article's own risk per topic (the latest note of each), its thread's state, the editors' switches,
# its tags.
_BESIDE = """
SELECT (
    SELECT jsonb_object_agg(topic, risk) FROM (
        SELECT DISTINCT ON (topic) topic, risk FROM articles_sensitivity
        WHERE article_id = %(article)s ORDER BY topic, at DESC, id DESC
    ) AS latest
), (
    SELECT state FROM moderation_threadstate WHERE article_id = %(article)s
), ARRAY(
    SELECT action FROM ads_policyoverride
    WHERE site_id = %(site)s AND starts_at <= %(at)s AND expires_at > %(at)s AND (
        article_id = %(article)s OR section_id = %(section)s
        OR tag_id IN (SELECT tag_id FROM articles_article_tags WHERE article_id = %(article)s)
        OR (article_id IS NULL AND section_id IS NULL AND tag_id IS NULL)
    )
    UNION ALL SELECT 'house' FROM articles_article WHERE id = %(article)s AND is_stub
), ARRAY(
    SELECT tag.slug FROM articles_article_tags own JOIN articles_tag tag ON tag.id = own.tag_id
    WHERE own.article_id = %(article)s ORDER BY 1
)
"""

# The conversation begins below the article, so what stands at its end stands at the conversation too.
AT_THREAD = (Slot.Position.IN_THREAD, Slot.Position.ARTICLE_BOTTOM)


@dataclass(frozen=True, slots=True)
class Reader:
    """What a request tells of who reads, for targeting: no more, and stored with no name."""

    device: str = ""
    country: str = ""


NOBODY = Reader()


@dataclass(frozen=True, slots=True)
class FilledSlot:
    """A slot with the creative that stands in it."""

    code: str
    position: str
    size: str
    creative: Creative
    sponsor: str
    disclosure: str
    label: str


def sites_of(user: Any) -> QuerySet[Site]:
    """The sites whose ads this user works on: every one for a superuser, else those assigned.

    Without assignment it is the default site, so that a small paper has nothing to set up; other
    tenants' sites are never open by default.
    """
    if user.is_superuser:
        return Site.objects.all()
    assigned = Site.objects.filter(ad_assignments__user=user)
    return assigned if assigned.exists() else Site.objects.filter(is_default=True)


READ_OWN = "ads.read_own_campaigns"


def advertisers_of(user: Any) -> frozenset[UUID]:
    """Whose campaigns somebody with the role *advertiser* reads; nobody's without an assignment."""
    return frozenset(Advertiser.objects.filter(readers__user=user).values_list("pk", flat=True))


def _read_beside(
    article: Article, *, at: datetime
) -> tuple[dict[str, str] | None, str, list[str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _BESIDE,
            {"article": article.pk, "section": article.section_id, "site": article.site_id, "at": at},
        )
        own, thread, actions, tags = cursor.fetchone()
    return json.loads(own) if isinstance(own, str) else own, thread, actions, tags


_beside: Fresh[UUID, tuple[dict[str, str] | None, str, list[str], list[str]]] = Fresh()


def surroundings(
    article: Article,
    *,
    at: datetime,
    slots: Sequence[Slot] = (),
    spent: frozenset[UUID] = frozenset(),
    ahead: frozenset[UUID] = frozenset(),
    reader: Reader = NOBODY,
) -> Surroundings:
    """What an ad in these slots of this article stands beside. One query for all readers of a moment."""
    own, thread, actions, tags = _beside.get(article.pk, lambda: _read_beside(article, at=at))
    default = {article.section.default_topic: article.section.default_risk}
    return Surroundings(
        sensitivity=own or (default if article.section.default_topic else UNKNOWN),
        thread=thread or CALM,
        override=strictest(actions),
        at_thread=frozenset(slot.code for slot in slots if slot.position in AT_THREAD),
        spent=spent,
        ahead=ahead,
        audience={
            "section": [article.section.slug],
            "tag": tags,
            "author": [article.byline] if article.byline else [],
            "device": [reader.device] if reader.device else [],
            "country": [reader.country] if reader.country else [],
            "hour": [hour_of_week(at.astimezone(ZoneInfo(article.site.time_zone)))],
            "thread": [thread or CALM],
        },
        floors={slot.code: slot.floor_price_micros for slot in slots if slot.floor_price_micros},
        sizes={slot.code: slot.sizes for slot in slots if slot.sizes and FLUID not in slot.sizes},
    )


def candidate(creative: Creative) -> Candidate:
    """A creative with what decides about it, flattened for choosing."""
    item = creative.line_item
    return Candidate(
        creative_id=creative.pk,
        line_item_id=item.pk,
        sponsor=item.campaign.advertiser.name,
        tier=item.type,
        status=item.status,
        weight=item.weight,
        starts_at=item.campaign.starts_at,
        ends_at=item.campaign.ends_at,
        # A slot of another site may have the same code.
        slots=frozenset(
            slot.code for slot in item.slots.all() if slot.site_id == item.campaign.advertiser.site_id
        ),
        is_approved=creative.is_approved,
        tolerances=item.campaign.advertiser.tolerances,
        thread_tolerance=item.campaign.advertiser.thread_tolerance,
        competitor_group=item.campaign.advertiser.competitor_group,
        targeting=item.targeting,
        size=creative.size,
        per_thousand=item.per_thousand_micros,
        per_page=item.per_page,
        roadblock=item.roadblock,
    )


def in_state(state: str, *, at: datetime) -> Q:
    """Line items of one state; the same rule as ``LineItem.state``."""
    ended = Q(campaign__ends_at__lte=at) | spent_out()
    if state == LineItem.State.DONE:
        return Q(status__in=RUNNING) & ended
    if state == LineItem.State.LIVE:
        return Q(status="ready", campaign__starts_at__lte=at) & ~ended
    if state == LineItem.State.READY:
        return Q(status="ready", campaign__starts_at__gt=at)
    return Q(status=state) & ~ended if state == LineItem.State.PAUSED else Q(status=state)
