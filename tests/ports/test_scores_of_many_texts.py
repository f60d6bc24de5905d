"""``POST /api/v1/scores/``: a hundred texts in one call, with reasons; what the public site says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from moderation.classifier.artifact import LABELS
from moderation.engine import engine
from moderation.models import ModelVersion
from moderation.ports.models import PortUsage
from moderation.ports.usage import usage
from tests.contract.helpers import fields, problem

PATH = "/api/v1/scores/"
RUDE, GERMAN = "You are a stupid idiot.", "Das ist ein deutscher Satz über die Fähre nach Norden."
here = pytest.mark.urls("newsroom.ports_urls")


def ask(client: Client, secret: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return client.post(PATH, json.dumps(body), content_type="application/json", headers=headers)


@here
def test_each_text_has_every_score_in_its_place(client: Client, made: Any) -> None:
    answer = ask(client, made()[1], {"texts": [RUDE, "Thank you.", RUDE]})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    first, second, third = answer.json()["results"]
    assert first == third
    assert set(first["scores"]) == set(LABELS)
    assert first["scores"]["toxicity"] > 0.8 > second["scores"]["toxicity"]
    assert (first["language"], first["unscorable"], first["reasons"]) == ("en", None, None)
    assert answer.json()["model"] == engine.active().classifier.version


@here
def test_reasons_are_slices_of_the_text(client: Client, made: Any) -> None:
    text = f"😀😀 {RUDE}"
    found = ask(client, made()[1], {"texts": [text], "reasons": True}).json()["results"][0]
    strongest = max(found["reasons"], key=lambda reason: reason["weight"])
    assert text[strongest["start"] : strongest["end"]] in {"idiot", "idiot.", "stupid"}
    assert found["scores"][found["reasons_of"]] == max(found["scores"].values())


@here
@pytest.mark.parametrize(("on_unscorable", "expected"), [("error", None), ("hold_score", 1.0)])
def test_what_cannot_be_scored_says_why(client: Client, made: Any, on_unscorable: str, expected: Any) -> None:
    texts = ["", " \n", GERMAN, "word " * 5000, "Thank you."]
    secret = made(on_unscorable=on_unscorable)[1]
    results = ask(client, secret, {"texts": texts, "reasons": True}).json()["results"]
    assert [each["unscorable"] for each in results] == ["empty", "empty", "language", "too_long", None]
    for each in results[:4]:
        assert each["scores"] == (dict.fromkeys(LABELS, expected) if expected else None)
        assert each["reasons"] is None
    usage.flush()
    assert PortUsage.objects.get().held == (4 if expected else 0)


@here
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "texts"),
        ({"texts": []}, "texts"),
        ({"texts": ["x"] * 101}, "texts"),
        ({"texts": "x"}, "texts"),
        ({"texts": [1]}, "texts[0].0"),
        ({"texts": ["x"], "reasons": "perhaps"}, "reasons"),
        ({"texts": ["x"], "more": 1}, "more"),
    ],
)
def test_bad_requests_name_the_field(client: Client, made: Any, body: Any, field: str) -> None:
    assert any(name.startswith(field.partition("[")[0]) for name in fields(ask(client, made()[1], body)))


@here
def test_it_wants_a_live_key(client: Client, made: Any) -> None:
    made()
    for secret in ("", "nonsense"):
        answer = ask(client, secret, {"texts": ["x"]})
        problem(answer, 401, "not_authenticated")
        assert answer["WWW-Authenticate"] == "Bearer"


@here
def test_a_batch_costs_its_texts(client: Client, made: Any) -> None:
    secret = made(quota_per_minute=3)[1]
    assert ask(client, secret, {"texts": ["a", "b"]}).status_code == 200
    refused = ask(client, secret, {"texts": ["a", "b"]})
    problem(refused, 429, "rate_limited")
    assert int(refused["Retry-After"]) >= 1
    usage.flush()
    assert list(PortUsage.objects.values_list("requests", "texts", "refused")) == [(2, 2, 1)]


@here
def test_without_a_classifier_it_is_503(client: Client, made: Any) -> None:
    secret = made()[1]
    ModelVersion.objects.update(is_active=False)
    engine._looked_at = -1e9
    problem(ask(client, secret, {"texts": ["x"]}), 503, "model_unavailable")


@pytest.mark.django_db
def test_the_public_site_points_to_the_ports(client: Client, settings: Any) -> None:
    settings.NEWSROOM_PORTS_URL = "https://ports.news.example"
    document = problem(ask(client, "", {"texts": ["x"]}), 421, "scored_elsewhere")
    assert "https://ports.news.example/api/v1/scores/" in document["detail"]
    assert client.get(PATH).status_code == 405
