"""The Perspective-compatible API through Django's own client."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from moderation.ports import selectors
from moderation.ports.services import revoke_key
from moderation.ports.spans import Utf16, sentences

pytestmark = pytest.mark.urls("newsroom.ports_urls")
TEXT = "What kind of idiot name is foo? Sorry, I like your name."


def analyze(client: Client, secret: str, **body: Any) -> Any:
    given = {"comment": {"text": TEXT}, "requestedAttributes": {"TOXICITY": {}}, **body}
    return client.post(f"/v1alpha1/comments:analyze?key={secret}", given, content_type="application/json")


def test_scores_have_the_original_shape(client: Client, made: Any) -> None:
    answer = analyze(client, made()[1], clientToken="t", spanAnnotations=True, doNotStore=True).json()
    found = answer["attributeScores"]["TOXICITY"]
    assert 0 < found["summaryScore"]["value"] < 1
    assert found["summaryScore"]["type"] == "PROBABILITY"
    assert [(span["begin"], span["end"]) for span in found["spanScores"]] == [(0, 31), (32, 56)]
    assert answer["languages"] == answer["detectedLanguages"] == ["en"]
    assert answer["clientToken"] == "t"


def test_spans_count_utf16_code_units() -> None:
    text = "😀😀 fine. Then 😀 more."
    units = Utf16(text)
    encoded = text.encode("utf-16-le")
    for start, end in sentences(text):
        part = encoded[2 * units.offset(start) : 2 * units.offset(end)].decode("utf-16-le")
        assert part == text[start:end]


@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        ({"comment": {"text": ""}}, "COMMENT_EMPTY"),
        ({"comment": {"text": "word " * 5000}}, "COMMENT_TOO_LONG"),
        ({"languages": ["de"]}, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        ({"requestedAttributes": {}}, "NO_REQUESTED_ATTRIBUTES"),
    ],
)
def test_errors_keep_their_types(client: Client, made: Any, body: dict[str, Any], error_type: str) -> None:
    answer = analyze(client, made()[1], **body)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert answer.json()["error"]["details"][0]["errorType"] == error_type


@pytest.mark.parametrize("body", [{"comment": {"text": " "}}, {"languages": ["de"]}])
def test_a_key_may_have_what_cannot_be_scored_held(client: Client, made: Any, body: dict[str, Any]) -> None:
    answer = analyze(client, made(on_unscorable="hold_score")[1], **body)
    assert answer.status_code == 200
    assert answer.json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"] == 1.0


def test_no_key_a_wrong_one_and_a_revoked_one(
    client: Client, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, secret = made()
    assert analyze(client, "").json()["error"]["status"] == "PERMISSION_DENIED"
    wrong = analyze(client, "nonsense").json()["error"]
    assert (wrong["code"], wrong["details"][0]["reason"]) == (400, "API_KEY_INVALID")
    assert analyze(client, secret).status_code == 200
    revoke_key(key=key, actor=None, at=key.created_at)
    monkeypatch.setattr(selectors, "FRESH_S", 0.0)  # Two seconds, else.
    assert analyze(client, secret).status_code == 400


def test_the_quota_ends_in_429(client: Client, made: Any) -> None:
    secret = made(quota_per_minute=1)[1]
    assert analyze(client, secret).status_code == 200
    refused = analyze(client, secret)
    assert (refused.status_code, refused.json()["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert int(refused["Retry-After"]) >= 1


def test_a_threshold_leaves_scores_out(client: Client, made: Any) -> None:
    answer = analyze(client, made()[1], requestedAttributes={"SPAM": {"scoreThreshold": 1.0}})
    assert answer.json()["attributeScores"] == {}


def test_the_discovery_document_names_this_host(client: Client, db: None) -> None:
    document = client.get("/$discovery/rest?version=v1alpha1", headers={"host": "localhost"}).json()
    assert document["rootUrl"] == "http://localhost/"
    assert document["resources"]["comments"]["methods"]["analyze"]["path"] == "v1alpha1/comments:analyze"
