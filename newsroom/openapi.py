"""OpenAPI: each operation also documents its error answers as problem documents."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}
_ALWAYS = {"400": "Bad input; names the fields", "404": "Not found", "503": "The database does not answer"}
_WRITES = {"413": "The body is larger than 64 KiB", "415": "Not JSON in UTF-8"}

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
        if operation.get("security") and {} not in operation["security"]:
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


def add_problem_schema(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: the Problem component itself."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    return result
