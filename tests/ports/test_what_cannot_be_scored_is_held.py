"""``hold_score``: a client that ignores errors gets 1.0, whatever it was that went wrong here."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from moderation.models import ModelVersion
from moderation.ports import selectors
from moderation.ports.models import PortKey
from moderation.ports.selectors import KnownKey, KnownKeys, live_key
from tests.ports.test_perspective_answers_as_the_original_did import analyze
from tests.ports.test_use_is_counted import _away, row

pytestmark = pytest.mark.urls("newsroom.ports_urls")


def toxicity(answer: Any) -> float:
    assert answer.status_code == 200, answer.content
    return float(answer.json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"])


@pytest.mark.parametrize(("on_unscorable", "status"), [("hold_score", 200), ("error", 503)])
def test_without_a_database(
    client: Client, made: Any, monkeypatch: pytest.MonkeyPatch, on_unscorable: str, status: int
) -> None:
    secret = made(on_unscorable=on_unscorable)[1]
    assert toxicity(analyze(client, secret)) < 1.0
    with monkeypatch.context() as patch:
        patch.setattr(selectors, "FRESH_S", 0.0)
        patch.setattr("django.db.backends.utils.CursorWrapper.execute", _away)
        answer = analyze(client, secret, spanAnnotations=True)
        assert analyze(client, "unknown here").status_code == 503
    assert answer.status_code == status
    if status == 200:
        assert toxicity(answer) == 1.0
        assert (row().texts, row().held) == (2, 1)


@pytest.mark.parametrize(("on_unscorable", "status"), [("hold_score", 200), ("error", 500)])
def test_when_scoring_itself_fails(
    client: Client,
    made: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    on_unscorable: str,
    status: int,
) -> None:
    def fails(*args: Any, **options: Any) -> Any:
        raise ValueError("What kind of idiot name is foo?")

    monkeypatch.setattr("moderation.ports.perspective.sentences", fails)
    answer = analyze(client, made(on_unscorable=on_unscorable)[1], spanAnnotations=True)
    assert answer.status_code == status
    assert toxicity(answer) == 1.0 if status == 200 else answer.json()["error"]["status"] == "INTERNAL"
    assert "ValueError" in caplog.text
    assert "idiot" not in caplog.text


def test_without_a_classifier(client: Client, made: Any) -> None:
    secret = made(on_unscorable="hold_score")[1]
    ModelVersion.objects.update(is_active=False)
    from moderation.engine import engine

    engine._looked_at = -1e9
    assert toxicity(analyze(client, secret)) == 1.0


def test_a_request_too_large_to_be_read(client: Client, made: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = {"comment": {"text": "word " * 1000}}
    assert toxicity(analyze(client, made(on_unscorable="hold_score")[1], **body)) == 1.0
    assert analyze(client, made()[1], **body).status_code == 400


def test_a_request_that_means_nothing_is_an_error_all_the_same(client: Client, made: Any) -> None:
    secret = made(on_unscorable="hold_score")[1]
    assert analyze(client, secret, requestedAttributes={"NONSENSE": {}}).status_code == 400


# --- which keys are known ------------------------------------------------------------------------------
class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_known_key_is_not_looked_up_again_at_once_and_a_revoked_one_stops(made: Any) -> None:
    key, secret = made()
    asked, clock = [], Clock()

    def look_up(digest: bytes) -> KnownKey | None:
        asked.append(digest)
        return live_key(digest)

    keys = KnownKeys(look_up=look_up, clock=clock)
    assert keys.find(secret) == keys.find(secret) == KnownKey(key.pk, key.site_id, None, holds=False)
    assert len(asked) == 1
    PortKey.objects.update(revoked_at=key.created_at)
    clock.now = selectors.FRESH_S
    assert keys.find(secret) is None


def test_a_database_that_is_away_is_believed_for_an_hour(made: Any) -> None:
    secret, clock = made(on_unscorable="hold_score")[1], Clock()
    keys = KnownKeys(clock=clock)
    assert keys.find(secret)
    keys.is_away = lambda: True
    clock.now = selectors.KEPT_S - 1
    found = keys.find(secret)
    assert found is not None
    assert (found.holds, found.is_confirmed) == (True, False)
    clock.now = selectors.KEPT_S
    keys._look_up = _away
    with pytest.raises(OperationalError):
        keys.find(secret)


def test_made_up_keys_are_not_remembered(db: None) -> None:
    keys = KnownKeys()
    assert keys.find("made up") is None
    assert not keys._seen


def test_what_is_over_the_quota(client: Client, made: Any) -> None:
    secret = made(on_unscorable="hold_score", quota_per_minute=1)[1]
    assert toxicity(analyze(client, secret)) < 1.0
    assert toxicity(analyze(client, secret, clientToken="as sent")) == 1.0
    answer = analyze(client, secret, requestedAttributes={"NONSENSE": {}})
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert (row().texts, row().held, row().refused) == (2, 1, 1)


def test_a_correction_over_the_quota_is_told_so(client: Client, made: Any) -> None:
    secret = made(on_unscorable="hold_score", quota_per_minute=1)[1]
    analyze(client, secret)
    body = {"comment": {"text": "Thanks."}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}}}
    address = f"/v1alpha1/comments:suggestscore?key={secret}"
    assert client.post(address, body, content_type="application/json").status_code == 429
