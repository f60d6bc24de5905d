"""What the demo's editor did with the comments of the last four weeks, and what is left in the queue."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model

from moderation.models import Decision
from seeds.clock import SETTLED, is_waiting
from seeds.content import CommentText, Fate, load
from seeds.stories import Story, new_decision

WAITING = 30  # held by the detector when the demo starts
EDITOR_TAKES_MIN = (2.0, 40.0)


def seed_editor() -> Any:
    """The editor who decided in the past: somebody who has left, so that nobody can sign in as them."""
    facts = load().editor
    user, is_new = get_user_model().objects.get_or_create(
        username=facts["username"], defaults=facts | {"is_active": False, "is_staff": False}
    )
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def work_queue(stories: Sequence[Story], *, editor: Any, now: datetime, rng: random.Random) -> None:
    """Add what a person decided after the machine, but for the comments that are to wait in a queue."""
    waiting = _waiting(stories)
    for story in stories:
        if story.comment.pk not in waiting:
            _follow_up(story, editor=editor, now=now, rng=rng)


def _waiting(stories: Iterable[Story]) -> set[UUID]:
    """The :data:`WAITING` held comments that no editor has come to yet: disguised first, then the newest."""
    rude = {Fate.RUDE, Fate.DISGUISED}
    held = [s for s in stories if s.text.fate in rude and s.is_held_by_detector and not s.replies]
    order = sorted(
        held,
        key=lambda s: (s.text.fate is Fate.DISGUISED, is_waiting(s.text), s.comment.created_at),
        reverse=True,
    )
    return {story.comment.pk for story in order[:WAITING]}


def _follow_up(story: Story, *, editor: Any, now: datetime, rng: random.Random) -> None:
    """What a person did after the machine."""
    for step in filter(None, (step.strip() for step in _steps(story.text).split(","))):
        verb, _, reason = step.partition(" ")
        at = _acted_at(story, verb, now=now, rng=rng)
        if verb == "withdraw":
            story.withdrawn_at = at
        elif outcome := _outcome(verb, story.status):
            person = Decision.ActorKind.PERSON
            story.decisions.append(
                new_decision(
                    story, at=at, actor_kind=person, actor=editor, outcome=outcome, reason_code=reason
                )
            )


def _steps(text: CommentText) -> str:
    """The editor's steps as written, else those that the text's fate asks for."""
    by_fate = {
        Fate.ORDINARY: "publish",
        Fate.RUDE: "refuse insult",
        Fate.SPAM: "refuse spam",
        Fate.REMOVED: f"publish, refuse {text.reason}",
        Fate.WITHDRAWN: "publish, withdraw",
    }
    return text.then or by_fate.get(text.fate, "")


def _outcome(verb: str, status: str) -> str:
    """What the verb makes of a comment in this state; empty if nothing is left to do."""
    if verb == "publish":
        return "" if status == Decision.Outcome.PUBLISHED else Decision.Outcome.PUBLISHED
    if status == Decision.Outcome.HELD:
        return Decision.Outcome.REJECTED
    return Decision.Outcome.REMOVED if status == Decision.Outcome.PUBLISHED else ""


def _acted_at(story: Story, verb: str, *, now: datetime, rng: random.Random) -> datetime:
    """Published before the first reply could come; taken down after the last one; never in the future."""
    last = story.decisions[-1].at
    at = last + timedelta(minutes=rng.uniform(*EDITOR_TAKES_MIN))
    replies = [reply.comment.created_at for reply in story.replies]
    if replies and verb == "publish":
        at = min(at, last + (min(replies) - last) / 2)
    elif replies:
        at = max(at, max(replies) + timedelta(minutes=rng.uniform(*EDITOR_TAKES_MIN)))
    return min(at, max(last, now - SETTLED / 2))
