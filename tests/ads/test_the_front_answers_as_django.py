"""Calls about ads that are answered below the framework's stack get the answers that Django gives."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.wsgi import get_wsgi_application

from ads.delivery.front import AdFront
from ads.delivery.models import AdDecision, AdEvent
from articles.models import Article, Site
from tests.ads.conftest import new_article, new_creative, new_line_item, new_slot

pytestmark = pytest.mark.django_db(transaction=True)  # Requests open and close connections themselves.
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PATH = "/api/v1/ads/decisions/"


@pytest.fixture
def article(site: Site) -> Article:
    new_creative(new_line_item(site, new_slot(site, code="top"), type="house"))
    return new_article(site)


def call(
    application: Any, method: str, path: str, body: bytes = b"", **given: str
) -> tuple[str, dict[str, str], bytes]:
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "testserver",
        "SERVER_PORT": "80", "HTTP_HOST": "testserver", "REMOTE_ADDR": "127.0.0.1", "SCRIPT_NAME": "",
        "CONTENT_TYPE": "application/json" if body else "", "CONTENT_LENGTH": str(len(body)) if body else "",
        "HTTP_USER_AGENT": BROWSER, "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0), "wsgi.multithread": True,
        "wsgi.multiprocess": True, "wsgi.run_once": False, **given,
    }  # fmt: skip
    answered: list[Any] = []
    content = b"".join(application(environ, lambda status, headers, *_: answered.extend((status, headers))))
    found = {name.lower(): value for name, value in answered[1]}
    assert len(found) == len(answered[1])  # No header twice.
    return answered[0], found, content


def never(environ: Any, start_response: Any) -> Any:
    raise AssertionError("Django was asked")


def ask(application: Any, where: Article, **changes: Any) -> tuple[str, dict[str, str], Any]:
    asked = {"article": where.slug, "slots": ["top", "nowhere"], "view": str(uuid4())} | changes
    status, headers, content = call(application, "POST", PATH, json.dumps(asked).encode())
    return status, headers, json.loads(content)


def without_ids(answer: Any) -> Any:
    private = ("decision_id", "impression_url", "viewable_url", "click_url")
    return [{name: value for name, value in one.items() if name not in private} for one in answer["results"]]


def test_a_decision_is_the_same(article: Article) -> None:
    front, django = AdFront(never), get_wsgi_application()
    status, headers, answer = ask(front, article)
    expected_status, expected_headers, expected = ask(django, article)
    assert (status, without_ids(answer)) == (expected_status, without_ids(expected))
    assert set(headers) == set(expected_headers)
    directives = [
        set(found.pop("content-security-policy").split("; ")) for found in (headers, expected_headers)
    ]
    assert directives[0] == directives[1]
    same = set(headers) - {"content-length"}
    assert {name: headers[name] for name in same} == {name: expected_headers[name] for name in same}
    assert AdDecision.objects.count() == 2


def test_an_event_is_counted_and_answered_the_same(article: Article) -> None:
    front, django = AdFront(never), get_wsgi_application()
    _, _, answer = ask(front, article)
    for name in ("impression_url", "viewable_url", "click_url"):
        path = answer["results"][0][name]
        (status, headers, body), expected = call(front, "GET", path), call(django, "GET", path)
        assert (status, body) == (expected[0], expected[2])
        assert set(headers) == set(expected[1]) - {"vary"}  # Nothing here depends on a cookie.
        for header in ("location", "cache-control", "referrer-policy", "x-robots-tag", "content-length"):
            assert headers.get(header) == expected[1].get(header)
    assert AdEvent.objects.count() == 3


DOUBTS: list[dict[str, Any]] = [
    {"slots": []},
    {"slots": "top"},
    {"slots": [1]},
    {"view": "x"},
    {"device": "watch"},
    {"section": "sport"},
    {"article": "no-such-article"},
    {"article": None},
    {"thread": {"sort": "top"}},
]


def test_every_doubt_is_djangos(article: Article) -> None:
    django = get_wsgi_application()
    for changes in DOUBTS:
        status, _, answer = ask(AdFront(django), article, **changes)
        expected_status, _, expected = ask(django, article, **changes)
        assert status == expected_status
        assert answer == expected or without_ids(answer) == without_ids(expected)


def test_bytes_that_django_refuses_are_djangos(article: Article) -> None:
    plain = json.dumps({"article": article.slug, "slots": ["top"], "view": str(uuid4())})
    twice = plain.replace('"slots"', '"slots": ["nowhere"], "slots"')
    for body, kind in (
        (plain.encode("utf-16"), "application/json"),
        (plain.encode(), "application/json; charset=latin-1"),
        (twice.encode(), "application/json"),
        (b"[" * 4_000, "application/json"),
    ):
        status, _, _ = call(AdFront(get_wsgi_application()), "POST", PATH, body, CONTENT_TYPE=kind)
        assert status[:3] in {"400", "415"}


def test_who_has_a_cookie_may_be_staff_and_is_djangos(article: Article) -> None:
    _, _, answer = ask(AdFront(never), article)
    path = answer["results"][0]["impression_url"]
    with pytest.raises(AssertionError, match="Django was asked"):
        call(AdFront(never), "GET", path, HTTP_COOKIE="sessionid=x")
    for changed in (f"{path}x", path.replace("/a/i/", "/a/c/"), "/a/i/x", "/a/x/y"):
        assert call(AdFront(get_wsgi_application()), "GET", changed)[0] == "404 Not Found"
