"""Reading appeals: what may be contested until when, and who may answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model

from comments.models import Comment, CommentSettings, Obligations
from moderation.appeals.models import Appeal
from moderation.models import Decision
from newsroom.crypto import keyed_digest

APPEAL_WITHIN = timedelta(days=183)  # Six months (Art. 20 (1) of Regulation (EU) 2022/2065).
ALONE_WAITS = timedelta(hours=24)
REFUSED = frozenset({Comment.Status.REJECTED, Comment.Status.REMOVED})
MAY_DECIDE = "moderation.add_decision"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a commenter may do about the decision that holds."""

    decision: Decision | None = None
    appeal: Appeal | None = None
    until: datetime | None = None
    is_over: bool = False

    @property
    def may_appeal(self) -> bool:
        return self.decision is not None and self.appeal is None and not self.is_over


@dataclass(frozen=True, slots=True)
class Judge:
    """Whether somebody may decide an appeal; else why not, or from when on."""

    may: bool
    is_same: bool = False
    is_alone: bool = False
    may_from: datetime | None = None


def obligations_of(site_id: UUID) -> str:
    found = CommentSettings.objects.filter(site_id=site_id).values_list("obligations", flat=True).first()
    return found or Obligations.HOSTING


def standing(comment: Comment, *, at: datetime) -> Standing:
    """Whether the decision that holds about a comment can be contested now. Two queries; none if shown."""
    if comment.status not in REFUSED or comment.decision_id is None:
        return Standing()
    if obligations_of(comment.article.site_id) == Obligations.NONE:
        return Standing()
    decision = Decision.objects.select_related("appeal").get(pk=comment.decision_id)
    until = decision.at + APPEAL_WITHIN
    return Standing(decision, getattr(decision, "appeal", None), until, at > until)


def last_appeal(comment_id: UUID) -> Appeal | None:
    """The newest appeal about a comment, decided or not."""
    return Appeal.objects.filter(comment_id=comment_id).order_by("-at").first()


def with_open_appeals(comment_ids: Collection[UUID]) -> set[UUID]:
    waiting = Appeal.objects.filter(comment_id__in=comment_ids, state=Appeal.State.OPEN)
    return set(waiting.values_list("comment_id", flat=True))


def judge(appeal: Appeal, user: Any, *, at: datetime) -> Judge:
    """Whether this person may decide: not who took the first decision, unless nobody else is there."""
    if appeal.contested.actor_id != user.pk:
        return Judge(may=True)
    if deciders().exclude(pk=user.pk).exists():
        return Judge(may=False, is_same=True)
    may_from = appeal.at + ALONE_WAITS
    return Judge(may=at >= may_from, is_same=True, is_alone=True, may_from=may_from)


def deciders() -> Any:
    """The people of the house who may decide about comments."""
    found = get_user_model().objects.with_perm(
        MAY_DECIDE, backend="django.contrib.auth.backends.ModelBackend"
    )
    return found.filter(is_staff=True)


def by_link(token: str, *, at: datetime) -> Appeal | None:
    """The open appeal that a reviewer's one-time link opens."""
    digest = link_digest(token)
    found = Appeal.objects.filter(link_digest=digest, state=Appeal.State.OPEN, link_expires_at__gt=at)
    return found.select_related("comment__article__site", "contested", "reviewer").first()


def link_digest(token: str) -> bytes:
    return keyed_digest("appeal-review", token.encode(errors="replace"))
