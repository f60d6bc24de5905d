"""What only shows over a socket: bodies without a length, broken requests, a dead or frozen broker."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from articles.models import Article
from comments.models import Comment
from tests.conftest import WebServer
from tests.contract.helpers import comment_fields, comments_path
from tests.factories import ArticleFactory, CommentFactory, decide

pytestmark = pytest.mark.django_db(transaction=True)
JSON = {"Content-Type": "application/json"}
LIMIT = 65_536


@pytest.fixture
def article() -> Article:
    return ArticleFactory()


def send(server: WebServer, article: Article, body: Any, **headers: str) -> tuple[int, dict[str, Any], float]:
    """Status, document and seconds. A list as body travels in chunks, without a length."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    started = time.monotonic()
    try:
        connection.request("POST", comments_path(article), body, JSON | headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}"), time.monotonic() - started
    finally:
        connection.close()


def in_chunks(body: bytes, size: int = 1_000) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


def sent(**changes: Any) -> bytes:
    return json.dumps(comment_fields(**changes)).encode()


def test_a_body_with_a_length_is_kept(web_server: WebServer, article: Article) -> None:
    status, answer, _ = send(web_server, article, sent())

    assert status == 202
    assert str(Comment.objects.get().pk) == answer["id"]


def test_a_body_in_chunks_is_read_like_any_other(web_server: WebServer, article: Article) -> None:
    status, answer, _ = send(web_server, article, in_chunks(sent(), 7))

    assert (status, answer["status"]) == (202, "pending")


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 202), (LIMIT + 1, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_64_kib_is_the_most_with_or_without_a_length(
    web_server: WebServer, article: Article, size: int, status: int, chunked: bool
) -> None:
    body = sent().ljust(size)

    answered, document, took = send(web_server, article, in_chunks(body, 60_000) if chunked else body)

    assert answered == status
    if status == 413:
        assert document["code"] == "payload_too_large"
    assert took < 25


@pytest.mark.parametrize("chunked", [False, True])
def test_five_megabytes_are_cut_off_and_the_server_goes_on(
    web_server: WebServer, article: Article, chunked: bool
) -> None:
    """The answer comes while the client still sends; whether it reads it is the client's affair."""
    body = sent().ljust(5_000_000)

    try:
        status = send(web_server, article, in_chunks(body, 60_000) if chunked else body)[0]
    except ConnectionError:
        status = 413

    assert status == 413
    assert not Comment.objects.exists()
    assert send(web_server, article, sent())[0] == 202


def raw(server: WebServer, request: bytes, *, wait_s: float = 10) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=wait_s) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while piece := client.recv(65_536):
                received += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return received


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /api/v1/articles/x/comments/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/articles/x/comments/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: abc\r\n\r\n",
        b"POST /api/v1/articles/x/comments/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /api/v1/articles/?limit=%ZZ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /api/v1/articles/\xff/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /api/v1/articles/%FF/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"POST /api/v1/articles/x/comments/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: \xff\xfe\r\n"
        b"Content-Length: 2\r\nConnection: close\r\n\r\n{}",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
)
def test_a_broken_request_is_refused_and_the_server_goes_on(
    web_server: WebServer, article: Article, request_line: bytes
) -> None:
    answer = raw(web_server, request_line, wait_s=5)

    assert b" 500 " not in answer.split(b"\r\n")[0]
    assert send(web_server, article, sent())[0] == 202


def test_a_body_that_stops_half_way_is_not_kept(web_server: WebServer, article: Article) -> None:
    request = (
        f"POST {comments_path(article)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: 500\r\n\r\n"
    ).encode() + sent()

    answer = raw(web_server, request, wait_s=5)

    assert b" 202 " not in answer
    assert not Comment.objects.exists()


