"""The document that clients are generated from says all that the paths do."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from ads.delivery.models import AdDecision
from ads.models import LineItem
from articles.models import Site
from articles.services import set_sensitivity
from tests.ads.conftest import Caller, new_article, new_creative, new_line_item, new_slot
from tests.ads.test_delivery import browse

LIST, ONE = "/api/v1/ads/slots/", "/api/v1/ads/slots/{id}/"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        (LIST, "get", {"200", "400", "401", "403", "404"}),
        (LIST, "post", {"201", "400", "401", "403", "404", "413", "415", "422"}),
        (ONE, "get", {"200", "304", "401", "403", "404"}),
        (ONE, "put", {"200", "400", "401", "403", "404", "412", "428"}),
        (ONE, "patch", {"200", "400", "401", "403", "404", "412", "428"}),
        (ONE, "delete", {"204", "401", "403", "404", "409", "412", "428"}),
    ],
)
def test_every_answer_is_documented(
    schema: dict[str, Any], path: str, method: str, statuses: set[str]
) -> None:
    assert statuses <= set(schema["paths"][path][method]["responses"])


def test_headers_are_documented(schema: dict[str, Any]) -> None:
    asked = {
        (method, parameter["name"]): parameter.get("required", False)
        for method in ("post", "patch", "delete")
        for parameter in schema["paths"][LIST if method == "post" else ONE][method]["parameters"]
    }
    assert asked["post", "Idempotency-Key"] is False
    assert asked["patch", "If-Match"] is asked["delete", "If-Match"] is True
    assert set(schema["paths"][LIST]["post"]["responses"]["201"]["headers"]) == {"ETag", "Location"}


def test_requests_and_answers_have_examples(schema: dict[str, Any]) -> None:
    post = schema["paths"][LIST]["post"]
    assert len(post["requestBody"]["content"]["application/json"]["examples"]) == 2
    example = post["responses"]["201"]["content"]["application/json"]["examples"]["ASlot"]["value"]
    assert list(example) == list(schema["components"]["schemas"]["Slot"]["properties"])


def test_the_bounds_of_numbers_and_sizes_are_documented(schema: dict[str, Any]) -> None:
    request = schema["components"]["schemas"]["SlotRequest"]["properties"]
    assert request["floor_price_micros"]["maximum"] == 2**63 - 1
    assert (request["after_n"]["minimum"], request["after_n"]["maximum"]) == (1, 32_767)
    assert request["sizes"]["maxItems"] == 20
    assert request["active"]["type"] == "boolean"


@pytest.mark.parametrize("kind", ["advertisers", "campaigns", "line-items", "creatives", "policy-overrides"])
def test_the_examples_of_every_kind_fit_their_schema(schema: dict[str, Any], kind: str) -> None:
    operation = schema["paths"][f"/api/v1/ads/{kind}/"]["post"]
    for content in (operation["requestBody"], operation["responses"]["201"]):
        media = content["content"]["application/json"]
        component = schema["components"]["schemas"][media["schema"]["$ref"].rpartition("/")[2]]
        (example,) = media["examples"].values()
        assert set(component["required"]) <= set(example["value"]) <= set(component["properties"])


ANSWERS = {
    "decisions/": ("post", "DecisionAnswers"),
    "decisions/{id}/explain/": ("get", "ExplainAnswer"),
    "reports/": ("get", "ReportAnswer"),
    "exposures/": ("get", "ExposuresAnswer"),
    "earnings/": ("get", "EarningsAnswer"),
    "credits/": ("post", "CreditedAnswer"),
    "statements/": ("post", "StatementAnswer"),
    "statements/{id}/": ("get", "StatementAnswer"),
}


@pytest.mark.parametrize("path", ANSWERS)
def test_answers_about_delivery_are_described_with_an_example(schema: dict[str, Any], path: str) -> None:
    method, name = ANSWERS[path]
    answer = schema["paths"][f"/api/v1/ads/{path}"][method]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"] == {"$ref": f"#/components/schemas/{name}"}
    assert schema["components"]["schemas"][name]["properties"]
    for example in answer["examples"].values():
        fits(schema, answer["schema"], example["value"])


def fits(schema: dict[str, Any], wanted: dict[str, Any], value: Any) -> None:
    """Every key that stands in an answer is described, and every one that must be there is."""
    while "$ref" in wanted or "allOf" in wanted:
        name = wanted["$ref"] if "$ref" in wanted else wanted["allOf"][0]["$ref"]
        wanted = schema["components"]["schemas"][name.rpartition("/")[2]]
    if isinstance(value, list):
        for one in value:
            fits(schema, wanted["items"], one)
    elif isinstance(value, dict) and "properties" in wanted:
        assert set(wanted.get("required", ())) <= set(value) <= set(wanted["properties"])
        for key, one in value.items():
            fits(schema, wanted["properties"][key], one)


@pytest.mark.django_db
def test_what_is_answered_is_what_is_described(schema: dict[str, Any], manager: Caller, site: Site) -> None:
    article = new_article(site)
    set_sensitivity(article=article, topic="crime", risk="low", source="editor")
    sold = new_creative(new_line_item(site, new_slot(site, code="top"), price_micros=8_500_000))
    browse(article, 1)
    set_sensitivity(article=article, topic="war", risk="high", source="editor")
    decision = AdDecision.objects.get()
    today = timezone.now().date().isoformat()
    body = {"article": article.slug, "slots": ["top", "none"], "view": str(uuid4())}
    (run,) = manager.get(f"/api/v1/ads/runs/?from={today}&to={today}").json()["results"]
    fits(schema, {"$ref": "#/components/schemas/RunAnswer"}, run)
    credited = manager.post("/api/v1/ads/credits/", {"decisions": [run["decision"]], "reason": "war"})
    LineItem.objects.filter(pk=sold.line_item_id).update(type="house", price_micros=0)
    closed = {
        "campaign": str(sold.line_item.campaign_id),
        "first_day": "2026-01-01",
        "last_day": "2026-01-31",
    }
    asked = {
        "decisions/": manager.post("/api/v1/ads/decisions/", body),
        "decisions/{id}/explain/": manager.get(f"/api/v1/ads/decisions/{decision.pk}/explain/"),
        "reports/": manager.get(f"/api/v1/ads/reports/?from={today}&to={today}&group_by=article"),
        "exposures/": manager.get(f"/api/v1/ads/exposures/?article={article.slug}"),
        "credits/": credited,
        "earnings/": manager.get(f"/api/v1/ads/earnings/?from={today}&to={today}"),
    }
    made = manager.post("/api/v1/ads/statements/", closed)
    again = manager.post("/api/v1/ads/statements/", closed)
    assert (made.status_code, again.json()["id"]) == (201, made.json()["id"])
    asked["statements/"] = again
    asked["statements/{id}/"] = manager.get(f"/api/v1/ads/statements/{made.json()['id']}/")
    assert set(asked) == set(ANSWERS)
    for path, answer in asked.items():
        assert answer.status_code == 200, path
        fits(schema, {"$ref": f"#/components/schemas/{ANSWERS[path][1]}"}, answer.json())
