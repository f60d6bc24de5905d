"""The OpenAPI document is valid and complete, and a real server answers as it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from comments.tokens import author_token
from newsroom.access.models import Scope
from tests.conftest import WebServer
from tests.factories import CommentFactory, TagFactory, UserFactory, token_for

EXAMPLES = os.environ.get("NEWSROOM_SCHEMATHESIS_EXAMPLES", "3")
IS_THOROUGH = int(EXAMPLES) >= 20
# Half of the requests find what they ask for; the paths of the comment's author carry the author's token.
CONFIG = """
headers = {{ Authorization = "Bearer {secret}" }}
# A schema cannot say "can be seen" or "is published": not all that it allows is accepted.
checks = {{ positive_data_acceptance = {{ enabled = false }} }}

[[operations]]
include-path-regex = "^/api/v1/articles/.slug.*"
parameters = {{ "path.slug" = "{slug}" }}

[[operations]]
include-path-regex = "^/api/v1/comments/"
parameters = {{ "path.comment_id" = "{comment}", "query.token" = "{token}" }}

[[operations]]
include-path = "/api/v1/comments/{{comment_id}}/"
headers = {{ Authorization = "Bearer {token}" }}
# By the contract a wrong or missing author token is 404: who has none learns of nothing.
checks = {{ ignored_auth = {{ enabled = false }}, missing_required_header = {{ enabled = false }} }}

[[operations]]
include-path = "/api/v1/scores/"
# This server does not score: it says 421 to whatever is sent, and reads none of it.
[operations.checks]
missing_required_header = {{ enabled = false }}
negative_data_rejection = {{ enabled = false }}
"""

# Boundary values of every field are most of the requests. What all kinds of ads have in common is one view:
# in the suite the list and POST of line items, the richest kind, stand for the others, which keep their
# examples and random ones.
SHORT = """
[[operations]]
include-path-regex = "^/api/v1/ads/((slots|advertisers|campaigns|creatives|policy-overrides)/|line-items/.)"
phases = {{ coverage = {{ enabled = false }} }}
"""


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document


def test_the_document_is_valid_without_a_warning(tmp_path: Path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


@pytest.mark.django_db
def test_document_and_docs_are_served(client: Client) -> None:
    document = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    page = client.get("/api/docs/")

    assert document.status_code == 200
    assert document.json()["openapi"].startswith("3.")
    assert page.status_code == 200
    assert b"<script>" not in page.content  # The split view: no inline script under the strict CSP.


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("articles/", "get", {"200", "304", "400", "404"}),
        ("articles/{slug}/", "get", {"200", "304", "404"}),
        (
            "articles/by-source/{external_id}/",
            "put",
            {"200", "201", "400", "401", "403", "404", "409", "413", "415"},
        ),
        ("articles/{slug}/comments/", "get", {"200", "304", "400", "404"}),
        (
            "articles/{slug}/comments/",
            "post",
            {"202", "400", "403", "404", "409", "413", "415", "422", "429", "503"},
        ),
        ("comments/{comment_id}/", "patch", {"202", "400", "403", "404", "409", "413", "415", "429"}),
        ("comments/{comment_id}/", "delete", {"204", "404"}),
        ("comments/{comment_id}/status/", "get", {"200", "404"}),
        ("comments/{comment_id}/replies/", "get", {"200", "400", "404"}),
        ("comments/{comment_id}/appeal/", "get", {"200", "404"}),
        (
            "comments/{comment_id}/appeal/",
            "post",
            {"202", "400", "403", "404", "409", "413", "415", "429", "503"},
        ),
        ("comments/{comment_id}/votes/", "post", {"200", "400", "404", "413", "415", "429", "503"}),
        ("comments/{comment_id}/reports/", "post", {"200", "202", "400", "404", "413", "415", "429", "503"}),
        ("comment-counts/", "get", {"200", "400", "404"}),
        ("scores/", "post", {"200", "400", "401", "413", "415", "421", "429", "503"}),
    ],
)
def test_every_answer_of_the_contract_is_documented(
    schema: dict[str, Any], path: str, method: str, statuses: set[str]
) -> None:
    responses = schema["paths"][f"/api/v1/{path}"][method]["responses"]

    assert statuses <= set(responses)
    for status in statuses - {"200", "201", "202", "204", "304"}:
        assert list(responses[status]["content"]) == ["application/problem+json"]


def test_lists_are_documented_as_pages(schema: dict[str, Any]) -> None:
    for path in ("articles/", "ads/slots/"):
        operation = schema["paths"][f"/api/v1/{path}"]["get"]
        reference = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        page = schema["components"]["schemas"][reference.rpartition("/")[2]]
        assert page["required"] == ["next", "results"]
        assert {"cursor", "limit"} <= {parameter["name"] for parameter in operation["parameters"]}


def test_writers_are_told_that_unknown_keys_are_refused(schema: dict[str, Any]) -> None:
    components = schema["components"]["schemas"]
    for name in ("CommentWriteRequest", "PatchedCommentEditRequest", "SourceArticleRequest", "SlotRequest"):
        assert components[name]["additionalProperties"] is False


def test_each_operation_asks_for_its_own_kind_of_token(schema: dict[str, Any]) -> None:
    assert set(schema["components"]["securitySchemes"]) == {"apiToken", "authorToken", "portKey"}
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            expected = []
            if ("/ads/" in path and not path.endswith("/ads/decisions/")) or "by-source" in path:
                expected = [{"apiToken": []}]
            elif path.endswith("/scores/"):
                expected = [{"portKey": []}]
            elif path.endswith("/comments/{comment_id}/"):
                expected = [{"authorToken": []}]
            assert [kind for kind in operation.get("security", []) if kind] == expected, path


@pytest.mark.timeout(3600 if IS_THOROUGH else 400)
@pytest.mark.django_db(transaction=True)
def test_a_real_server_answers_as_documented(web_server: WebServer, tmp_path: Path) -> None:
    """More examples, and boundary values everywhere, by hand: ``NEWSROOM_SCHEMATHESIS_EXAMPLES=500``."""
    token = author_token((comment := CommentFactory(status="published")).pk)
    comment.article.tags.add(TagFactory())
    CommentFactory(parent=comment, status="published")
    _, secret = token_for(*Scope.values, user=UserFactory(is_superuser=True))
    (tmp_path / "schemathesis.toml").write_text(
        (CONFIG if IS_THOROUGH else CONFIG + SHORT).format(
            slug=comment.article.slug, comment=comment.pk, token=token, secret=secret
        )
    )
    options = {
        "--max-examples": EXAMPLES,
        "--seed": "20260101",
        "--generation-database": "none",
        "--suppress-health-check": "all",
        "--request-timeout": "10",
        "--warnings": "off",
    }

    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{web_server.url}/api/schema/", "--no-color"]
        + [word for option in options.items() for word in option]
        + ["--continue-on-failure"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
    operations = re.search(r"Operations: +(\d+) selected / (\d+) total", done.stdout)
    assert operations is not None
    assert 16 <= int(operations[1]) == int(operations[2])
    assert " passed" in done.stdout
    assert not re.search(r"\d+ (failed|errored)", done.stdout)
