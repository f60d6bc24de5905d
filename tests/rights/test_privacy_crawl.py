"""The privacy crawl: a thousand readers' addresses and networks, searched for wherever anything gets out."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from celery.signals import before_task_publish
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from articles.models import Article
from comments.models import Comment, CommentPrivate, CommentRevision, Mailbox, NetworkKey
from comments.reports.services import Notice, report_comment
from comments.rights.services import unsubscribe_link, verification_link, verify_address
from comments.services import Submission, submit_comment
from comments.tokens import status_token
from moderation.appeals.services import file_appeal
from newsroom.audit.models import AuditEntry
from newsroom.crypto import address_hash, encrypt_address, network_pseudonym
from newsroom.health import metrics_text
from newsroom.limits import redis_client
from newsroom.outbox.services import deliver_due
from tests.factories import ArticleFactory, UserFactory, decide

CANARIES = 1_000
ACTIVE = 40  # Their comments go through every state; the others wait.
DOMAIN = "canary-mail.example"
OUTCOMES = ("published", "published", "rejected", "held", "removed")
_HEX = re.compile(r"[0-9a-f]{32,64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}")
_NETWORK = re.compile(r"198\.1[89]\.\d+\.\d+|2001:db8:ca:[0-9a-f:]+", re.IGNORECASE)


def email_of(number: int) -> str:
    return f"Canary.{number}@{DOMAIN}"


def network_of(number: int) -> str:
    """Of the ranges for benchmarks and documentation: no other test or page names them."""
    return f"198.18.{number // 250}.{number % 250}" if number % 2 else f"2001:db8:ca:{number:x}::/64"


def spellings(number: int) -> Iterator[str]:
    email, network = email_of(number), network_of(number)
    yield from (email, email.lower(), email.upper(), email.partition("@")[0], email.partition("@")[0].lower())
    yield network
    if not number % 2:
        yield network.replace("::/64", "::9")  # the address itself


def digests() -> set[str]:
    """Every spelling as md5, sha1 and sha256, in hex."""
    found = set()
    for number in range(CANARIES):
        for text in spellings(number):
            for name in ("md5", "sha1", "sha256"):
                found.add(digest_of(text, name))
    return found


def digest_of(text: str, name: str = "md5") -> str:
    return hashlib.new(name, text.encode()).hexdigest()


class Search:
    """Looks for canaries in whatever it is given, and remembers where it found some."""

    def __init__(self) -> None:
        self.digests = digests()
        self.hits: list[str] = []
        self.looked = 0

    def look(self, where: str, text: str) -> None:
        self.looked += 1
        folded = text.lower()
        if DOMAIN in folded or "canary." in folded or DOMAIN.replace(".", "%2e") in folded:
            self.hits.append(f"{where}: an address")
        if _NETWORK.search(folded):
            self.hits.append(f"{where}: a network")
        if any(found in self.digests for found in _HEX.findall(folded)):
            self.hits.append(f"{where}: a digest")
        for encoded in _BASE64.findall(text):
            whole = encoded[: len(encoded) // 4 * 4]
            plain = base64.b64decode(whole, altchars=b"-_")
            if DOMAIN.encode() in plain.lower() or plain.hex() in self.digests:
                self.hits.append(f"{where}: an encoded address")


@pytest.fixture
def canaries() -> list[Comment]:
    """A thousand readers, each with an address and a network of their own, in all states; some report."""
    articles = [ArticleFactory() for _ in range(5)]
    at, editor = timezone.now(), UserFactory(username="editor")
    with transaction.atomic():
        ids = [_submit(number, articles[number % 5], at=at) for number in range(ACTIVE)]
        _insert(range(ACTIVE, CANARIES), articles, at=at)
    comments = list(Comment.objects.filter(pk__in=ids).order_by("created_at", "pk"))
    for number, comment in enumerate(comments):
        outcome = OUTCOMES[number % len(OUTCOMES)]
        if outcome == "removed":
            decide(comment, "published")
            decide(comment, "removed", actor_kind="person", actor=editor, reason_code="insult")
        else:
            decide(comment, outcome, reason_code="insult" if outcome == "rejected" else "")
        if outcome == "published" and number % 10 == 0:
            notice = Notice("illegal", "Look.", "Canary.Name", email_of(number), in_good_faith=True)
            report_comment(
                comment_id=comment.pk,
                notice=notice,
                network=network_of(number),
                at=at,
                site_id=comment.article.site_id,
            )
            verify_address(comment.private.mailbox, notify_replies=True, at=at)
        if outcome == "rejected":
            file_appeal(comment_id=comment.pk, text="I object.", at=at)
    return comments


def _submit(number: int, article: Article, *, at: datetime) -> UUID:
    sent = Submission(
        name=f"Reader {number}", email=email_of(number), body=body_of(number), network=network_of(number)
    )
    return submit_comment(article=article, submission=sent, at=at)


def _insert(numbers: Iterable[int], articles: list[Article], *, at: datetime) -> None:
    """The same rows for many readers at once, waiting to be judged."""
    month = NetworkKey.objects.get()
    mailboxes, comments, revisions, private = [], [], [], []
    for number in numbers:
        email = email_of(number)
        mailbox = Mailbox(address_hash=address_hash(email), address_ciphertext=encrypt_address(email))
        article, name, body = articles[number % 5], f"Reader {number}", body_of(number)
        comment = Comment(article=article, name=name, body=body, created_at=at)
        network = network_pseudonym(network_of(number), key=bytes(month.secret))
        mailboxes.append(mailbox)
        comments.append(comment)
        revisions.append(CommentRevision(comment=comment, revision=1, name=name, body=body))
        private.append(CommentPrivate(comment=comment, mailbox=mailbox, network=network, network_key=month))
    Mailbox.objects.bulk_create(mailboxes)
    Comment.objects.bulk_create(comments)
    CommentRevision.objects.bulk_create(revisions)
    CommentPrivate.objects.bulk_create(private)


def body_of(number: int) -> str:
    return f"I crossed the bridge {number} times and it held."


def public_paths(comments: Iterable[Comment]) -> Iterator[str]:
    """Every address of the product that answers GET, with what it needs filled in."""
    comments = list(comments)
    article = comments[0].article
    for pattern in sorted(set(_patterns(get_resolver()))):
        if pattern.startswith(("admin", "media", "static", "demo")):
            continue
        for comment in comments[:5] if "comment_id" in pattern else comments[:1]:
            path = re.sub(r"<(?:\w+:)?comment_id>", str(comment.pk), pattern)
            path = re.sub(r"<slug:slug>", "local" if "sections" in path else article.slug, path)
            if "<" in path or "(" in path or "^" in path:
                continue
            yield f"/{path}"
            yield f"/{path}?token={status_token(comment.pk)}"
    yield f"/api/v1/comment-counts/?article={article.slug}"
    yield f"/api/v1/articles/{article.slug}/comments/?sort=top&limit=100"
    yield from ("/metrics", "/readyz", "/livez", "/nowhere/")


def _patterns(resolver: Any, before: str = "") -> Iterator[str]:
    for one in resolver.url_patterns:
        text = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _patterns(one, text)
        elif isinstance(one, URLPattern):
            yield text


@pytest.mark.django_db
def test_no_canary_gets_out_anywhere(
    client: Client,
    canaries: list[Comment],
    settings: Any,
    caplog: Any,
    capfd: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    search = Search()
    settings.NEWSROOM_LIMITS = "default"
    keys_before = set(redis_client().scan_iter("*"))
    with (
        caplog.at_level(logging.INFO),
        published_tasks(search) as tasks,
        django_capture_on_commit_callbacks(execute=True),
    ):
        crawl(client, canaries, search)
        deliver_due()

    search.look(
        "log",
        "\n".join(f"{row.getMessage()} {row.exc_text}" for row in caplog.records)
        + "".join(capfd.readouterr()),
    )
    search.look("metrics", metrics_text().decode())
    for key in set(redis_client().scan_iter("*")) - keys_before:
        search.look("Redis key", key.decode(errors="replace"))
    search.look("audit", json.dumps(list(AuditEntry.objects.values()), default=str))
    exported = io.StringIO()
    call_command("dumpdata", "articles", "comments.comment", "comments.thread", "moderation", stdout=exported)
    search.look("default export", exported.getvalue())

    call_command("export_own_labels", out=tmp_path, stdout=io.StringIO())
    for file in tmp_path.rglob("*.gz"):
        search.look("export of labels", gzip.decompress(file.read_bytes()).decode())

    assert len(tasks) >= 5
    assert search.looked > 120
    assert search.hits == []


@contextmanager
def published_tasks(search: Search) -> Iterator[list[str]]:
    """Looks at each task that goes to the broker: its name, arguments and headers."""
    names: list[str] = []

    def look(sender: str = "", body: Any = None, headers: Any = None, **_: Any) -> None:
        names.append(sender)
        search.look(f"task {sender}", repr((body, headers)))

    before_task_publish.connect(look, weak=False)
    try:
        yield names
    finally:
        before_task_publish.disconnect(look)


def crawl(client: Client, comments: list[Comment], search: Search) -> None:
    """Read what is public, and write what a reader writes, from a canary's own network."""
    for path in public_paths(comments):
        response = client.get(path)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        search.look(path, body.decode(errors="replace") + repr(dict(response.headers)) + repr(client.cookies))
    article = comments[0].article
    for number in range(CANARIES - 5, CANARIES):
        network = network_of(number).replace("::/64", "::9")
        sent = {"name": "Reader", "email": email_of(number), "body": f"Once more, {number}."}
        for path, body in (
            (f"/api/v1/articles/{article.slug}/comments/", sent),
            (f"/api/v1/articles/{article.slug}/comments/", sent),  # 409
            (f"/api/v1/articles/{article.slug}/comments/", sent | {"email": email_of(number) + "@"}),  # 400
            (f"/api/v1/comments/{comments[0].pk}/votes/", {"value": 1}),
            (f"/api/v1/comments/{comments[0].pk}/reports/", {"reason": "spam", "email": email_of(number)}),
        ):
            answer = client.post(path, json.dumps(body), "application/json", REMOTE_ADDR=network)
            search.look(path, answer.content.decode() + repr(dict(answer.headers)))
        mailbox = Mailbox.objects.get(address_hash=address_hash(email_of(number)))
        for path in (
            verification_link(mailbox.pk, at=timezone.now()),
            unsubscribe_link(mailbox.pk),
            f"/comments/{comments[0].pk}/report/?reason=illegal",
            f"/embed/?url={article.canonical_url}",
            f"/api/v1/embeds/?article={article.slug}",
        ):
            for send in (client.get, client.post):
                page = send(re.sub(r"^https?://[^/]+", "", path), REMOTE_ADDR=network)
                search.look(path, page.content.decode() + repr(dict(page.headers)))
        asked = client.post("/my/comments/", {"email": email_of(number)}, REMOTE_ADDR=network)
        search.look("/my/comments/", asked.content.decode() + repr(dict(asked.headers)))


def test_the_search_finds_what_is_there() -> None:
    for planted in (
        email_of(7),
        email_of(7).upper(),
        network_of(8).replace("::/64", "::9"),
        network_of(9),
        digest_of(email_of(7).lower()),
        hashlib.sha256(network_of(9).encode()).hexdigest(),
        base64.b64encode(f"to {email_of(7)}, and more".encode()).decode(),
    ):
        search = Search()
        search.look("here", f"some <b>{planted}</b> text")
        assert search.hits, planted
    search.hits.clear()
    search.look("here", "Canaries sing; 198.51.100.7 and " + digest_of("nobody"))
    assert search.hits == []
