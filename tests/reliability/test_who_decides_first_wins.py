"""Workers, people and the author at one comment at once: one decision holds, about the text that stands."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from articles.models import Article
from comments.models import Comment, Thread
from comments.services import edit_comment
from moderation import services
from moderation.models import Decision, ModelVersion
from newsroom.audit.models import AuditEntry
from tests.factories import ArticleFactory, CommentFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meanwhile(
    classifier: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[], Any]], None]:
    """Has something happen after the classifier has judged and before its decision is written."""

    def arrange(happens: Callable[[], Any]) -> None:
        judge = services.judge

        def judge_slowly(comment: Comment) -> services.Judgement:
            judgement = judge(comment)
            monkeypatch.setattr(services, "judge", judge)
            happens()
            return judgement

        monkeypatch.setattr(services, "judge", judge_slowly)

    return arrange


def run_at_once(calls: list[Callable[[], Any]]) -> list[BaseException]:
    """Call them all at the same moment, each on a connection of its own; what they raised."""
    barrier, errors = threading.Barrier(len(calls)), []

    def run(call: Callable[[], Any]) -> None:
        connection.ensure_connection()
        barrier.wait()
        try:
            call()
        except Exception as error:  # noqa: BLE001  (the test looks at all of them)
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_a_person_who_decides_while_the_machine_judges_wins(meanwhile: Callable[..., None]) -> None:
    comment = CommentFactory()
    editor = UserFactory()
    meanwhile(
        lambda: services.decide_by_person(
            comment_id=comment.pk, actor=editor, outcome="rejected", seen_revision=1, reason_code="off_topic"
        )
    )
    assert services.moderate_comment(comment.pk) is None
    comment.refresh_from_db()
    assert comment.status == "rejected"
    assert [decision.actor_kind for decision in Decision.objects.filter(comment=comment)] == ["person"]
    assert AuditEntry.objects.filter(object_id=str(comment.pk)).count() == 1


def test_a_text_that_is_edited_while_it_is_judged_is_not_decided_by_its_old_words(
    meanwhile: Callable[..., None],
) -> None:
    comment = CommentFactory(body="The old words of this comment.")
    new = "You stupid idiot, you pathetic moron."
    meanwhile(lambda: edit_comment(comment_id=comment.pk, body=new, at=timezone.now()))
    assert services.moderate_comment(comment.pk) is None
    comment.refresh_from_db()
    assert (comment.status, comment.revision, comment.body) == ("pending", 2, new)
    assert not Decision.objects.filter(comment=comment).exists()
    decision = services.moderate_comment(comment.pk)
    assert decision is not None
    assert (decision.revision, decision.outcome) == (2, "held")


def test_a_worker_that_comes_back_after_its_lease_ran_out_decides_nothing(
    meanwhile: Callable[..., None],
) -> None:
    comment = CommentFactory()

    def lose_the_lease() -> None:
        Comment.objects.filter(pk=comment.pk).update(lease_until=timezone.now())
        second = services.moderate_comment(comment.pk)
        assert second is not None

    meanwhile(lose_the_lease)
    assert services.moderate_comment(comment.pk) is None
    assert Decision.objects.filter(comment=comment).count() == 1
    comment.refresh_from_db()
    assert (comment.status, comment.attempts) == ("published", 1)


def test_a_judgement_whose_lease_another_worker_holds_now_is_dropped(meanwhile: Callable[..., None]) -> None:
    comment = CommentFactory()

    def another_takes_over() -> None:
        Comment.objects.filter(pk=comment.pk).update(lease_until=timezone.now())
        from comments.leases import claim_for_moderation

        assert claim_for_moderation(comment.pk) is not None

    meanwhile(another_takes_over)
    assert services.moderate_comment(comment.pk) is None
    assert not Decision.objects.exists()
    comment.refresh_from_db()
    assert comment.status == "pending"


def test_of_many_workers_at_one_comment_one_decides(classifier: ModelVersion) -> None:
    services.engine.active()
    for number in range(5):
        comment = CommentFactory(network=f"192.0.2.{number}")
        errors = run_at_once([lambda pk=comment.pk: services.moderate_comment(pk)] * 4)
        assert errors == []
        assert Decision.objects.filter(comment=comment).count() == 1


def test_editors_and_machine_at_once_leave_one_state_and_both_stand_in_the_audit(
    classifier: ModelVersion,
) -> None:
    services.engine.active()
    editors = [UserFactory(), UserFactory()]
    for number in range(8):
        comment = CommentFactory(network=f"192.0.2.{number}")

        def decide(actor: Any, pk: Any = comment.pk) -> None:
            services.decide_by_person(
                comment_id=pk, actor=actor, outcome="published", seen_revision=1, seen_decision_id=None
            )

        calls = [lambda e=editor: decide(e) for editor in editors]
        errors = run_at_once([*calls, lambda pk=comment.pk: services.moderate_comment(pk)])
        assert all(isinstance(error, services.StaleDecision) for error in errors), errors
        comment.refresh_from_db()
        assert comment.status == "published"
        rows = Decision.objects.filter(comment=comment).count()
        assert AuditEntry.objects.filter(object_id=str(comment.pk)).count() == rows
        assert rows + len(errors) in {2, 3}  # The machine's is either kept or rolled back without an error.


def test_many_decisions_under_one_article_do_not_deadlock(classifier: ModelVersion) -> None:
    services.engine.active()
    article: Article = ArticleFactory()
    editor = UserFactory()
    roots = [CommentFactory(article=article, status="published", network=f"192.0.2.{n}") for n in range(3)]
    replies = [CommentFactory(parent=roots[n % 3], network=f"198.51.100.{n}") for n in range(24)]
    nested = []
    for n, reply in enumerate(replies[:6]):
        services.moderate_comment(reply.pk)
        nested.append(CommentFactory(parent=reply, network=f"203.0.113.{n}"))
    waiting = [*replies[6:], *nested]

    def work(share: int) -> None:
        for number, comment in enumerate(waiting[share::6]):
            if number % 3 == 2:
                services.decide_by_person(
                    comment_id=comment.pk, actor=editor, outcome="published", seen_revision=1
                )
            else:
                services.moderate_comment(comment.pk)
        services.decide_by_person(
            comment_id=replies[share].pk,
            actor=editor,
            outcome="removed",
            seen_revision=1,
            reason_code="off_topic",
        )

    errors = run_at_once([lambda s=share: work(s) for share in range(6)])
    assert errors == []
    published = Comment.objects.published().filter(article=article)
    assert Thread.objects.get(article=article).published_count == published.count()
    for root in Comment.objects.filter(article=article):
        assert root.reply_count == published.filter(ancestors__contains=[root.pk]).count()
