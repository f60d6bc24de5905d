"""Commenters, machine and editors in any order: counts stay true, and nothing undecided is ever shown.

More sequences by hand: ``NEWSROOM_SEQUENCES=300``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from comments.leases import Lease, claim_for_moderation
from comments.models import Comment, CommentRevision, Thread
from comments.selectors import Node, thread_page
from comments.services import (
    Submission,
    edit_comment,
    submit_comment,
    withdraw_comment,
)
from moderation import services
from moderation.models import Decision
from moderation.policy import Outcome, ResolvedPolicy
from newsroom.errors import DomainError
from tests.factories import ArticleFactory, UserFactory

SEQUENCES = int(os.environ.get("NEWSROOM_SEQUENCES", "0"))
VERDICTS = [
    Outcome("published"),
    Outcome("published"),
    Outcome("held", "detector", "insult"),
    Outcome("held", "rule", "links"),
    Outcome("held", "failure", "model_unavailable"),
    Outcome("rejected", "", "spam"),
]
REFUSALS = {Decision.Outcome.REJECTED, Decision.Outcome.REMOVED}


@contextmanager
def judging(outcome: Outcome) -> Iterator[None]:
    """A machine that finds this, whatever it reads."""
    judgement = services.Judgement((), {"toxicity": 0.1}, "en", outcome, ResolvedPolicy(thresholds={}), None)
    with patch.object(services, "judge", lambda comment: judgement):
        yield


@dataclass
class Seen:
    """What an editor's screen or a worker's memory holds: perhaps no longer true."""

    comment_id: UUID
    revision: int
    decision_id: UUID | None


class Newsroom(RuleBasedStateMachine):
    comments = Bundle("comments")
    screens = Bundle("screens")
    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.bodies = iter(f"Text {number}." for number in range(10_000))
        self.shown: list[Any] = []
        self.version = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def open_article(self) -> None:
        self.article = ArticleFactory()
        self.editors = [UserFactory(username="one"), UserFactory(username="two")]

    def attempt(self, act: Callable[[], Any]) -> Any:
        """What the act gives, or None if it is refused; a refusal changes nothing."""
        before = self.everything()
        try:
            with transaction.atomic():
                return act()
        except DomainError:
            assert self.everything() == before
            return None

    # --- commenters ---------------------------------------------------------------------------------------
    @rule(target=comments, email=st.sampled_from(["a@example.org", "b@example.org"]))
    def submit(self, email: str) -> Any:
        submission = Submission(name="Ada", email=email, body=next(self.bodies))
        return submit_comment(article=self.article, submission=submission, at=timezone.now())

    @rule(target=comments, parent=comments)
    def reply(self, parent: UUID) -> Any:
        is_public = Comment.objects.get(pk=parent).status == "published"
        submission = Submission(name="Eve", email="e@example.org", body=next(self.bodies), parent_id=parent)
        made = self.attempt(
            lambda: submit_comment(article=self.article, submission=submission, at=timezone.now())
        )
        assert (made is not None) == is_public
        return made if made is not None else multiple()

    @rule(comment=comments)
    def edit(self, comment: UUID) -> None:
        before = Comment.objects.get(pk=comment)
        edited = self.attempt(
            lambda: edit_comment(comment_id=comment, body=next(self.bodies), at=timezone.now())
        )
        is_editable = before.status in {"pending", "published", "held"} and before.reply_count == 0
        assert (edited is not None) == is_editable
        if edited is not None:
            assert Comment.objects.get(pk=comment).status == "pending"

    @rule(comment=comments)
    def withdraw(self, comment: UUID) -> None:
        withdraw_comment(comment_id=comment)
        assert Comment.objects.get(pk=comment).status == "withdrawn"

    # --- the machine --------------------------------------------------------------------------------------
    @rule(comment=comments, outcome=st.sampled_from(VERDICTS), times=st.integers(1, 2))
    def deliver(self, comment: UUID, outcome: Outcome, times: int) -> None:
        """Once, or twice, as a queue may."""
        before = Comment.objects.get(pk=comment)
        is_leased = before.lease_until is not None and before.lease_until > timezone.now()
        is_free = before.status == "pending" and not is_leased
        with judging(outcome):
            decided = [services.moderate_comment(comment) for _ in range(times)]
        assert sum(decision is not None for decision in decided) == int(is_free)
        if is_free:
            assert Comment.objects.get(pk=comment).status == outcome.status

    @rule(target=leases, comment=comments)
    def begin_to_judge(self, comment: UUID) -> Any:
        lease = claim_for_moderation(comment)
        return lease if lease is not None else multiple()

    @rule(comment=comments)
    def lose_the_worker(self, comment: UUID) -> None:
        Comment.objects.filter(pk=comment).update(lease_until=F("lease_until") - timedelta(minutes=10))

    @rule(lease=leases, outcome=st.sampled_from(VERDICTS))
    def finish_judging(self, lease: Lease, outcome: Outcome) -> None:
        """Late, perhaps: after an edit, a person's decision, or another worker's."""
        now = Comment.objects.get(pk=lease.comment_id)
        is_mine = now.lease_token == lease.token and now.revision == lease.revision
        comment = Comment.objects.select_related("article").get(pk=lease.comment_id)
        judgement = services.Judgement((), {}, "en", outcome, ResolvedPolicy(thresholds={}), None)
        decided = services._write(lease, judgement, actor_kind="machine", took_ms=1.0, comment=comment)
        assert (decided is not None) == is_mine

    @rule(comment=comments)
    def try_again_after_failure(self, comment: UUID) -> None:
        services.recheck_after_failure(comment_id=comment)

    # --- editors ------------------------------------------------------------------------------------------
    @rule(target=screens, comment=comments)
    def look(self, comment: UUID) -> Seen:
        now = Comment.objects.get(pk=comment)
        return Seen(comment, now.revision, now.decision_id)

    @rule(
        seen=screens,
        outcome=st.sampled_from(["published", "rejected", "removed", "held"]),
        editor=st.integers(0, 1),
    )
    def decide(self, seen: Seen, outcome: str, editor: int) -> None:
        now = Comment.objects.get(pk=seen.comment_id)
        decided = self.attempt(
            lambda: services.decide_by_person(
                comment_id=seen.comment_id,
                actor=self.editors[editor],
                outcome=outcome,
                seen_revision=seen.revision,
                seen_decision_id=seen.decision_id,
                reason_code="insult" if outcome in REFUSALS else "",
            )
        )
        if now.revision != seen.revision:
            assert decided is None  # Nobody decides about a text that was not on the screen.

    @rule(comment=comments, editor=st.integers(0, 1))
    def undo(self, comment: UUID, editor: int) -> None:
        decided = self.attempt(lambda: services.undo_decision(comment_id=comment, actor=self.editors[editor]))
        if decided is not None:
            assert Comment.objects.get(pk=comment).status == "held"

    @rule(comment=comments, editor=st.integers(0, 1))
    def check_again(self, comment: UUID, editor: int) -> None:
        self.attempt(lambda: services.check_again(comment_id=comment, actor=self.editors[editor]))

    # --- what always holds ----------------------------------------------------------------------------------
    def everything(self) -> list[Any]:
        return [
            list(Comment.objects.order_by("pk").values()),
            list(Decision.objects.order_by("pk").values("pk", "outcome")),
            list(Thread.objects.values()),
        ]

    @invariant()
    def the_thread_counts_what_is_published(self) -> None:
        thread = Thread.objects.filter(article=self.article).first()
        published = Comment.objects.filter(article=self.article, status="published").count()
        assert (thread.published_count if thread else 0) == published

    @invariant()
    def every_comment_counts_its_published_descendants(self) -> None:
        rows = list(Comment.objects.filter(article=self.article))
        for row in rows:
            below = sum(other.status == "published" and row.pk in other.ancestors for other in rows)
            assert row.reply_count == below

    @invariant()
    def what_is_public_was_decided_about_exactly_this_text(self) -> None:
        for comment in Comment.objects.filter(article=self.article, status="published"):
            decision = Decision.objects.get(pk=comment.decision_id)
            revision = CommentRevision.objects.get(comment=comment, revision=comment.revision)
            assert (decision.comment_id, decision.revision) == (comment.pk, comment.revision)
            assert decision.outcome == "published"
            assert (revision.body, revision.name) == (comment.body, comment.name)

    @invariant()
    def a_machine_decided_once_at_most_about_each_text_and_round(self) -> None:
        seen = list(Decision.objects.filter(actor_kind="machine").values_list("comment", "revision", "round"))
        assert len(seen) == len(set(seen))

    @invariant()
    def the_version_rises_with_every_visible_change(self) -> None:
        page = thread_page(self.article.pk, sort="oldest", limit=100)
        shown = [page.count, [visible(node) for node in page.results]]
        if shown != self.shown and self.shown:
            assert page.version > self.version
        assert page.version >= self.version
        self.shown, self.version = shown, page.version


def visible(node: Node) -> list[Any]:
    return [node.id, node.name, node.body, node.reply_count, [visible(reply) for reply in node.replies]]


@pytest.mark.timeout(3600 if SEQUENCES else 300)
@pytest.mark.django_db
def test_any_sequence_of_events_keeps_the_promises() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Newsroom,
        settings=settings(
            max_examples=SEQUENCES or 25,
            stateful_step_count=50 if SEQUENCES else 30,
            derandomize=not SEQUENCES,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
