"""The small seed's threads: texts of the content files, judged by the machine and written with their past."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from articles.models import Article
from comments.models import Comment, CommentRevision
from moderation.engine import register_shipped_model
from moderation.models import Decision, ReasonCode
from moderation.policy import Finding, ResolvedPolicy
from moderation.services import MAX_ATTEMPTS, Judgement
from newsroom.audit.models import AuditEntry
from newsroom.ids import uuid7
from seeds.bulk import apply_decisions, copy_rows, count_threads
from seeds.clock import comment_times, wave_times
from seeds.content import CommentText, Fate, load
from seeds.editor import work_queue
from seeds.judging import judged
from seeds.readers import network_keys, private_part, seed_mailboxes
from seeds.stories import Story, new_decision


def seed_threads(articles: Mapping[str, Article], *, editor: Any, now: datetime) -> int:
    """Write the comments of articles that were just made, inside the caller's transaction; returns how many.

    Every machine decision is what the active classifier, the rules and the policy say about the text.
    """
    register_shipped_model()
    rng = random.Random("threads")
    stories = _written(articles, now=now, rng=rng)
    _judge(stories, now=now, rng=rng)
    work_queue(stories, editor=editor, now=now, rng=rng)
    _decide(stories)
    _withdraw(stories)
    count_threads([article.pk for article in articles.values()])
    return len(stories)


# --- writing ----------------------------------------
def _written(articles: Mapping[str, Article], *, now: datetime, rng: random.Random) -> list[Story]:
    """All comments as pending rows, with revision and private part, oldest first."""
    timed = sorted(_timed(articles, now=now), key=lambda pair: (pair[1], pair[0].depth))
    first = {text.address: at for text, at in reversed(timed)}
    mailboxes = seed_mailboxes(first, last_used={text.address: at for text, at in timed})
    keys = network_keys(at.date() for _, at in timed)
    stories: dict[str, Story] = {}
    for text, at in timed:
        parent = stories[text.parent] if text.parent else None
        comment = _comment(
            text, articles[text.article], parent=parent.comment if parent else None, at=at, rng=rng
        )
        private = private_part(
            comment,
            mailboxes[text.address],
            keys[at.date().replace(day=1)],
            address=text.address,
            honeypot=text.honeypot,
            form_age_s=rng.uniform(14, 400),
        )
        stories[text.key] = story = Story(text, comment, private)
        if parent:
            parent.replies.append(story)
    rows = list(stories.values())
    copy_rows([story.comment for story in rows])
    copy_rows([_revision(story.comment) for story in rows])
    copy_rows([story.private for story in rows])
    return rows


def _timed(articles: Mapping[str, Article], *, now: datetime) -> Iterator[tuple[CommentText, datetime]]:
    content = load()
    for key, article in articles.items():
        zone = ZoneInfo(article.site.time_zone)
        published = article.published_at or now
        times = comment_times(content.comments[key], published=published, now=now, zone=zone)
        yield from ((text, times[text.key]) for text in content.comments[key])
    wave = content.wave
    times_of_wave = wave_times(len(wave.comments), minutes=wave.minutes, now=now)
    for text, at in zip(wave.comments, times_of_wave, strict=True):
        if text.article in articles:
            yield text, at


def _comment(
    text: CommentText, article: Article, *, parent: Comment | None, at: datetime, rng: random.Random
) -> Comment:
    return Comment(
        id=uuid7(at=at),
        article=article,
        parent=parent,
        ancestors=[*parent.ancestors, parent.pk] if parent else [],
        depth=text.depth,
        name=text.by,
        body=text.text,
        created_at=at,
        next_attempt_at=at,
        attempts=MAX_ATTEMPTS if text.fate is Fate.FAILURE else 0,
        votes=int(rng.expovariate(1 / 6)) if text.fate is Fate.ORDINARY else 0,
        demo=True,
    )


def _revision(comment: Comment) -> CommentRevision:
    return CommentRevision(
        id=uuid7(at=comment.created_at),
        comment=comment,
        revision=1,
        name=comment.name,
        body=comment.body,
        created_at=comment.created_at,
    )


# --- the machine ----------------------------------------
def _judge(stories: Sequence[Story], *, now: datetime, rng: random.Random) -> None:
    """Add the machine's decisions, as they would have fallen at the time."""
    failed = [story for story in stories if story.text.fate is Fate.FAILURE]
    for story in failed:
        story.decisions.append(_exhausted(story))
    for story, judgement in judged([story for story in stories if story not in failed], now=now):
        at = story.comment.created_at + timedelta(milliseconds=rng.uniform(35, 140))
        story.decisions.append(_by_machine(story, judgement, at=at))


def _by_machine(story: Story, judgement: Judgement, *, at: datetime) -> Decision:
    return new_decision(
        story,
        at=at,
        actor_kind=Decision.ActorKind.MACHINE,
        outcome=judgement.outcome.status,
        held_by=judgement.outcome.held_by,
        reason_code=judgement.outcome.reason_code,
        findings=[finding.as_json() for finding in judgement.findings],
        scores={label: round(score, 9) for label, score in judgement.scores.items()},
        language=judgement.language,
        model_version_id=judgement.model.version_id if judgement.model else None,
        policy=judgement.policy.as_json(),
    )


def _exhausted(story: Story) -> Decision:
    """Held after the last attempt: workers died over it, five times within six minutes."""
    return new_decision(
        story,
        at=story.comment.created_at + timedelta(minutes=6),
        actor_kind=Decision.ActorKind.SYSTEM,
        outcome=Decision.Outcome.HELD,
        held_by=Comment.HeldBy.FAILURE,
        reason_code=ReasonCode.ATTEMPTS_EXHAUSTED,
        findings=[Finding("attempts_exhausted", value=MAX_ATTEMPTS).as_json()],
        policy=ResolvedPolicy(thresholds={}).as_json(),
    )


# --- the states ----------------------------------------
def _decide(stories: Sequence[Story]) -> None:
    """Write the decisions round by round, each story's first ones first, with their audit rows."""
    for turn in range(max((len(story.decisions) for story in stories), default=0)):
        apply_decisions([story.decisions[turn] for story in stories if len(story.decisions) > turn])
    copy_rows([_audit(decision) for story in stories for decision in story.decisions])


def _audit(decision: Decision) -> AuditEntry:
    return AuditEntry(
        id=uuid7(at=decision.at),
        at=decision.at,
        actor_kind=decision.actor_kind,
        actor_id=decision.actor_id,
        action=f"comment.{decision.outcome}",
        object_type="comment",
        object_id=str(decision.comment_id),
        reason=decision.reason_code,
        data={"decision": str(decision.pk), "revision": decision.revision, "round": decision.round},
    )


def _withdraw(stories: Sequence[Story]) -> None:
    times = {story.comment.pk: story.withdrawn_at for story in stories if story.withdrawn_at}
    Comment.objects.filter(pk__in=times).update(status=Comment.Status.WITHDRAWN, held_by="", reason_code="")
    copy_rows([_withdrawal(comment_id, at=at) for comment_id, at in times.items()])


def _withdrawal(comment_id: UUID, *, at: datetime) -> AuditEntry:
    return AuditEntry(
        id=uuid7(at=at),
        at=at,
        actor_kind="commenter",
        action="comment.withdraw",
        object_type="comment",
        object_id=str(comment_id),
    )
