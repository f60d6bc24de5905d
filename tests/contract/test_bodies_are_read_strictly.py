"""Whatever is sent as a body: 202, 400, 413 or 415; never a crash, never a guess."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from articles.models import Article
from comments.models import Comment
from tests.contract.helpers import comment_fields, comments_path, fields, post_raw, problem
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db
GOOD = json.dumps(comment_fields())


@pytest.fixture
def article() -> Article:
    return ArticleFactory()


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf8"',
        "Application/JSON",
    ],
)
def test_json_in_utf8_is_read(client: Client, article: Article, content_type: str) -> None:
    assert post_raw(client, article, GOOD, content_type=content_type).status_code == 202


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-7",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/json; charset=nonsense",
        "application/json; boundary=x; charset=utf-7",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/xml",
        "application/problem+json",
        "*/*",
        "nonsense",
        ";;",
    ],
)
def test_every_other_type_is_unsupported(client: Client, article: Article, content_type: str) -> None:
    response = post_raw(client, article, GOOD.encode(), content_type=content_type)

    problem(response, 415, "unsupported_media_type")
    assert not Comment.objects.exists()


def test_a_body_without_a_type_is_unsupported(client: Client, article: Article) -> None:
    response = client.generic("POST", comments_path(article), GOOD, content_type="")

    problem(response, 415)


def test_utf7_is_not_decoded(client: Client, article: Article) -> None:
    sent = GOOD.replace("Ada", "+ADw-script+AD4-")

    problem(post_raw(client, article, sent, content_type="application/json; charset=utf-7"), 415)


def nested(depth: int) -> str:
    return '{"name": ' + "[" * depth + "]" * depth + "}"


@pytest.mark.parametrize(
    "body",
    [
        nested(1_000),
        nested(25_000),
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        '{"name": "A\\u0000a"}',
        '{"name": "\\ud800"}',
        '{"name": "\\udc00\\ud800"}',
        '{"\\ud800": "a"}',
        '{"a\\u0000": 1}',
        '{"name": NaN}',
        '{"name": Infinity}',
        '{"name": -Infinity}',
        '{"name": "Ada", "name": "Eve"}',
        '{"name": {"a": 1, "a": 2}}',
        '{"name": ' + "9" * 5_000 + "}",
        "{",
        "",
        " ",
        "{'name': 'Ada'}",
        '{"name": "A\nda"}',
        '{"name": "Ada",}',
        "\ufeff{}",
        "{} {}",
    ],
)
def test_what_is_no_strict_json_is_refused(client: Client, article: Article, body: str) -> None:
    problem(post_raw(client, article, body), 400)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"name": "A\\u0000a"}', "name"),
        ('{"body": "\\ud800"}', "body"),
        ('{"email": {"a": ["x", "\\udc00"]}}', "email.a[1]"),
        ('{"a\\u0000": 1}', "a\\x00"),
        ('{"\\ud800": "a"}', "\\ud800"),
        ('{"name": NaN}', "name"),
        ('{"name": [1, -Infinity]}', "name[1]"),
        ('{"name": "Ada", "name": "Eve"}', "name"),
    ],
)
def test_what_no_column_can_hold_is_refused_by_its_field(
    client: Client, article: Article, body: str, field: str
) -> None:
    assert list(fields(post_raw(client, article, body))) == [field]


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 400, "1e-400", "0.1", "-0"])
def test_numbers_of_any_size_are_read_and_refused_by_their_field(
    client: Client, article: Article, number: str
) -> None:
    document = problem(post_raw(client, article, GOOD.replace('"Ada"', number)), 400)

    assert [error["field"] for error in document["errors"]] == ["name"]


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe{}", b'{"name": "\xc3"}', b'{"name": "\xed\xa0\x80"}', b"\x00", b"\x1f\x8b"]
)
def test_what_is_not_utf8_is_refused(client: Client, article: Article, raw: bytes) -> None:
    problem(post_raw(client, article, raw), 400)


def test_a_body_of_64_kib_is_read_and_one_byte_more_is_not(client: Client, article: Article) -> None:
    def padded(size: int) -> str:
        return GOOD + " " * (size - len(GOOD))

    assert post_raw(client, article, padded(65_536)).status_code == 202
    problem(post_raw(client, article, padded(65_537)), 413, "payload_too_large")
    problem(post_raw(client, article, "[" * 1_000_000), 413)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
SENT = st.dictionaries(st.sampled_from(["name", "email", "body", "parent", "x"]), JSON, max_size=5)


class TestAnything(TestCase):
    """Hypothesis sends what nobody would."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.article = ArticleFactory()  # type: ignore[attr-defined]

    def check(self, body: Any) -> None:
        response = post_raw(self.client, self.article, body)  # type: ignore[attr-defined]
        assert response.status_code in {202, 400}, response.content
        if response.status_code == 400:
            problem(response, 400)

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(SENT)
    def test_any_json_object(self, sent: Any) -> None:
        self.check(json.dumps(sent))

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries({"name": st.text(), "email": st.text() | st.emails(), "body": st.text()}))
    def test_any_texts(self, sent: Any) -> None:
        self.check(json.dumps(sent))

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=200))
    def test_any_bytes(self, sent: bytes) -> None:
        self.check(sent)
