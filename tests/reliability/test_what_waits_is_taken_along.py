"""Under a backlog a task takes along what waits; each comment keeps a lease and a fate of its own."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from redis import Redis

from comments.leases import FIRST_CHECK_AFTER, claim_for_moderation, claim_waiting
from comments.models import Comment
from moderation import publishing, services, tasks
from moderation.broker import queue_key
from moderation.models import Decision
from tests.factories import CommentFactory


def waiting_for(seconds: float, **fields: Any) -> Comment:
    """A pending comment that was sent so long ago."""
    comment = CommentFactory()
    due = timezone.now() + FIRST_CHECK_AFTER - timedelta(seconds=seconds)
    Comment.objects.filter(pk=comment.pk).update(next_attempt_at=due, **fields)
    return comment


def state_of(comment: Comment) -> tuple[str, int, bool]:
    comment.refresh_from_db()
    return comment.status, comment.attempts, comment.lease_token is not None


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Callable[[Comment], None]:
    """Let a comment end whoever judges it."""
    judge = services.judge

    def lets(culprit: Comment) -> None:
        def judged(comment: Comment, **kwargs: Any) -> services.Judgement:
            if comment.pk == culprit.pk:
                raise SystemExit
            return judge(comment, **kwargs)

        monkeypatch.setattr(services, "judge", judged)

    return lets


def test_who_waits_longest_is_leased_first_and_each_once(db: None) -> None:
    second, first = waiting_for(1), waiting_for(2)
    leases = [claim_waiting(), claim_waiting()]
    assert [lease and lease.comment_id for lease in leases] == [first.pk, second.pk]
    assert [lease and lease.is_another_waiting for lease in leases] == [True, False]
    assert claim_waiting() is None


def test_what_is_on_its_way_was_tried_before_or_is_put_off_is_left_alone(db: None) -> None:
    waiting_for(-30)
    waiting_for(60, attempts=1)
    waiting_for(60, lease_until=timezone.now() - timedelta(seconds=1))
    waiting_for(-15, publish_count=1)
    assert claim_waiting() is None


def test_a_message_brings_all_that_waits_and_a_late_one_brings_the_rest(db: None) -> None:
    asked, *others = (waiting_for(seconds) for seconds in (3, 2, 1))
    fresh = waiting_for(-30)
    assert services.moderate_with_waiting(asked.pk) == 3
    assert Decision.objects.filter(comment__in=[asked, *others], actor_kind="machine").count() == 3
    assert state_of(fresh) == ("pending", 0, False)
    late = waiting_for(1)
    assert services.moderate_with_waiting(asked.pk) == 1  # Decided already, so it looks for what waits.
    assert state_of(late)[0] != "pending"
    assert services.moderate_with_waiting(asked.pk) == 0


def test_what_breaks_the_task_costs_no_other_an_attempt(db: None, breaks: Callable[[Comment], None]) -> None:
    asked, culprit, innocent = (waiting_for(seconds) for seconds in (3, 2, 1))
    breaks(culprit)
    with pytest.raises(SystemExit):
        services.moderate_with_waiting(asked.pk)
    assert state_of(asked)[0] != "pending"
    assert state_of(culprit) == ("pending", 0, True)  # Its lease runs out, which counts.
    assert state_of(innocent) == ("pending", 0, False)
    assert services.moderate_with_waiting(asked.pk) == 1
    assert state_of(innocent)[0] != "pending"
    assert state_of(culprit) == ("pending", 0, True)


def test_after_a_second_the_next_message_goes_on(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "TAKES_ALONG_S", 0.0)
    asked, other = waiting_for(2), waiting_for(1)
    assert services.moderate_with_waiting(asked.pk) == 1
    assert state_of(other) == ("pending", 0, False)
    assert claim_for_moderation(other.pk) is not None


def test_a_deep_queue_gets_no_message_more_for_what_its_messages_bring(
    db: None, broker: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, str]] = []
    monkeypatch.setattr(
        tasks.moderate_comment, "apply_async", lambda **options: sent.append(options["kwargs"])
    )
    comment = CommentFactory()
    broker.rpush(queue_key(), *["{}"] * (publishing.DEEP - 1))
    assert publishing.announce(comment.pk)
    assert sent == [{"comment_id": str(comment.pk)}]
    broker.rpush(queue_key(), "{}")
    assert publishing.announce(comment.pk)
    assert len(sent) == 1
    assert publishing.publish_moderation(comment.pk)  # The reconciler knows better.
    assert len(sent) == 2
