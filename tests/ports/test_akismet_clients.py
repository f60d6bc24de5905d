"""Clients that nobody here wrote, unchanged, against the ports' process; and what it writes down."""

from __future__ import annotations

import asyncio
import socket
import urllib.error
import urllib.parse
import urllib.request
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import akismet
import httpx
import pytest

from moderation.ports.models import SeenText
from tests.ports.conftest import PortsServer

BLOG = "https://blog.example.org/"
FRIENDLY = "The new bridge is a great help on my way to work, thank you for the report."
SPAM = "Cheap pills online!!! Buy now and earn $$$ fast at http://pills.example.com http://win.example.com"
pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Port:
    number: int
    log: Path
    secret: str


@pytest.fixture
def port(ports_server: PortsServer, made: Any) -> Port:
    return Port(ports_server.port, ports_server.log, made()[1])


class Elsewhere(httpx.HTTPTransport):
    """The address, and nothing else, is ours."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return super().handle_request(request)


class ElsewhereAsync(httpx.AsyncHTTPTransport):
    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return await super().handle_async_request(request)


def http_client(port: Port) -> httpx.Client:
    return httpx.Client(transport=Elsewhere(port.number), timeout=30)


def test_the_akismet_package(port: Port) -> None:
    config = akismet.Config(key=port.secret, url=BLOG)
    with akismet.SyncClient(config=config, http_client=http_client(port)) as client:
        reader = {
            "comment_author": "Ada",
            "comment_author_email": "ada@example.org",
            "comment_type": "comment",
        }
        friendly = {"user_ip": "198.51.100.7", "comment_content": FRIENDLY, **reader}
        assert client.comment_check(**friendly) == akismet.CheckResponse.HAM
        assert client.comment_check(**friendly | {"comment_content": SPAM}) == akismet.CheckResponse.SPAM
        trapped = friendly | {"honeypot_field_name": "hidden_honeypot_field", "comment_author": "Bot"}
        assert (
            client.comment_check(**trapped) == akismet.CheckResponse.HAM
        )  # It cannot send the field itself.
        assert client.submit_spam(**friendly)
        assert client.comment_check(**friendly, recheck_reason="edit") == akismet.CheckResponse.DISCARD
        assert client.submit_ham(**friendly)
        assert client.comment_check(**friendly, is_test=True) == akismet.CheckResponse.HAM


def test_the_akismet_package_with_a_wrong_key(port: Port) -> None:
    config = akismet.Config(key="1" * 40, url=BLOG)
    with http_client(port) as http, pytest.raises(akismet.APIKeyError):
        akismet.SyncClient.validated_client(config=config, http_client=http)
    with http_client(port) as http, pytest.raises(akismet.APIKeyError):
        akismet.SyncClient(config=config, http_client=http).comment_check(user_ip="198.51.100.7")


def test_the_akismet_package_asynchronously_and_at_once(port: Port) -> None:
    async def both() -> list[akismet.CheckResponse]:
        config = akismet.Config(key=port.secret, url=BLOG)
        http = httpx.AsyncClient(transport=ElsewhereAsync(port.number), timeout=30)
        async with akismet.AsyncClient(config=config, http_client=http) as client:
            same = {"user_ip": "198.51.100.7", "comment_content": FRIENDLY}
            return await asyncio.gather(*(client.comment_check(**same) for _ in range(8)))

    assert set(asyncio.run(both())) == {akismet.CheckResponse.HAM}
    assert SeenText.objects.count() == 1


def test_a_client_with_the_key_as_a_sub_domain(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    """``pykismet3`` calls http://KEY.rest.akismet.com; only its name is resolved to us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # Its own.
        import pykismet3
    resolve = socket.getaddrinfo

    def ours(host: Any, number: Any, *args: Any, **kwargs: Any) -> Any:
        if str(host).endswith(".rest.akismet.com"):
            return resolve("127.0.0.1", port.number, *args, **kwargs)
        return resolve(host, number, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", ours)
    reader = {"user_ip": "198.51.100.7", "user_agent": "Mozilla/5.0", "referrer": BLOG}
    client = pykismet3.Akismet(api_key=port.secret, blog_url=BLOG, user_agent="Forum/1.0")
    assert client.check({**reader, "comment_content": FRIENDLY}) is False
    assert client.check({**reader, "comment_content": SPAM}) is True
    client.submit_spam({**reader, "comment_content": FRIENDLY})
    assert client.check({**reader, "comment_content": FRIENDLY}) is True
    with pytest.raises(pykismet3.AkismetServerError, match="invalid"):
        pykismet3.Akismet(api_key="2" * 40, blog_url=BLOG, user_agent="Forum").check(reader)


def test_huge_bodies_and_many_at_once(port: Port) -> None:
    def post(content: str) -> int:
        form = {"api_key": port.secret, "blog": BLOG, "user_ip": "203.0.113.9", "comment_content": content}
        data = urllib.parse.urlencode(form).encode()
        url = f"http://127.0.0.1:{port.number}/1.1/comment-check"
        try:
            with urllib.request.urlopen(url, data, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0  # Closed while more was coming than anybody reads.

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(post, [FRIENDLY, "x" * 200_000, "x" * 5_000_000, SPAM] * 3))
    assert results.count(200) == 9
    assert set(results) <= {200, 413, 0}
    assert post(FRIENDLY) == 200


def test_nothing_private_is_written_down(port: Port) -> None:
    config = akismet.Config(key=port.secret, url="https://private.example/")
    with akismet.SyncClient(config=config, http_client=http_client(port)) as client:
        client.comment_check(
            user_ip="203.0.113.77", comment_content="Quincunx", comment_author_email="eve@example.org"
        )
    query = f"http://127.0.0.1:{port.number}/1.1/verify-key?api_key={port.secret}"
    form = urllib.parse.urlencode({"blog": BLOG}).encode()
    with urllib.request.urlopen(query, form, timeout=30) as answer:
        assert answer.read() == b"valid"
    written = port.log.read_text()
    assert "/1.1/comment-check" in written
    for word in (port.secret, "203.0.113.77", "Quincunx", "eve@example.org", "private.example"):
        assert word not in written
