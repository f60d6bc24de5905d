"""The row is the outbox: whatever becomes of its message, it is published again, with backoff."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from redis import Redis

from comments.leases import claim_for_moderation
from comments.models import Comment
from moderation import outbox, reconciler
from moderation.broker import queue_key
from tests.factories import CommentFactory
from tests.reliability.conftest import After

pytestmark = pytest.mark.django_db(transaction=True)


def make_due(comment: Comment, *, publish_count: int = 0, seconds_ago: float = 1.0) -> None:
    Comment.objects.filter(pk=comment.pk).update(
        next_attempt_at=timezone.now() - timedelta(seconds=seconds_ago), publish_count=publish_count
    )
    comment.refresh_from_db()


def put_off_by_s(comment: Comment) -> float:
    comment.refresh_from_db()
    return (comment.next_attempt_at - timezone.now()).total_seconds()


def test_a_comment_whose_message_was_lost_is_published_again(
    broker: Redis, queued: Callable[[], int], reconcile: Callable[..., None], worker_seen: Callable[[], None]
) -> None:
    comment = CommentFactory()
    assert queued() == 1
    broker.flushdb()
    make_due(comment)
    worker_seen()
    reconcile(lambda: Comment.objects.get(pk=comment.pk).publish_count == 1 and queued() >= 1)
    assert 10 < put_off_by_s(comment) <= 15


@pytest.mark.parametrize(
    ("publish_count", "seconds"), [(0, 15), (1, 30), (2, 60), (4, 240), (5, 300), (1000, 300)]
)
def test_the_backoff_doubles_up_to_five_minutes(publish_count: int, seconds: int) -> None:
    comment = CommentFactory()
    make_due(comment, publish_count=publish_count)
    assert outbox.take_due(limit=10) == [comment.pk]
    assert put_off_by_s(comment) == pytest.approx(seconds, abs=2)
    assert outbox.take_due(limit=10) == []


def test_a_row_before_its_time_or_under_a_lease_is_left_alone() -> None:
    CommentFactory()  # due in three seconds
    leased = CommentFactory()
    make_due(leased)
    assert claim_for_moderation(leased.pk) is not None
    assert outbox.take_due(limit=10) == []


def test_decided_rows_are_never_published() -> None:
    for status in ("published", "held", "rejected", "removed", "withdrawn", "erased"):
        make_due(CommentFactory(status=status))
    assert outbox.take_due(limit=10) == []


def test_a_deep_queue_is_not_made_deeper(
    broker: Redis, queued: Callable[[], int], reconcile: Callable[..., None], worker_seen: Callable[[], None]
) -> None:
    comment = CommentFactory()
    make_due(comment)
    broker.rpush(queue_key(), *["{}"] * reconciler.SHALLOW)
    worker_seen()
    reconcile(After(3))
    assert Comment.objects.get(pk=comment.pk).publish_count == 0


def test_what_the_queue_did_not_help_for_45_seconds_is_overdue() -> None:
    young, old, old_and_published, lost_lease = (CommentFactory() for _ in range(4))
    long_ago = timezone.now() - timedelta(seconds=46)
    for comment in (old, old_and_published, lost_lease):
        Comment.objects.filter(pk=comment.pk).update(edited_at=long_ago)
    Comment.objects.filter(pk=old_and_published.pk).update(publish_count=2)
    Comment.objects.filter(pk=lost_lease.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert set(outbox.overdue(limit=10, is_queue_deep=False)) == {old_and_published.pk, lost_lease.pk}
    deep = set(outbox.overdue(limit=10, is_queue_deep=True))
    assert deep == {old.pk, old_and_published.pk, lost_lease.pk}
    assert young.pk not in deep
