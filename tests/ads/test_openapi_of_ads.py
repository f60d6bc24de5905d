"""The document that clients are generated from says all that the paths do."""

from __future__ import annotations

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

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
