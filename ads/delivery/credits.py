"""Giving back what impressions earned beside what an advertiser does not accept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

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
        credited=Credit.objects.filter(decision__in=ids, taken_back_at=None).count(),
        earned_micros=earned(ids).get("total", 0),
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
    micros = earned(ids)
    notes = [
        Credit(
            decision=decision,
            campaign_id=decision.line_item.campaign_id,
            amount_micros=micros.get(str(decision.pk), 0),
            reason=reason,
            by=actor,
        )
        for decision in decisions
        if decision.line_item is not None
    ]
    standing = Credit.objects.filter(decision__in=ids, taken_back_at=None)
    before = standing.count()
    Credit.objects.bulk_create(notes, ignore_conflicts=True)
    made = standing.count() - before
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
    ).exclude(line_item__type=LineItem.Type.HOUSE)
    is_credited = Credit.objects.filter(decision=OuterRef("pk"), taken_back_at=None)
    ids = list(beside.exclude(Exists(is_credited)).values_list("pk", flat=True))
    if not ids:
        return 0
    return credit_decisions(ids, reason=f"Stood beside a comment removed for: {comment.reason_code}")


def credit_beside_removed(*, at: datetime) -> int:
    """The same for all lately removed: for pages that were open meanwhile, and where a process had died."""
    removed = Decision.objects.filter(
        outcome=Decision.Outcome.REMOVED, reason_code__in=GRAVE, at__gte=at - LOOKED_BACK
    )
    return sum(credit_beside(pk) for pk in set(removed.values_list("comment_id", flat=True)))


@transaction.atomic
def take_back_beside(comment_id: UUID, *, at: datetime) -> int:
    """Take back what the system credited beside a comment that readers see again. Safe to run twice.

    A credit that a person made stays; so does one whose other neighbour is still removed for a grave
    reason.
    """
    comment = Comment.objects.filter(pk=comment_id, status=Comment.Status.PUBLISHED).first()
    if comment is None:
        return 0
    standing = Credit.objects.filter(
        by=None,
        taken_back_at=None,
        decision__article=comment.article_id,
        decision__neighbours__contains=[comment.pk],
    )
    # Locked, as a statement locks what it sums: each credit is taken back before it, or after.
    locked = list(standing.select_related("decision").select_for_update(of=("self",)))
    neighbours = {pk for credit in locked for pk in credit.decision.neighbours}
    grave = set(
        Comment.objects.filter(
            pk__in=neighbours, status=Comment.Status.REMOVED, reason_code__in=GRAVE
        ).values_list("pk", flat=True)
    )
    chosen = [credit for credit in locked if grave.isdisjoint(credit.decision.neighbours)]
    if not chosen:
        return 0
    Credit.objects.filter(pk__in=[credit.pk for credit in chosen]).update(taken_back_at=at)
    record(
        action="ads.credit_taken_back",
        object_type="credit",
        object_id=chosen[0].decision_id,
        actor_kind="system",
        reason="The comment beside it is published again",
        data={"impressions": len(chosen), "comment": str(comment.pk)},
    )
    return len(chosen)


def take_back_beside_restored(*, at: datetime) -> int:
    """The same for all that people lately published again, where a process had died."""
    restored = Decision.objects.filter(
        outcome=Decision.Outcome.PUBLISHED,
        actor_kind=Decision.ActorKind.PERSON,
        at__gte=at - LOOKED_BACK,
        comment__decisions__outcome=Decision.Outcome.REMOVED,
        comment__decisions__reason_code__in=GRAVE,
    )
    return sum(take_back_beside(pk, at=at) for pk in set(restored.values_list("comment_id", flat=True)))


def earned(ids: Collection[UUID]) -> dict[str, int]:
    """Micros by decision, and their ``total``."""
    rows = AdEvent.objects.filter(decision__in=ids).values_list("decision").annotate(Sum("revenue_micros"))
    found = {str(decision): int(micros or 0) for decision, micros in rows}
    return found | {"total": sum(found.values())}
