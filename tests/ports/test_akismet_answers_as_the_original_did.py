"""The Akismet-compatible API through Django's own client: its words, headers and errors."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import pytest
from django.test import Client

from moderation.engine import engine
from moderation.models import ModelVersion
from moderation.ports.models import SeenText
from moderation.ports.selectors import known_keys
from moderation.ports.services import revoke_key
from newsroom import ports_settings

pytestmark = pytest.mark.urls("newsroom.ports_urls")
FRIENDLY = "The new bridge is a great help on my way to work, thank you for the report."
SPAM = "Cheap pills online!!! Buy now and earn $$$ fast at http://pills.example.com http://win.example.com"


@pytest.fixture
def key(made: Any, settings: Any) -> tuple[Any, str]:
    settings.MIDDLEWARE = ports_settings.MIDDLEWARE
    return made()


@pytest.fixture
def call(client: Client, key: tuple[Any, str]) -> Any:
    def call(
        name: str = "comment-check", *, without: str = "", host: str = "localhost", **fields: str
    ) -> Any:
        form = {
            "api_key": key[1], "blog": "https://blog.example.org/", "user_ip": "198.51.100.7",
            "comment_author": "Ada", "comment_author_email": "ada@example.org", "comment_content": FRIENDLY,
        } | fields  # fmt: skip
        form.pop(without, None)
        return client.post(f"/1.1/{name}", form, headers={"host": host})

    return call


def said(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"].startswith("text/plain")
    return answer.status_code, answer.content.decode()


def test_a_friendly_text_is_false_and_spam_is_true(call: Any) -> None:
    friendly, spam = call(), call(comment_author_email="x@example.org", comment_content=SPAM)
    assert (said(friendly), friendly["X-newsroom-outcome"]) == ((200, "false"), "published")
    assert (said(spam), spam["X-newsroom-outcome"], spam["X-newsroom-reason"]) == (
        (200, "true"),
        "held",
        "spam",
    )
    assert "X-akismet-pro-tip" not in spam


def test_a_key_is_verified(call: Any, key: tuple[Any, str]) -> None:
    assert said(call("verify-key")) == (200, "valid")
    assert said(call("verify-key", without="api_key", key=key[1])) == (200, "valid")
    assert said(call("verify-key", key="123abc")) == (200, "invalid")  # WordPress sends the known one along.
    wrong = call("verify-key", api_key="123abc")
    assert (said(wrong), wrong["X-akismet-debug-help"]) == ((200, "invalid"), "Unknown or revoked key")
    assert call("verify-key", without="api_key")["X-akismet-debug-help"] == 'Empty "key" value'
    assert said(call("verify-key", without="blog")) == (200, "invalid")


def test_the_key_may_be_a_sub_domain(call: Any, key: tuple[Any, str]) -> None:
    host = f"{key[1]}.rest.example.org:8001"
    assert said(call(without="api_key", host=host)) == (200, "false")
    assert said(call(without="api_key", host="a" * 40 + ".rest.example.org")) == (200, "invalid")
    assert said(call(without="api_key")) == (200, "Missing required field: api_key.")


def test_a_revoked_key_is_invalid(call: Any, key: tuple[Any, str]) -> None:
    revoke_key(key=key[0], actor=None, at=key[0].created_at)
    for name in ("verify-key", "comment-check", "submit-spam", "submit-ham"):
        assert said(call(name)) == (200, "invalid")


@pytest.mark.parametrize(
    ("fields", "body", "debug"),
    [
        ({"without": "blog"}, "Missing required field: blog.", 'Empty "blog" value'),
        ({"without": "user_ip"}, "Missing required field: user_ip.", 'Empty "user_ip" value'),
        ({"blog": "my blog"}, "invalid", "We were unable to parse your blog URI"),
        ({"blog": "http://[::1"}, "invalid", "We were unable to parse your blog URI"),
    ],
)
def test_what_is_missing_is_named(call: Any, fields: dict[str, str], body: str, debug: str) -> None:
    for name in ("comment-check", "submit-spam"):
        answer = call(name, **fields)
        assert (said(answer), answer["X-akismet-debug-help"]) == ((200, body), debug)


@pytest.mark.parametrize(
    "fields",
    [
        {"comment_author": "akismet-guaranteed-spam"},
        {"comment_author_email": "akismet-guaranteed-spam@example.com"},
        {"hidden_honeypot_field": "filled"},
        {"honeypot_field_name": "website2", "website2": "filled"},
        {"honeypot_field_name": "website2", "POST_website2": "filled"},
        {"POST_ak_hp_textarea": "filled"},
        {"comment_content": "word " * 5000},
        {"blog_lang": "de, fr_CA", "comment_content": "Schönes Foto!"},
        {"comment_content": "Das ist ein längerer deutscher Satz über die neue Brücke in unserer Stadt."},
    ],
)
def test_these_are_spam(call: Any, fields: dict[str, str]) -> None:
    assert said(call(**fields)) == (200, "true")


@pytest.mark.parametrize(
    "fields",
    [
        {"user_role": "administrator", "comment_content": SPAM},
        {"user_role": "editor,administrator", "comment_content": SPAM},
        {"honeypot_field_name": "website2", "website2": " "},
        {"blog_lang": "en, de", "comment_content": "Nice!"},
        {"comment_type": "reply", "comment_context[]": "news", "comment_date_gmt": "2026-02-30 99:00"},
        {"comment_content": ""},
        {"comment_content": "", "comment_author": ""},
        {"user_ip": "nonsense"},
        {"user_ip": "2001:db8::1", "comment_author_url": "https://ada.example.org"},
        {"is_test": "1", "recheck_reason": "edit", "permalink": "https://blog.example.org/\0a"},
    ],
)
def test_these_are_not(call: Any, fields: dict[str, str]) -> None:
    assert said(call(**fields)) == (200, "false")


def test_what_the_policy_rejects_may_be_discarded(call: Any) -> None:
    answer = call(hidden_honeypot_field="filled")
    assert (answer["X-akismet-pro-tip"], answer["X-newsroom-outcome"]) == ("discard", "rejected")


def test_feedback_is_thanked_for_and_holds(call: Any) -> None:
    thanks = "Thanks for making the web a better place."
    assert said(call("submit-spam")) == (200, thanks)
    assert said(call()) == (200, "true")
    assert said(call("submit-ham")) == (200, thanks)
    assert said(call()) == (200, "false")
    assert SeenText.objects.count() == 1


def test_a_test_leaves_nothing_behind(call: Any) -> None:
    for name in ("comment-check", "submit-spam"):
        call(name, is_test="true")
    assert SeenText.objects.count() == 0


@pytest.mark.parametrize(
    "charset", ["utf-8", "iso-8859-1", "windows-1252", "nonsense", "zip", "utf-7", "x" * 5000]
)
def test_charsets(client: Client, key: tuple[Any, str], charset: str) -> None:
    text = "Das Café war schön, die Brücke ist größer als gedacht, und wir kommen bestimmt bald wieder."
    sent = text.encode("utf-8" if charset == "utf-8" else "iso-8859-1")
    body = f"api_key={key[1]}&blog=http://a.example&user_ip=1.2.3.4&blog_charset={charset}"
    body += f"&comment_content={quote_plus(sent)}"
    answer = client.post("/1.1/comment-check", body, content_type="application/x-www-form-urlencoded")
    assert (said(answer), answer["X-newsroom-reason"]) == ((200, "true"), "language")


def test_a_seven_bit_charset_is_read_as_declared(client: Client, key: tuple[Any, str]) -> None:
    sent = quote_plus("橋が開通しました。とても便利です。".encode("iso2022_jp"))
    body = f"api_key={key[1]}&blog=http://a.example&user_ip=1.2.3.4&comment_content={sent}"
    kind = "application/x-www-form-urlencoded; charset=ISO-2022-JP"
    assert client.post("/1.1/comment-check", body, content_type=kind)["X-newsroom-reason"] == "language"


def test_huge_and_broken_bodies(client: Client, key: tuple[Any, str]) -> None:
    kind = "application/x-www-form-urlencoded"
    assert said(client.post("/1.1/comment-check", b"a" * 300_000, content_type=kind)) == (413, "error")
    assert client.post("/1.1/comment-check", "a=1&" * 5000, content_type=kind).status_code == 400
    assert said(client.post("/1.1/comment-check", b"\xff%zz&&=", content_type=kind))[0] == 200
    assert client.post("/1.1/comment-check", b"--x", content_type="multipart/form-data").status_code == 400
    assert client.get("/1.1/comment-check").status_code == 405


def test_whatever_fails_nothing_gets_through(
    call: Any, key: tuple[Any, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise ValueError(FRIENDLY)

    monkeypatch.setattr("moderation.ports.seen.findings", fail)
    assert said(call()) == (503, "error")
    type(key[0]).objects.update(on_unscorable="hold_score")
    known_keys.forget()
    assert said(call()) == (200, "true")
    assert "ValueError" in caplog.text
    assert FRIENDLY not in caplog.text


def test_without_a_classifier_it_is_an_error_or_held(call: Any, key: tuple[Any, str]) -> None:
    ModelVersion.objects.update(is_active=False)
    engine._looked_at = -100.0
    answer = call()
    assert (said(answer), answer["X-akismet-debug-help"]) == ((503, "error"), "No classifier is available")
    type(key[0]).objects.update(on_unscorable="hold_score")
    known_keys.forget()
    held = call()
    assert (said(held), held["X-newsroom-reason"]) == ((200, "true"), "model_unavailable")


def test_the_quota_ends_in_429(call: Any, key: tuple[Any, str]) -> None:
    type(key[0]).objects.update(quota_per_minute=1)
    assert said(call()) == (200, "false")
    refused = call()
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1
