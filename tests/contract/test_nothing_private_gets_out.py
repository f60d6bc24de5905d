"""Addresses and networks: in no public answer, page, log, queue or key, neither raw nor as a hash."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from comments.models import Comment
from comments.tokens import status_token
from moderation.models import Decision
from newsroom.audit.models import AuditEntry
from newsroom.limits import redis_client
from tests.contract.helpers import bearer, comments_path, post_comment
from tests.factories import ArticleFactory, decide

pytestmark = pytest.mark.django_db
READERS = [
    ("Canary.One@private-mail.example", "203.0.113.77"),
    ("canary-two+news@private-mail.example", "2001:db8:77:1:aaaa::9"),
]


def traces(secret: str) -> set[str]:
    """A secret and its likely disguises: cases, encodings, and digests as avatars use them."""
    spellings = {secret, secret.lower(), secret.upper()}
    found = set(spellings)
    for spelling in spellings:
        raw = spelling.encode()
        found |= {hashlib.new(name, raw).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")}
        found |= {base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")}
        found |= {base64.b64encode(raw).decode().rstrip("="), raw.hex()}
        found |= {
            spelling.replace("@", "%40"),
            spelling.replace("@", "&#64;"),
            spelling.replace("@", "&commat;"),
        }
    return found


SECRETS = {
    trace
    for email, address in READERS
    for secret in (email, email.partition("@")[2], email.partition("@")[0], address)
    for trace in traces(secret)
}


def assert_clean(text: str, where: str) -> None:
    folded = text.lower()
    leaked = [secret for secret in SECRETS if secret.lower() in folded]
    assert not leaked, f"{where}: {leaked}"


@pytest.fixture
def written(client: Client) -> list[dict[str, Any]]:
    """Comments by both readers under one article: published with a reply, held, rejected, edited."""
    article = ArticleFactory()
    answers = []
    for number, (email, address) in enumerate(READERS):
        peer = {"REMOTE_ADDR": address}
        for body in ("First.", "Second.", "Third."):
            sent = {"name": f"Reader {number}", "email": email, "body": body}
            response = client.post(comments_path(article), sent, "application/json", **peer)
            assert response.status_code == 202
            answers.append(response.json())
    comments = [Comment.objects.get(pk=answer["id"]) for answer in answers]
    for comment, outcome in zip(
        comments, ("published", "held", "rejected", "published", "held", "pending"), strict=True
    ):
        if outcome != "pending":
            decide(comment, outcome, reason_code="insult" if outcome == "rejected" else "")
    return answers


def test_no_public_answer_holds_a_trace(client: Client, written: list[dict[str, Any]]) -> None:
    article = Comment.objects.all()[0].article
    paths = [
        comments_path(article),
        f"{comments_path(article)}?sort=top",
        "/api/v1/articles/",
        f"/api/v1/articles/{article.slug}/",
        f"/api/v1/comment-counts/?article={article.slug}",
        f"/articles/{article.slug}/",
        "/",
        "/metrics",
        "/readyz",
        "/api/schema/",
        "/sections/local/",
    ]
    for answer in written:
        paths += [answer["status_url"], f"/api/v1/comments/{answer['id']}/replies/"]
        paths.append(f"/comments/{answer['id']}/?token={status_token(Comment(pk=answer['id']).pk)}")
    for path in paths:
        response = client.get(path)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        assert_clean(content.decode() + repr(response.headers) + repr(client.cookies), path)
        assert not client.cookies, path  # Readers are not marked.


def test_answers_to_the_author_hold_no_trace_either(client: Client, written: list[dict[str, Any]]) -> None:
    for answer in written:
        assert_clean(json.dumps(answer), "accepted")
    last = written[-1]
    path = f"/api/v1/comments/{last['id']}/"
    edited = client.patch(path, {"body": "x"}, "application/json", headers=bearer(last["author_token"]))
    duplicate = post_comment(client, Comment.objects.all()[0].article, email=READERS[0][0], body="First.")
    refused = post_comment(client, ArticleFactory(), email=READERS[0][0] + "@")

    assert (edited.status_code, duplicate.status_code, refused.status_code) == (202, 409, 400)
    for response in (edited, duplicate, refused):
        assert_clean(response.content.decode(), str(response.status_code))


def test_no_answer_ever_has_a_private_column(client: Client, written: list[dict[str, Any]]) -> None:
    article = Comment.objects.all()[0].article

    def keys(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for name, inner in value.items():
                yield name
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    for path in (comments_path(article), "/api/v1/articles/", written[0]["status_url"]):
        names = set(keys(client.get(path).json()))
        assert not names & {
            "email",
            "address",
            "mailbox",
            "ip",
            "network",
            "hash",
            "avatar",
            "gravatar",
            "private",
        }


def test_logs_hold_no_trace(
    client: Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    from comments import services

    article = ArticleFactory()
    with caplog.at_level(logging.DEBUG):
        for email, address in READERS:
            peer = {"REMOTE_ADDR": address}
            sent = {"name": "Ada", "email": email, "body": "Hello."}
            client.post(comments_path(article), sent, "application/json", **peer)
            client.post(comments_path(article), sent, "application/json", **peer)  # Duplicate: 409.
            client.post(comments_path(article), sent | {"email": email + "@"}, "application/json", **peer)
            client.post("/api/v1/nowhere/", sent, "application/json", **peer)
        client.get(f"/api/v1/comments/{Comment.objects.all()[0].pk}/status/?token=very-secret-token")

        def crash(*args: Any) -> Any:
            raise RuntimeError("inner workings")

        monkeypatch.setattr(services, "insert_comment", crash)
        broken = Client(raise_request_exception=False)
        broken.post(comments_path(article), sent | {"body": "Crash."}, "application/json")

    records = "\n".join(
        record.getMessage() + (record.exc_text or "")
        for record in caplog.records
        if record.name != "django.db.backends"
    )
    assert "inner workings" in caplog.text  # Something was logged indeed.
    assert_clean(records + "".join(capfd.readouterr()), "log")
    assert "very-secret-token" not in records


def test_decisions_and_audit_hold_no_trace_and_no_words(
    client: Client, written: list[dict[str, Any]]
) -> None:
    stored = repr(list(Decision.objects.values())) + repr(list(AuditEntry.objects.values()))

    assert_clean(stored, "decisions and audit")
    assert "First." not in stored


def test_public_tables_hold_no_trace(written: list[dict[str, Any]]) -> None:
    """The address is readable in no table at all: where it is, it is encrypted."""
    from django.apps import apps

    for model in apps.get_models():
        for row in model._base_manager.values():
            plain = {
                name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()
            }
            assert_clean(repr(plain), model._meta.label)


def test_keys_in_redis_hold_no_trace(client: Client, settings: Any) -> None:
    settings.NEWSROOM_LIMITS = "default"
    article = ArticleFactory()
    before = set(redis_client().scan_iter("*"))
    for email, address in READERS:
        sent = {"name": "Ada", "email": email, "body": "Hello."}
        client.post(comments_path(article), sent, "application/json", REMOTE_ADDR=address)

    made = set(redis_client().scan_iter("*")) - before
    assert len(made) >= 4
    for key in made:
        assert_clean(key.decode(), "key")
        if redis_client().type(key) == b"list":
            assert_clean(repr(redis_client().lrange(key, 0, -1)), key.decode())


@pytest.mark.django_db(transaction=True)
def test_the_message_to_the_worker_holds_the_id_and_nothing_else(client: Client, settings: Any) -> None:
    from redis import Redis

    from newsroom.redis_urls import with_database

    broker = Redis.from_url(with_database(settings.REDIS_URL, 0))
    queue = (
        f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}{settings.CELERY_TASK_DEFAULT_QUEUE}"
    )
    broker.delete(queue)
    answer = post_comment(client, ArticleFactory(), email=READERS[0][0], body="Nobody else's words.").json()

    [message] = broker.lrange(queue, 0, -1)

    envelope = json.loads(message)
    args, kwargs, _ = json.loads(base64.b64decode(envelope["body"]))
    assert (args, kwargs) == ([], {"comment_id": answer["id"]})
    assert envelope["content-type"] == "application/json"
    assert_clean(message.decode() + base64.b64decode(envelope["body"]).decode(), "message")
    assert "words" not in message.decode()
    broker.delete(queue)
