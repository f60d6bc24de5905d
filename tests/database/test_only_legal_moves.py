"""Every move of a comment's life (design, section 4) works; every other pair of states and actor is refused.

All by raw SQL: a decision is inserted by that kind of actor, and the row is updated to follow it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from comments.models import Comment
from moderation.models import Decision
from tests.factories import CommentFactory, UserFactory, decide

STATES = ("pending", "published", "held", "rejected", "removed", "withdrawn", "erased")
ACTORS = ("machine", "person", "system", "import", "nobody")
HOLDER = {
    "machine": "detector",
    "person": "person",
    "system": "failure",
    "import": "rule",
    "nobody": "person",
}

# (from, to): who may, by a decision about this text. Held comments here are held by a detector.
BY_DECISION = {
    ("pending", "published"): {"machine", "person", "import"},
    ("pending", "held"): {"machine", "person", "import", "system"},
    ("pending", "rejected"): {"machine", "person", "import"},
    ("held", "published"): {"person"},
    ("held", "rejected"): {"person"},
    ("held", "pending"): {"person"},
    ("published", "removed"): {"person"},
    ("published", "held"): {"person"},
    ("rejected", "published"): {"person"},
    ("removed", "published"): {"person"},
}
# Who may without any decision: the commenter withdraws, retention erases.
WITHOUT_DECISION = {(old, "withdrawn") for old in STATES if old not in {"withdrawn", "erased"}} | {
    (old, "erased") for old in STATES if old != "erased"
}
INSERT = """
INSERT INTO moderation_decision (id, comment_id, revision, round, actor_kind, actor_id, outcome, held_by,
    reason_code, note, findings, scores, language, policy, is_bulk, demo, txid)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '', '', '[]', '{}', '', '{}', false, false, 0)
"""
MOVE = """
UPDATE comments_comment SET status = %s, held_by = %s, decision_id = coalesce(%s, decision_id),
    round = round + %s, name = CASE WHEN %s = 'erased' THEN '' ELSE name END,
    body = CASE WHEN %s = 'erased' THEN '' ELSE body END
