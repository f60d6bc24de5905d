"""An editor's button pressed, for one comment or several: each a decision and a transaction of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from comments.models import Comment
from moderation.desk.forms import APPROVE, CHECK_AGAIN, REJECT, REMOVE, UNDO, Seen
from moderation.models import Decision
from moderation.services import check_again, decide_by_person, undo_decision
from newsroom.errors import DomainError

OUTCOMES = {
    APPROVE: Decision.Outcome.PUBLISHED,
    REJECT: Decision.Outcome.REJECTED,
    REMOVE: Decision.Outcome.REMOVED,
}


@dataclass(slots=True)
class Done:
    """What became of several decisions: how many were made, and which were refused, why."""

    count: int = 0
    refused: dict[Seen, str] = field(default_factory=dict)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        return Counter(self.refused.values()).most_common()


def decide(
    *, seen: Seen, action: str, actor: Any, reason: str = "", note: str = "", is_bulk: bool = False
) -> Decision:
    """Do what the button says about exactly the text that was seen.

    Raises:
        StaleDecision, ReasonMissing, UndoTooLate, NotCheckable; Comment.DoesNotExist.
    """
    if action == UNDO:
        return undo_decision(comment_id=seen.comment_id, actor=actor)
    if action == CHECK_AGAIN:
        return check_again(comment_id=seen.comment_id, actor=actor)
    return decide_by_person(
        comment_id=seen.comment_id,
        actor=actor,
        outcome=OUTCOMES[action],
        seen_revision=seen.revision,
        seen_decision_id=seen.decision_id,
        reason_code=reason if action in {REJECT, REMOVE} else "",
        note=note,
        is_bulk=is_bulk,
    )


def decide_all(*, seen: Iterable[Seen], action: str, actor: Any, reason: str = "", note: str = "") -> Done:
    """The same for several. One that is refused stops none of the others."""
    done = Done()
    for one in seen:
        try:
            decide(seen=one, action=action, actor=actor, reason=reason, note=note, is_bulk=True)
        except (DomainError, Comment.DoesNotExist) as error:
            done.refused[one] = error.title if isinstance(error, DomainError) else "There is no such comment"
        else:
            done.count += 1
    return done