def read(server: WebServer, article: Article, **headers: str) -> tuple[int, int, str]:
    """Status, published comments and entity tag, over a connection of its own: by any of the processes."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", comments_path(article), headers={"Connection": "close"} | headers)
        answer = connection.getresponse()
        raw = answer.read()
        if answer.getheader("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        count = json.loads(raw)["count"] if raw else -1
        return answer.status, count, answer.getheader("ETag") or ""
    finally:
        connection.close()


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_every_process_shows_a_decision_at_once(
    web_server: WebServer, article: Article, encoding: str
) -> None:
    comment = CommentFactory(article=article)
    headers = {"Accept-Encoding": encoding}
    tag = read(web_server, article, **headers)[2]

    for outcome, kind, count in (
        ("published", "machine", 1),
        ("removed", "person", 0),
        ("published", "person", 1),
    ):
        decide(comment, outcome, actor_kind=kind, reason_code="insult" if outcome == "removed" else "")
        answers = [read(web_server, article, **headers, **{"If-None-Match": tag}) for _ in range(12)]
        assert {(status, shown) for status, shown, _ in answers} == {(200, count)}
        tag = answers[-1][2]  # By now both processes have it warm, and give it packed.
        assert {read(web_server, article, **headers, **{"If-None-Match": tag})[0] for _ in range(6)} == {304}


def test_the_two_encodings_of_a_thread_have_two_tags(web_server: WebServer, article: Article) -> None:
    CommentFactory(article=article, status="published")
    for _ in range(8):  # Until both processes have it warm.
        read(web_server, article)

    plain, packed = (read(web_server, article, **{"Accept-Encoding": name}) for name in ("identity", "gzip"))

    assert plain[:2] == packed[:2] == (200, 1)
    assert plain[2] != packed[2]


# --- the broker ----------------------------------------------------------------------------------------
def patience_s(server: WebServer, article: Article) -> float:
    """Enough for 1 s of the broker and what a request that never gets that far takes just now."""
    refused = [send(server, article, sent(body=""))[2] for _ in range(12)]  # The first ones also import.
    return 1.5 + 5 * max(refused[6:])


@pytest.fixture(scope="module")
def server_without_redis(start_server: Callable[..., WebServer]) -> Iterator[WebServer]:
    server = start_server(REDIS_URL="redis://127.0.0.1:1/0")
    yield server
    server.stop()


@pytest.fixture
def limiting_server_without_redis(start_server: Callable[..., WebServer]) -> Iterator[WebServer]:
    """Of its own: what it has counted for this address would refuse the other tests' comments."""
    server = start_server(REDIS_URL="redis://127.0.0.1:1/0", NEWSROOM_LIMITS="default")
    yield server
    server.stop()


def test_a_comment_is_accepted_while_the_broker_is_away(
    server_without_redis: WebServer, article: Article
) -> None:
    patience = patience_s(server_without_redis, article)

    answers = [send(server_without_redis, article, sent(email=f"r{n}@example.org")) for n in range(8)]

    assert {status for status, _, _ in answers} == {202}
    assert max(took for _, _, took in answers) < patience
    assert Comment.objects.filter(status="pending").count() == 8


def test_limits_are_counted_in_the_process_while_redis_is_away(
    limiting_server_without_redis: WebServer, article: Article
) -> None:
    """Two processes count apart: 5 a minute for an address may become 10, never more."""
    bodies = [sent(email="one@example.org", body=f"{n}.") for n in range(14)]

    statuses = [send(limiting_server_without_redis, article, body)[0] for body in bodies]

    assert set(statuses) == {202, 429}
    assert 5 <= statuses.count(202) <= 10


class Frozen:
    """Accepts connections and never says a word, as a stopped server does."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.kept: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                self.kept.append(self.listener.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self.listener.close()
        for connection in self.kept:
            connection.close()


@pytest.fixture(scope="module")
def server_with_frozen_redis(start_server: Callable[..., WebServer]) -> Iterator[WebServer]:
    frozen = Frozen()
    server = start_server(REDIS_URL=f"redis://127.0.0.1:{frozen.port}/0")
    yield server
    server.stop()
    frozen.close()


def test_a_frozen_broker_costs_one_request_less_than_a_second_and_a_half(
    server_with_frozen_redis: WebServer, article: Article
) -> None:
    patience = patience_s(server_with_frozen_redis, article)

    answers = [send(server_with_frozen_redis, article, sent(email=f"f{n}@example.org")) for n in range(10)]

    assert {status for status, _, _ in answers} == {202}
    assert max(took for _, _, took in answers) < patience
    assert Comment.objects.filter(status="pending").count() == 10
