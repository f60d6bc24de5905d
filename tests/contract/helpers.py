"""Asking the API as a client does, and reading its refusals."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from articles.models import Article

PROBLEM = "application/problem+json"
UNKNOWN = "7d444840-9dc0-41d1-b245-5ffdce74fad2"  # No object has this id.


def problem(response: Any, status: int, code: str = "") -> dict[str, Any]:
    """The problem document of a refusal, checked for its form (RFC 9457)."""
    assert response.status_code == status, response.content[:500]
    assert response["Content-Type"] == PROBLEM
    assert "no-store" in response["Cache-Control"]
    document: dict[str, Any] = json.loads(response.content)
    assert {"type", "title", "status", "detail", "code"} <= set(document)
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    if status == 400:
        assert document["errors"]
        assert all(set(error) == {"field", "code", "detail"} for error in document["errors"])
    if code:
        assert document["code"] == code
    return document


def fields(response: Any, status: int = 400) -> dict[str, str]:
    """The refused fields of a problem document and their codes."""
    return {error["field"]: error["code"] for error in problem(response, status)["errors"]}


def comments_path(article: Article) -> str:
    return f"/api/v1/articles/{article.slug}/comments/"


def comment_fields(**changes: Any) -> dict[str, Any]:
    return {"name": "Ada", "email": "ada@example.org", "body": "The bearing came on Tuesday."} | changes


def post_comment(client: Client, article: Article, *, key: str | None = None, **changes: Any) -> Any:
    headers = {"Idempotency-Key": key} if key is not None else {}
    body = json.dumps(comment_fields(**changes))
    return client.post(comments_path(article), body, content_type="application/json", headers=headers)


def post_raw(
    client: Client, article: Article, body: bytes | str, *, content_type: str = "application/json"
) -> Any:
    """The bytes as they are: the test client would encode them in the charset of the type."""
    raw = body.encode() if isinstance(body, str) else body
    return client.generic("POST", comments_path(article), raw, content_type=content_type)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
