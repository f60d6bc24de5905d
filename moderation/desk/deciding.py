"""An editor's button pressed, for one comment or several: each a decision and a transaction of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from comments.models import Comment
from comments.services import StaleDecision, lock_comment
from moderation.desk.authors import set_author_flag
from moderation.desk.claims import close_escalation, let_go, refuse_if_in_other_hands
from moderation.desk.clusters import same_reading
from moderation.desk.forms import (
    APPROVE,
    APPROVE_AND_TRUST,
    CHECK_AGAIN,
    HOLD,
    REJECT,
    REJECT_AND_BLOCK,
    REMOVE,
    UNDO,
    Seen,
)
from moderation.models import Decision
from moderation.services import check_again, decide_by_person, undo_decision
from newsroom.errors import DomainError

OUTCOMES = {
    APPROVE: Decision.Outcome.PUBLISHED,
    APPROVE_AND_TRUST: Decision.Outcome.PUBLISHED,
    REJECT: Decision.Outcome.REJECTED,
    REJECT_AND_BLOCK: Decision.Outcome.REJECTED,
    REMOVE: Decision.Outcome.REMOVED,
    HOLD: Decision.Outcome.HELD,
}
FLAGS = {APPROVE_AND_TRUST: "trusted", REJECT_AND_BLOCK: "blocked"}


class OutOfScope(DomainError):
    code = "out_of_scope"
    status = 403
    title = "This comment belongs to a section that is not yours"


class Unread(DomainError):
    code = "unread"
    status = 409
    title = "Its text was not on your screen"


@dataclass(slots=True)
class Done:
    """What became of several decisions: how many were made, and which were refused, why."""

    count: int = 0
    refused: dict[Seen, str] = field(default_factory=dict)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        return Counter(self.refused.values()).most_common()


@transaction.atomic
def decide(
    *,
    seen: Seen,
    action: str,
    actor: Any,
    scope: Collection[UUID] = (),
    reason: str = "",
    note: str = "",
    is_bulk: bool = False,
) -> Decision:
    """Do what the button says about exactly the text that was seen.

    Raises:
        OutOfScope, ClaimedByAnother, StaleDecision, ReasonMissing, UndoTooLate, NotCheckable;
        Comment.DoesNotExist.
    """
    comment = Comment.objects.select_related("article", "private").get(pk=seen.comment_id)
    if scope and comment.article.section_id not in scope:
        raise OutOfScope
    refuse_if_in_other_hands(comment_id=seen.comment_id, user=actor)
    # "No decision yet" is something that was seen, too: of two who saw it, the second one is told.
    if lock_comment(seen.comment_id).decision_id != seen.decision_id:
        raise StaleDecision
    made = _decide(seen, action, actor=actor, reason=reason, note=note, is_bulk=is_bulk)
    if action in FLAGS:
        set_author_flag(mailbox_id=comment.private.mailbox_id, flag=FLAGS[action], value=True, actor=actor)
    close_escalation(comment_id=seen.comment_id)
    let_go(comment_id=seen.comment_id, user=actor)
    return made


def decided_meanwhile(seen: Seen) -> str:
    """The person who decided on this comment after it was shown; empty if that was not what changed."""
    comment = Comment.objects.filter(pk=seen.comment_id, revision=seen.revision).first()
    if comment is None or comment.decision_id in {None, seen.decision_id}:
        return ""
    made = Decision.objects.select_related("actor").get(pk=comment.decision_id)
    return made.actor.get_username() if made.actor else ""


def _decide(seen: Seen, action: str, *, actor: Any, reason: str, note: str, is_bulk: bool) -> Decision:
    if action == UNDO:
        return undo_decision(comment_id=seen.comment_id, actor=actor)
    if action == CHECK_AGAIN:
        return check_again(comment_id=seen.comment_id, actor=actor)
    outcome = OUTCOMES[action]
    return decide_by_person(
        comment_id=seen.comment_id,
        actor=actor,
        outcome=outcome,
        seen_revision=seen.revision,
        seen_decision_id=seen.decision_id,
        reason_code=reason if outcome != Decision.Outcome.PUBLISHED else "",
        note=note,
        is_bulk=is_bulk,
    )


def decide_all(
    *,
    seen: Iterable[Seen],
    action: str,
    actor: Any,
    scope: Collection[UUID] = (),
    reason: str = "",
    note: str = "",
    read: Collection[Seen] = (),
) -> Done:
    """The same for several. One that is refused stops none of the others.

    Args:
        read: those whose whole text was on the screen. Only they are approved, and those that read the
            same as one of them once disguises are undone.
    """
    wanted, done = list(seen), Done()
    if action == APPROVE:
        unread = _unread(wanted, read=read)
        done.refused = dict.fromkeys((one for one in wanted if one.comment_id in unread), Unread.title)
        wanted = [one for one in wanted if one.comment_id not in unread]
    for one in wanted:
        try:
            decide(seen=one, action=action, actor=actor, scope=scope, reason=reason, note=note, is_bulk=True)
        except (DomainError, Comment.DoesNotExist) as error:
            done.refused[one] = error.title if isinstance(error, DomainError) else "There is no such comment"
        else:
            done.count += 1
    return done


def _unread(wanted: Collection[Seen], *, read: Collection[Seen]) -> set[UUID]:
    """Which of the wanted ones nobody can say they have read."""
    missing = {one.comment_id for one in wanted} - {one.comment_id for one in read}
    if not missing or not read:
        return missing
    known = {same_reading(name, body) for name, body in _texts(read)}
    rows = Comment.objects.filter(pk__in=missing).values_list("pk", "name", "body")
    return {pk for pk, name, body in rows if same_reading(name, body) not in known}


def _texts(read: Collection[Seen]) -> list[tuple[str, str]]:
    """The texts that were read, but for those that have changed since."""
    revisions = {one.comment_id: one.revision for one in read}
    rows = Comment.objects.filter(pk__in=revisions).values_list("pk", "revision", "name", "body")
    return [(name, body) for pk, revision, name, body in rows if revisions[pk] == revision]
