"""OpenAPI: each operation also documents its error answers as problem documents."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}
_ALWAYS = {"400": "Bad input; names the fields", "404": "Not found", "503": "The database does not answer"}
_WRITES = {"413": "The body is larger than 64 KiB", "415": "Not JSON in UTF-8"}

IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag that you hold; still current: 304."
)
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "An RFC 9457 problem document.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable; for programs."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class ProblemAutoSchema(AutoSchema):
    """Adds the errors that all operations may answer, and those of the view's ``problem_statuses``."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        documented = dict(_ALWAYS)
        if self.method in {"POST", "PUT", "PATCH"}:
            documented |= _WRITES
        by_method = getattr(self.view, "problem_statuses", {})
        documented |= by_method.get(self.method, {})
        if {"apiToken": []} in operation.get("security", []):
            documented |= {"401": "No valid API token", "403": "The token may not do this"}
        for status, description in documented.items():
            operation["responses"].setdefault(
                status,
                {
                    "description": description,
                    "content": {"application/problem+json": {"schema": _PROBLEM_REF}},
                },
            )
        return operation

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Any:
        """Writers are told that keys nobody knows are refused."""
        from newsroom.api import StrictSerializer

        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema


def add_problem_schema(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: the Problem component, and the commenter's token (no authenticator knows it)."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    components.setdefault("securitySchemes", {})["authorToken"] = {
        "type": "http",
        "scheme": "bearer",
        "description": "The `author_token` that came with the comment's 202; wrong or missing is 404.",
    }
    components["securitySchemes"]["portKey"] = {
        "type": "http",
        "scheme": "bearer",
        "description": "A key for the ports' process, made in the admin.",
    }
    return result
