"""One seeded comment and what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from comments.models import Comment, CommentPrivate
from moderation.models import Decision
from newsroom.ids import uuid7
from seeds.content import CommentText


@dataclass(slots=True)
class Story:
    """One comment with everything that was decided about it, in order. Not saved by itself."""

    text: CommentText
    comment: Comment
    private: CommentPrivate
    decisions: list[Decision] = field(default_factory=list)
    replies: list[Story] = field(default_factory=list)
    withdrawn_at: datetime | None = None

    @property
    def status(self) -> str:
        return self.decisions[-1].outcome

    @property
    def is_held_by_detector(self) -> bool:
        return self.status == Decision.Outcome.HELD and self.decisions[-1].held_by == Comment.HeldBy.DETECTOR


def new_decision(story: Story, *, at: datetime, **fields: Any) -> Decision:
    return Decision(id=uuid7(at=at), comment=story.comment, revision=1, round=1, at=at, demo=True, **fields)