WHERE id = %s
"""


def move(comment: Comment, new: str, actor: str, *, held_by: str | None = None, actor_id: Any = None) -> None:
    """Insert the decision (unless nobody decides) and move the row, in one transaction."""
    holder = (HOLDER[actor] if held_by is None else held_by) if new == "held" else ""
    decision_id = None if actor == "nobody" else uuid4()
    if actor == "person" and actor_id is None:
        actor_id = UserFactory(username="second-editor").pk
    with transaction.atomic(), connection.cursor() as cursor:
        if decision_id:
            values = [decision_id, comment.pk, comment.revision, comment.round, actor, actor_id, new, holder]
            cursor.execute(INSERT, values)
        cursor.execute(MOVE, [new, holder, decision_id, int(new == "pending"), new, new, comment.pk])
        assert cursor.rowcount == 1


def status_of(comment: Comment) -> str:
    return str(Comment.objects.values_list("status", flat=True).get(pk=comment.pk))


class Tried(Exception):
    """Rolls back a move that worked, so that the next one starts from the same state."""


def is_accepted(comment: Comment, new: str, actor: str) -> bool:
    try:
        with transaction.atomic():
            move(comment, new, actor)
            assert status_of(comment) == new
            raise Tried
    except DatabaseError:
        return False
    except Tried:
        return True


def is_legal(old: str, new: str, actor: str) -> bool:
    if actor == "nobody":
        return (old, new) in WITHOUT_DECISION
    if (
        new == "erased"
    ):  # What else is written in that transaction does not matter, but for a second machine's.
        return old != "erased" and not (
            actor == "machine" and old in {"published", "held", "rejected", "removed"}
        )
    return actor in BY_DECISION.get((old, new), ())


@pytest.mark.parametrize("old", STATES)
def test_the_table_of_moves_holds(role: str, old: str) -> None:
    comment = CommentFactory(status=old)
    moves = [(new, actor) for new, actor in product(STATES, ACTORS) if new != old]

    accepted = {(new, actor) for new, actor in moves if is_accepted(comment, new, actor)}

    assert accepted == {(new, actor) for new, actor in moves if is_legal(old, new, actor)}
    assert status_of(comment) == old


@pytest.mark.parametrize(
    ("actor", "held_by", "legal"),
    [
        ("system", "failure", True),
        ("system", "report", False),
        ("system", "rule", False),
        ("machine", "rule", True),
    ],
)
def test_the_system_holds_a_pending_comment_by_failure_only(
    role: str, actor: str, held_by: str, legal: bool
) -> None:
    comment = CommentFactory()

    if legal:
        move(comment, "held", actor, held_by=held_by)
    else:
        with pytest.raises(DatabaseError):
            move(comment, "held", actor, held_by=held_by)
    assert status_of(comment) == ("held" if legal else "pending")


@pytest.mark.parametrize(("held_by", "legal"), [("report", True), ("failure", False), ("person", False)])
def test_the_system_takes_a_published_comment_back_on_reports_only(
    role: str, held_by: str, legal: bool
) -> None:
    comment = CommentFactory(status="published")

    if legal:
        move(comment, "held", "system", held_by=held_by)
    else:
        with pytest.raises(DatabaseError):
            move(comment, "held", "system", held_by=held_by)
    assert status_of(comment) == ("held" if legal else "published")


@pytest.mark.parametrize(("reason", "legal"), [("not_reviewed", True), ("spam", False)])
def test_the_system_ends_a_hold_only_as_not_reviewed(role: str, reason: str, legal: bool) -> None:
    comment = CommentFactory(status="held")
    if legal:
        decide(comment, "rejected", actor_kind="system", reason_code=reason)
    else:
        with pytest.raises(DatabaseError):
            decide(comment, "rejected", actor_kind="system", reason_code=reason)
    assert status_of(comment) == ("rejected" if legal else "held")


@pytest.mark.parametrize(
    ("held_by", "actor", "legal"),
    [
        ("rule", "person", True),
        ("detector", "person", True),
        ("failure", "person", False),
        ("report", "person", False),
        ("person", "person", False),
        ("rule", "system", False),
        ("detector", "system", False),
        ("failure", "system", True),
        ("failure", "machine", False),
        ("failure", "import", False),
    ],
)
def test_a_held_comment_is_checked_again_by_the_right_hand(
    role: str, held_by: str, actor: str, legal: bool
) -> None:
    comment = CommentFactory(status="published") if held_by == "report" else CommentFactory()
    kind = {"failure": "machine", "report": "system", "person": "person"}.get(held_by, "machine")
    decide(comment, "held", actor_kind=kind, held_by=held_by)

    if legal:
        move(comment, "pending", actor)
        comment.refresh_from_db()
        assert (comment.status, comment.round) == ("pending", 2)
        return
    with pytest.raises(DatabaseError):
        move(comment, "pending", actor)


def fail(comment: Comment, **fields: Any) -> None:
    decide(comment, "held", actor_kind=fields.pop("actor_kind", "machine"), held_by="failure", **fields)


def test_failure_is_retried_by_itself_only_once(role: str) -> None:
    comment = CommentFactory()
    fail(comment)
    move(comment, "pending", "system")
    comment.refresh_from_db()
    fail(comment)

    with pytest.raises(DatabaseError):
        move(comment, "pending", "system")


def test_failure_is_not_retried_after_a_person_acted(role: str) -> None:
    comment = CommentFactory(status="held")
    move(comment, "pending", "person")
    comment.refresh_from_db()
    fail(comment)

    with pytest.raises(DatabaseError):
        move(comment, "pending", "system")


def test_exhausted_attempts_are_never_retried(role: str) -> None:
    comment = CommentFactory()
    fail(comment, actor_kind="system", reason_code="attempts_exhausted")

    with pytest.raises(DatabaseError):
        move(comment, "pending", "system")


@pytest.mark.parametrize("step", [0, 2])
def test_a_round_rises_by_one_and_only_by_checking_again(
    role: str, step: int, refused: Callable[..., str]
) -> None:
    comment = CommentFactory(status="held")
    again = decision(comment, "pending")

    refused(
        "UPDATE comments_comment SET status = 'pending', held_by = '', decision_id = %s, round = round + %s"
        " WHERE id = %s",
        again.pk,
        step,
        comment.pk,
    )


# --- undo --------------------------------------------------------------------------------------------------
def decided_by(editor: Any, outcome: str, *, seconds_ago: int) -> Comment:
    """A comment on which an editor decided so many seconds ago."""
    comment = CommentFactory(status="held")
    decision_id = uuid4()
    with transaction.atomic(), connection.cursor() as cursor:
        values = [decision_id, comment.pk, 1, 1, "person", editor.pk, outcome, ""]
        with_time = INSERT.replace("demo, txid)", "demo, txid, at)").replace(
            "false, 0)", "false, 0, clock_timestamp() - make_interval(secs => %s))"
        )
        cursor.execute(with_time, [*values, seconds_ago])
        cursor.execute(MOVE, [outcome, "", decision_id, 0, outcome, outcome, comment.pk])
    return comment


@pytest.mark.parametrize(
    ("seconds_ago", "is_own", "legal"), [(58, True, True), (61, True, False), (5, False, False)]
)
def test_undo_of_a_refusal_is_for_ones_own_decision_within_a_minute(
    role: str, seconds_ago: int, is_own: bool, legal: bool
) -> None:
    editor, other = UserFactory(), UserFactory()
    comment = decided_by(editor, "rejected", seconds_ago=seconds_ago)
    undoer = editor if is_own else other

    if legal:
        move(comment, "held", "person", actor_id=undoer.pk)
    else:
        with pytest.raises(DatabaseError):
            move(comment, "held", "person", actor_id=undoer.pk)
    assert status_of(comment) == ("held" if legal else "rejected")


def test_a_machines_refusal_is_not_undone_but_decided_anew(role: str) -> None:
    comment = CommentFactory(status="rejected")

    with pytest.raises(DatabaseError):
        move(comment, "held", "person")


# --- the decision has to be about exactly this -----------------------------------------------------------
def decision(comment: Comment, outcome: str, **fields: Any) -> Decision:
    """A person's decision that nothing followed yet."""
    given = {
        "comment": comment,
        "revision": comment.revision,
        "round": comment.round,
        "actor_kind": "person",
        "actor": UserFactory(username="editor"),
        "outcome": outcome,
    }
    return Decision.objects.create(**(given | fields))


