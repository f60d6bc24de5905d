"""Status, edit and withdrawal: for whoever holds the comment's token, and for nobody else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from comments.models import Comment
from comments.services import edit_comment
from comments.tokens import author_token, status_token
from moderation.models import Decision
from tests.contract.helpers import bearer, comments_path, fields, post_comment, problem
from tests.factories import ArticleFactory, CommentFactory, cms_token, decide

pytestmark = pytest.mark.django_db
STATES = ("pending", "published", "held", "rejected", "removed", "withdrawn", "erased")


def path_of(comment: Comment) -> str:
    return f"/api/v1/comments/{comment.pk}/"


def status_of(client: Client, comment: Comment, token: str | None = None) -> Any:
    token = status_token(comment.pk) if token is None else token
    return client.get(f"{path_of(comment)}status/", {"token": token})


def edit(client: Client, comment: Comment, body: Any = "Changed.", token: str | None = None) -> Any:
    token = author_token(comment.pk) if token is None else token
    sent = json.dumps({"body": body})
    return client.patch(path_of(comment), sent, "application/json", headers=bearer(token))


def withdraw(client: Client, comment: Comment, token: str | None = None) -> Any:
    token = author_token(comment.pk) if token is None else token
    return client.delete(path_of(comment), headers=bearer(token))


# --- status -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", STATES)
def test_the_status_is_told_and_never_the_text(client: Client, status: str) -> None:
    comment = CommentFactory(status=status, body="My own words", name="Ada Herself")

    response = status_of(client, comment)

    assert response.status_code == 200
    assert set(response.json()) == {"status", "revision", "reason", "appeal_url"}
    assert response.json()["status"] == status
    assert response.json()["revision"] == 1
    assert b"My own words" not in response.content
    assert b"Ada" not in response.content
    assert response["Cache-Control"] == "no-store"


def test_the_address_that_was_answered_leads_to_the_status(client: Client) -> None:
    answer = post_comment(client, ArticleFactory()).json()

    assert client.get(answer["status_url"]).json()["status"] == "pending"


@pytest.mark.parametrize(
    ("status", "reason"), [("rejected", "insult"), ("removed", "off_topic"), ("held", None)]
)
def test_a_refusal_has_its_reason_and_a_hold_gives_nothing_away(
    client: Client, status: str, reason: str | None
) -> None:
    assert status_of(client, CommentFactory(status=status)).json()["reason"] == reason


def test_the_author_token_may_look_too(client: Client) -> None:
    comment = CommentFactory()

    assert status_of(client, comment, author_token(comment.pk)).status_code == 200


def test_without_the_right_token_there_is_nothing(client: Client) -> None:
    comment, other = CommentFactory(), CommentFactory()
    unknown = uuid4()

    answers = [
        status_of(client, comment, wrong)
        for wrong in ("", "x", status_token(other.pk), author_token(other.pk), status_token(comment.pk) + "x")
    ]
    answers += [
        client.get(f"{path_of(comment)}status/"),
        client.get(f"/api/v1/comments/{unknown}/status/", {"token": status_token(unknown)}),
        client.get(f"{path_of(comment)}status/", headers=bearer(author_token(comment.pk))),
    ]

    for answer in answers:
        problem(answer, 404, "not_found")
    assert len({answer.content for answer in answers}) == 1  # Not to be told apart.


# --- edit -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", ["pending", "published", "held"])
def test_an_edit_is_pending_until_it_is_decided_anew(client: Client, status: str) -> None:
    comment = CommentFactory(status=status)

    response = edit(client, comment, "Changed.\r\n")

    assert response.status_code == 202
    assert set(response.json()) == {"id", "status", "revision", "status_url"}
    assert (response.json()["status"], response.json()["revision"]) == ("pending", 2)
    assert client.get(response.json()["status_url"]).json()["revision"] == 2
    thread = client.get(comments_path(comment.article))
    assert thread.json()["count"] == 0
    assert b"Changed" not in thread.content


def test_a_decided_edit_shows_when_it_was_edited(client: Client) -> None:
    comment = CommentFactory(status="published")
    edit(client, comment)
    comment.refresh_from_db()
    decide(comment, "published")

    [entry] = client.get(comments_path(comment.article)).json()["results"]

    assert entry["body"] == "Changed."
    assert entry["edited_at"].endswith("Z")


def test_an_edit_in_time_for_the_old_text_publishes_nothing(client: Client) -> None:
    """A worker that judged the first text finds its decision stale."""
    comment = CommentFactory()
    edit(client, comment)

    assert Comment.objects.get(pk=comment.pk).decision_id is None
    assert not Decision.objects.exists()


def test_the_same_text_again_changes_nothing(client: Client) -> None:
    comment = CommentFactory(status="published", body="Same.")

    response = edit(client, comment, " Same. ")

    assert response.status_code == 202
    assert (response.json()["status"], response.json()["revision"]) == ("published", 1)


@pytest.mark.parametrize("status", ["rejected", "removed", "withdrawn", "erased"])
def test_what_was_decided_against_is_not_editable(client: Client, status: str) -> None:
    problem(edit(client, CommentFactory(status=status)), 409, "not_editable")


def test_what_was_answered_is_not_editable(client: Client) -> None:
    comment = CommentFactory(status="published")
    reply = CommentFactory(parent=comment)
    assert edit(client, comment).status_code == 202  # Nobody has seen the answer yet.
    decide(comment, "published")
    decide(reply, "published")

    problem(edit(client, comment, "Again."), 409, "not_editable")


@pytest.mark.parametrize(
    ("age", "status"), [(timedelta(minutes=14, seconds=50), 202), (timedelta(minutes=15, seconds=1), 403)]
)
def test_an_edit_has_15_minutes(client: Client, age: timedelta, status: int) -> None:
    comment = CommentFactory(at=timezone.now() - age)

    response = edit(client, comment)

    assert response.status_code == status
    if status == 403:
        problem(response, 403, "edit_window_closed")


def test_the_15_minutes_are_counted_to_the_second() -> None:
    from comments.services import EditWindowClosed

    comment = CommentFactory()

    with pytest.raises(EditWindowClosed):
        edit_comment(
            comment_id=comment.pk, body="x", at=comment.created_at + timedelta(minutes=15, microseconds=1)
        )
    edited = edit_comment(comment_id=comment.pk, body="x", at=comment.created_at + timedelta(minutes=15))
    assert edited.revision == 2


@pytest.mark.parametrize("body", ["", "\u200b", 5, None, ["x"], "b" * 5_001])
def test_an_edit_obeys_the_rules_of_a_body(client: Client, body: Any) -> None:
    assert list(fields(edit(client, CommentFactory(), body))) == ["body"]


@pytest.mark.parametrize("key", ["name", "email", "parent", "status"])
def test_only_the_body_can_be_edited(client: Client, key: str) -> None:
    comment = CommentFactory()
    sent = json.dumps({"body": "x", key: "y"})

    response = client.patch(
        path_of(comment), sent, "application/json", headers=bearer(author_token(comment.pk))
    )

    assert fields(response) == {key: "unknown_field"}


def test_edits_count_as_writes_of_their_network(client: Client, settings: Any) -> None:
    settings.NEWSROOM_LIMITS = "strict"
    comment = CommentFactory()
    peer = {"REMOTE_ADDR": f"2001:db8:{uuid4().int % 65_536:x}::1"}
    headers = bearer(author_token(comment.pk))

    answers = [
        client.patch(
            path_of(comment), json.dumps({"body": f"{n}."}), "application/json", headers=headers, **peer
        )
        for n in range(5)
    ]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 202, 429]
    assert int(answers[4]["Retry-After"]) >= 1


# --- withdraw ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", STATES)
def test_a_comment_can_be_withdrawn_at_any_time_and_twice(client: Client, status: str) -> None:
    comment = CommentFactory(status=status, at=timezone.now() - timedelta(days=400))

    answers = [withdraw(client, comment), withdraw(client, comment)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert answers[0].content == b""
    expected = "erased" if status == "erased" else "withdrawn"
    assert status_of(client, comment).json()["status"] == expected
    assert client.get(comments_path(comment.article)).json()["count"] == 0


def test_a_withdrawn_comment_leaves_a_tombstone_only_where_it_was_answered(client: Client) -> None:
    root = CommentFactory(status="published", body="Mine")
    CommentFactory(parent=root, status="published")

    withdraw(client, root)

    document = client.get(comments_path(root.article)).json()
    assert document["count"] == 1
    assert (document["results"][0]["name"], document["results"][0]["body"]) == (None, None)


@pytest.mark.parametrize("act", [edit, withdraw])
def test_only_the_author_token_of_this_comment_may_act(client: Client, act: Any) -> None:
    comment, other = CommentFactory(status="published"), CommentFactory()
    unknown = Comment(pk=uuid4())

    wrong = ("", "x", status_token(comment.pk), author_token(other.pk), cms_token())
    answers = [act(client, comment, token=token) for token in wrong]
    answers.append(act(client, unknown))

    for answer in answers:
        problem(answer, 404, "not_found")
    assert len({answer.content for answer in answers}) == 1
    comment.refresh_from_db()
    assert (comment.status, comment.revision) == ("published", 1)


@pytest.mark.parametrize("header", [None, "Basic abc", "Token {}", "Bearer", "{}", "bearer{}"])
def test_the_token_travels_as_a_bearer(client: Client, header: str | None) -> None:
    comment = CommentFactory()
    headers = {"Authorization": header.format(author_token(comment.pk))} if header else {}

    problem(client.delete(path_of(comment), headers=headers), 404)


def test_the_word_bearer_may_be_written_in_any_case(client: Client) -> None:
    comment = CommentFactory()

    response = client.delete(
        path_of(comment), headers={"Authorization": f"bEARER  {author_token(comment.pk)} "}
    )

    assert response.status_code == 204


def test_withdrawing_is_in_the_audit_without_a_word_of_the_text(client: Client) -> None:
    from newsroom.audit.models import AuditEntry

    comment = CommentFactory(body="Secret words", name="Ada Herself")

    withdraw(client, comment)

    entry = AuditEntry.objects.get(action="comment.withdraw")
    assert (entry.object_id, entry.actor_kind) == (str(comment.pk), "commenter")
    assert "Secret" not in repr(entry.__dict__)
