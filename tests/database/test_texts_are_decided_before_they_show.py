"""No text is shown, changed or lost past the rules, whoever writes SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from comments.models import Comment, CommentRevision
from comments.services import edit_comment
from moderation.models import Decision
from tests.factories import ArticleFactory, CommentFactory, decide

Run = Callable[..., int]
Refused = Callable[..., str]
DECIDED = ("published", "held", "rejected", "removed")
INSERT = """
INSERT INTO comments_comment (id, article_id, ancestors, depth, name, body, status, held_by, revision, round,
    decision_id, reason_code, reply_count, votes, demo, attempts, publish_count)
VALUES (%s, %s, '{}', 0, 'Ada', 'Hello', %s, %s, %s, %s, %s, '', 0, 0, false, 0, 0)
"""


DECIDE = """
INSERT INTO moderation_decision (id, comment_id, revision, round, actor_kind, actor_id, outcome, held_by,
    reason_code, note, findings, scores, language, policy, is_bulk, demo, txid)
VALUES (gen_random_uuid(), %s, 1, 1, %s, (SELECT id FROM auth_user WHERE %s LIMIT 1), 'published', '',
    '', '', '[]', '{}', '', '{}', false, false, 0)
"""


def insert(article_id: Any, status: str = "pending", **fields: Any) -> tuple[Any, ...]:
    held_by = "detector" if status == "held" else ""
    given = {"revision": 1, "round": 1, "decision_id": None} | fields
    return (uuid4(), article_id, status, held_by, given["revision"], given["round"], given["decision_id"])


def test_a_comment_is_inserted_as_pending(role: str, sql: Run) -> None:
    assert sql(INSERT, *insert(ArticleFactory().pk)) == 1


@pytest.mark.parametrize("status", [*DECIDED, "withdrawn", "unheard_of"])
def test_a_comment_is_never_inserted_in_another_state(role: str, refused: Refused, status: str) -> None:
    refused(INSERT, *insert(ArticleFactory().pk, status))
    refused(INSERT, *insert(ArticleFactory().pk, status, decision_id=uuid4()))


@pytest.mark.parametrize("fields", [{"revision": 2}, {"round": 2}, {"decision_id": uuid4()}])
def test_a_comment_begins_at_the_beginning(role: str, refused: Refused, fields: dict[str, Any]) -> None:
    refused(INSERT, *insert(ArticleFactory().pk, **fields))


@pytest.mark.parametrize("column", ["body", "name"])
@pytest.mark.parametrize("status", ["pending", *DECIDED, "withdrawn"])
def test_a_text_does_not_change_in_place(role: str, refused: Refused, column: str, status: str) -> None:
    comment = CommentFactory(status=status)

    words = refused(f"UPDATE comments_comment SET {column} = 'Changed' WHERE id = %s", comment.pk)

    assert "a text changes only as the next revision" in words
    comment.refresh_from_db()
    assert "Changed" not in (comment.body, comment.name)


@pytest.mark.parametrize("status", ["pending", "published", "held"])
def test_an_edit_is_the_next_revision_pending_and_undecided(role: str, sql: Run, status: str) -> None:
    comment = CommentFactory(status=status)

    sql(
        "UPDATE comments_comment SET body = 'Changed', revision = 2, status = 'pending', decision_id = NULL,"
        " held_by = '', round = 1 WHERE id = %s",
        comment.pk,
    )

    comment.refresh_from_db()
    assert (comment.status, comment.revision, comment.decision_id) == ("pending", 2, None)


@pytest.mark.parametrize("status", ["rejected", "removed", "withdrawn"])
def test_a_refused_text_is_not_edited_back(role: str, refused: Refused, status: str) -> None:
    comment = CommentFactory(status=status)

    refused(
        "UPDATE comments_comment SET body = 'Changed', revision = 2, status = 'pending', decision_id = NULL"
        " WHERE id = %s",
        comment.pk,
    )


@pytest.mark.parametrize(
    "changes",
    [
        "body = 'Changed', revision = 3, status = 'pending', decision_id = NULL",
        "body = 'Changed', revision = 2, decision_id = NULL",
        "body = 'Changed', revision = 2, status = 'pending'",
        "body = 'Changed', revision = 2",
        "revision = 2",
        "revision = 0",
        "body = 'Changed', revision = 2, status = 'pending', decision_id = NULL, round = 2",
    ],
)
def test_half_an_edit_is_refused(role: str, refused: Refused, changes: str) -> None:
    comment = CommentFactory(status="published")

    refused(f"UPDATE comments_comment SET {changes} WHERE id = %s", comment.pk)

    comment.refresh_from_db()
    assert (comment.status, comment.revision) == ("published", 1)


@pytest.mark.parametrize(
    "changes",
    [
        "decision_id = NULL",
        "decision_id = gen_random_uuid()",
        "status = 'pending', decision_id = NULL",
        "status = 'pending'",
        "round = 2",
        "held_by = 'rule'",
    ],
)
@pytest.mark.parametrize("status", ["published", "held"])
def test_a_decision_is_not_taken_off_its_text(role: str, refused: Refused, status: str, changes: str) -> None:
    comment = CommentFactory(status=status)

    refused(f"UPDATE comments_comment SET {changes} WHERE id = %s", comment.pk)


@pytest.mark.parametrize(
    "changes",
    [
        "article_id = (SELECT id FROM articles_article WHERE slug = 'elsewhere')",
        "id = gen_random_uuid()",
        "depth = 1",
        "ancestors = ARRAY[gen_random_uuid()]",
        "created_at = now() - interval '1 year'",
    ],
)
def test_a_comment_stays_where_and_when_it_was_written(role: str, refused: Refused, changes: str) -> None:
    ArticleFactory(slug="elsewhere")
    comment = CommentFactory(status="published")

    assert "stays where" in refused(f"UPDATE comments_comment SET {changes} WHERE id = %s", comment.pk)


def test_columns_of_the_outbox_may_change(role: str, sql: Run) -> None:
    comment = CommentFactory()

    sql(
        "UPDATE comments_comment SET attempts = 3, lease_token = gen_random_uuid(), lease_until = now(),"
        " next_attempt_at = now(), publish_count = 2 WHERE id = %s",
        comment.pk,
    )

    comment.refresh_from_db()
    assert comment.attempts == 3


@pytest.mark.parametrize("status", ["pending", *DECIDED, "withdrawn", "erased"])
def test_a_comment_is_never_deleted(role: str, refused: Refused, status: str) -> None:
    comment = CommentFactory(status=status)

    refused("DELETE FROM comments_comment WHERE id = %s", comment.pk)


def test_a_bulk_statement_is_refused_as_a_whole(role: str, refused: Refused) -> None:
    comments = [CommentFactory(), CommentFactory()]

    refused("UPDATE comments_comment SET status = 'published'")

    assert {Comment.objects.get(pk=comment.pk).status for comment in comments} == {"pending"}


# --- erased ------------------------------------------------------------------------------------------------
ERASE = "UPDATE comments_comment SET status = 'erased', held_by = ''"


@pytest.mark.parametrize("status", ["pending", *DECIDED, "withdrawn"])
def test_any_comment_can_be_erased_and_is_then_empty(
    role: str, sql: Run, refused: Refused, status: str
) -> None:
    comment = CommentFactory(status=status)

    refused(f"{ERASE} WHERE id = %s", comment.pk)
    refused(f"{ERASE}, body = '' WHERE id = %s", comment.pk)
    refused(f"{ERASE}, name = '' WHERE id = %s", comment.pk)
    sql(f"{ERASE}, body = '', name = '' WHERE id = %s", comment.pk)

    comment.refresh_from_db()
    assert (comment.status, comment.body, comment.name) == ("erased", "", "")


@pytest.mark.parametrize("status", ["pending", "published", "withdrawn", "rejected"])
def test_erased_is_final(role: str, refused: Refused, status: str) -> None:
    comment = CommentFactory(status="erased")

    refused(
        "UPDATE comments_comment SET status = %s, body = 'back', name = 'Ada' WHERE id = %s",
        status,
        comment.pk,
    )
    refused("UPDATE comments_comment SET body = 'back' WHERE id = %s", comment.pk)
    refused("UPDATE comments_comment SET name = 'Ada' WHERE id = %s", comment.pk)


def test_an_empty_text_is_an_erased_one(role: str, refused: Refused) -> None:
    comment = CommentFactory()

    refused("UPDATE comments_comment SET body = '', revision = 2 WHERE id = %s", comment.pk)


# --- records -----------------------------------------------------------------------------------------------
def test_a_machine_decides_once_in_a_round(role: str, refused: Refused) -> None:
    comment = CommentFactory(status="held")
    kept = Decision.objects.get(pk=comment.decision_id)

    words = refused(
        DECIDE,
        comment.pk,
        "machine",
        False,
    )

    assert "one_machine_decision_per_round" in words
    assert list(Decision.objects.filter(comment=comment)) == [kept]


@pytest.mark.parametrize(
    ("kind", "named"), [("person", False), ("machine", True), ("system", True), ("robot", False)]
)
def test_a_person_is_named_and_nobody_else(role: str, refused: Refused, kind: str, named: bool) -> None:
    comment = CommentFactory()
    decide(comment, "held", actor_kind="person")

    refused(
        DECIDE,
        comment.pk,
        kind,
        named,
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE moderation_decision SET outcome = 'published'",
        "UPDATE moderation_decision SET note = 'x'",
        "UPDATE moderation_decision SET at = now()",
        "DELETE FROM moderation_decision",
        "UPDATE audit_auditentry SET reason = 'x'",
        "UPDATE audit_auditentry SET at = now()",
        "UPDATE audit_auditentry SET seq = 1",
        "DELETE FROM audit_auditentry",
        "UPDATE comments_commentrevision SET body = 'x'",
        "UPDATE comments_commentrevision SET name = 'x'",
        "DELETE FROM comments_commentrevision",
    ],
)
def test_records_are_not_changed_or_deleted(role: str, refused: Refused, statement: str) -> None:
    comment = CommentFactory(status="removed")
    comment_withdrawn = CommentFactory(status="withdrawn")  # Its audit row.
    before = records()
    assert all(before)

    refused(statement)

    assert records() == before
    assert {comment.status, comment_withdrawn.status} == {"removed", "withdrawn"}


def records() -> tuple[list[Any], ...]:
    from newsroom.audit.models import AuditEntry

    return (
        list(Decision.objects.order_by("id").values()),
        list(AuditEntry.objects.order_by("id").values()),
        list(CommentRevision.objects.order_by("id").values()),
    )


def test_an_audit_row_is_written_unsealed_and_sealed_once(role: str, sql: Run, refused: Refused) -> None:
    columns = "id, actor_kind, action, object_type, object_id, reason, data"
    values = "gen_random_uuid(), 'system', 'a', 'b', 'c', '', '{}'"
    insert = "INSERT INTO audit_auditentry"
    refused(f"{insert} ({columns}, seq, prev_hash, hash) VALUES ({values}, 1, '\\x00', '\\x00')")
    sql(f"{insert} ({columns}) VALUES ({values})")

    sealing = "UPDATE audit_auditentry SET seq = 1, prev_hash = '\\x00', hash = '\\x01'"
    assert sql(sealing) == 1
    refused(sealing)
    refused("UPDATE audit_auditentry SET hash = '\\x02'")


def test_revisions_go_with_an_erased_comment_only(role: str, sql: Run, refused: Refused) -> None:
    erased, kept = CommentFactory(status="erased"), CommentFactory()

    assert sql("DELETE FROM comments_commentrevision WHERE comment_id = %s", erased.pk) == 1
    refused("DELETE FROM comments_commentrevision WHERE comment_id = %s", kept.pk)


def test_every_edit_keeps_the_earlier_text(role: str) -> None:
    comment = CommentFactory(body="One.")
    edit_comment(comment_id=comment.pk, body="Two.", at=comment.created_at)

    assert list(comment.revisions.order_by("revision").values_list("revision", "body")) == [
        (1, "One."),
        (2, "Two."),
    ]


@pytest.mark.parametrize("value", [-1, -100])
def test_a_thread_never_counts_below_nothing(role: str, refused: Refused, value: int) -> None:
    comment = CommentFactory(status="published")

    refused(
        "UPDATE comments_thread SET published_count = %s WHERE article_id = %s", value, comment.article_id
    )