PUBLISH = "UPDATE comments_comment SET status = 'published', decision_id = %s, held_by = '' WHERE id = %s"


def test_a_decision_about_another_comment_publishes_nothing(role: str, refused: Callable[..., str]) -> None:
    mine, other = CommentFactory(), CommentFactory()

    refused(PUBLISH, decision(other, "published").pk, mine.pk)

    assert status_of(mine) == "pending"


def test_a_decision_about_an_older_text_publishes_nothing(
    role: str, sql: Callable[..., int], refused: Callable[..., str]
) -> None:
    comment = CommentFactory()
    about_the_first = decision(comment, "published")
    sql("UPDATE comments_comment SET body = 'Another.', revision = 2 WHERE id = %s", comment.pk)

    refused(PUBLISH, about_the_first.pk, comment.pk)


def test_a_decision_of_an_earlier_round_publishes_nothing(role: str, refused: Callable[..., str]) -> None:
    comment = CommentFactory(status="held")
    move(comment, "pending", "person")
    comment.refresh_from_db()

    refused(PUBLISH, decision(comment, "published", round=1).pk, comment.pk)


def test_a_decision_for_something_else_publishes_nothing(role: str, refused: Callable[..., str]) -> None:
    comment = CommentFactory(status="held")

    refused(PUBLISH, decision(comment, "rejected").pk, comment.pk)


def test_a_decision_that_does_not_exist_publishes_nothing(role: str, refused: Callable[..., str]) -> None:
    refused(PUBLISH, uuid4(), CommentFactory().pk)
    refused(PUBLISH, None, CommentFactory().pk)


def test_the_decision_that_holds_is_not_used_for_the_next_move(
    role: str, refused: Callable[..., str]
) -> None:
    comment = CommentFactory(status="removed")

    refused(PUBLISH, comment.decision_id, comment.pk)


@pytest.mark.django_db(transaction=True)
def test_a_decision_counts_only_in_the_transaction_that_wrote_it() -> None:
    comment = CommentFactory(status="held")
    written_before = decision(comment, "published")

    with pytest.raises(DatabaseError, match="no decision of this transaction"), connection.cursor() as cursor:
        cursor.execute(PUBLISH, [written_before.pk, comment.pk])

    assert status_of(comment) == "held"


@pytest.mark.django_db(transaction=True)
def test_a_decision_used_once_is_used_up() -> None:
    comment = CommentFactory(status="held")
    approval = decide(comment, "published", actor_kind="person")
    decide(comment, "removed", actor_kind="person", reason_code="other")

    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(PUBLISH, [approval.pk, comment.pk])


def test_a_forged_transaction_id_is_overwritten(role: str, sql: Callable[..., int]) -> None:
    comment = CommentFactory(status="held")
    forged = decision(comment, "published", txid=1)

    forged.refresh_from_db()
    assert forged.txid > 1
