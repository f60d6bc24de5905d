"""Giving back what impressions earned beside what an advertiser does not accept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from ads.delivery.models import AdDecision, AdEvent, Credit, Kind
from ads.models import Advertiser, LineItem
from ads.suitability import conflict
from articles.models import Article
from articles.selectors import effective_sensitivity
from comments.models import Comment
from moderation.heat import GRAVE
from moderation.models import Decision
from newsroom.audit.services import record


@dataclass(frozen=True, slots=True)
class Exposure:
    """One advertiser's impressions on an article that it would not accept as the article is judged now."""

    advertiser: Advertiser
    reason: str
    impressions: int
    credited: int
    earned_micros: int
    decisions: tuple[UUID, ...]


def exposures(article: Article) -> list[Exposure]:
    """Since publication, per advertiser; house ads and those that still suit are not among them."""
    now = effective_sensitivity(article)
    rows = (
        AdDecision.objects.filter(article=article, events__kind=Kind.IMPRESSION)
        .exclude(line_item__type="house")
        .select_related("line_item__campaign__advertiser")
        .order_by("at")
    )
    by_advertiser: dict[UUID, list[AdDecision]] = {}
    for row in rows:
        if row.line_item is not None:
            by_advertiser.setdefault(row.line_item.campaign.advertiser_id, []).append(row)
    found = [_exposure(decisions, now) for decisions in by_advertiser.values()]
    return [exposure for exposure in found if exposure.reason]


def _exposure(decisions: list[AdDecision], now: dict[str, str]) -> Exposure:
    item = decisions[0].line_item
    assert item is not None  # noqa: S101  (the caller has sorted them out)
    advertiser = item.campaign.advertiser
    ids = tuple(decision.pk for decision in decisions)
    return Exposure(
        advertiser=advertiser,
        reason=conflict(
            now,
            "calm",
            tolerances=advertiser.tolerances,
            thread_tolerance=advertiser.thread_tolerance,
            in_thread=False,
        ),
        impressions=len(ids),
        credited=Credit.objects.filter(decision__in=ids).count(),
        earned_micros=_earned(ids).get("total", 0),
        decisions=ids,
    )


def credit_exposure(*, article: Article, advertiser: Advertiser, actor: Any) -> int:
    """Credit an advertiser's impressions on an article that it would not accept now; 0 if it would."""
    chosen = [one for one in exposures(article) if one.advertiser.pk == advertiser.pk]
    if not chosen:
        return 0
    reason = f"Stood on “{article.headline}”, now {chosen[0].reason}"
    return credit_decisions(chosen[0].decisions, reason=reason[:300], actor=actor)


@transaction.atomic
def credit_decisions(ids: Collection[UUID], *, reason: str, actor: Any = None) -> int:
    """Give back what these decisions earned; how many were not credited before. Twice credits once.

    Args:
        actor: who does it; nobody where the system does.
    """
    decisions = AdDecision.objects.filter(pk__in=ids, line_item__isnull=False).select_related("line_item")
    earned = _earned(ids)
    notes = [
        Credit(
            decision=decision,
            campaign_id=decision.line_item.campaign_id,
            amount_micros=earned.get(str(decision.pk), 0),
            reason=reason,
            by=actor,
        )
        for decision in decisions
        if decision.line_item is not None
    ]
    before = Credit.objects.filter(decision__in=ids).count()
    Credit.objects.bulk_create(notes, ignore_conflicts=True)
    made = Credit.objects.filter(decision__in=ids).count() - before
    if made:
        record(
            action="ads.credit",
            object_type="credit",
            object_id=notes[0].decision_id,
            actor_kind="person" if actor is not None else "system",
            actor=actor,
            reason=reason,
            data={"impressions": made},
        )
    return made


# --- beside a comment that was removed ---------------------------------------------------------------------
LOOKED_BACK = timedelta(days=3)  # An impression comes at most two hours after its page was made.


def credit_beside(comment_id: UUID) -> int:
    """Credit exactly the impressions beside a comment that was removed for a grave reason. Safe to run twice.

    Source: ``moderation.heat.GRAVE``. The paper's own ads earn nothing and are left out.
    """
    comment = Comment.objects.filter(
        pk=comment_id, status=Comment.Status.REMOVED, reason_code__in=GRAVE
    ).first()
    if comment is None:
        return 0
    beside = AdDecision.objects.filter(
        article=comment.article_id,
        neighbours__contains=[comment.pk],
        events__kind=Kind.IMPRESSION,
        credit=None,
    ).exclude(line_item__type=LineItem.Type.HOUSE)
    ids = list(beside.values_list("pk", flat=True))
    if not ids:
        return 0
    return credit_decisions(ids, reason=f"Stood beside a comment removed for: {comment.reason_code}")


def credit_beside_removed(*, at: datetime) -> int:
    """The same for all lately removed: for pages that were open meanwhile, and where a process had died."""
    removed = Decision.objects.filter(
        outcome=Decision.Outcome.REMOVED, reason_code__in=GRAVE, at__gte=at - LOOKED_BACK
    )
    return sum(credit_beside(pk) for pk in set(removed.values_list("comment_id", flat=True)))


def _earned(ids: Collection[UUID]) -> dict[str, int]:
    """Micros by decision, and their ``total``."""
    rows = AdEvent.objects.filter(decision__in=ids).values_list("decision").annotate(Sum("revenue_micros"))
    found = {str(decision): int(micros or 0) for decision, micros in rows}
    return found | {"total": sum(found.values())}
