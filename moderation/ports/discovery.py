"""The discovery document from which Google's API clients build themselves."""

from __future__ import annotations

from typing import Any

_STRING, _BOOLEAN = {"type": "string"}, {"type": "boolean"}
_STRINGS = {"type": "array", "items": _STRING}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": name}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _map(name: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": _ref(name)}


_COMMON = {
    "comment": _ref("TextEntry"), "context": _ref("Context"), "languages": _STRINGS,
    "clientToken": _STRING, "communityId": _STRING, "sessionId": _STRING,
}  # fmt: skip
_PROPERTIES: dict[str, dict[str, Any]] = {
    "TextEntry": {"text": _STRING, "type": _STRING},
    "ArticleAndParentComment": {"article": _ref("TextEntry"), "parentComment": _ref("TextEntry")},
    "Context": {
        "entries": _list("TextEntry"), "articleAndParentComment": _ref("ArticleAndParentComment")
    },
    "AttributeParameters": {
        "scoreType": _STRING, "scoreThreshold": {"type": "number", "format": "float"}
    },
    "Score": {"value": {"type": "number", "format": "float"}, "type": _STRING},
    "SpanScore": {
        "begin": {"type": "integer", "format": "int32", "description": "In UTF-16 code units."},
        "end": {"type": "integer", "format": "int32", "description": "Exclusive."},
        "score": _ref("Score"),
    },
    "AttributeScores": {"summaryScore": _ref("Score"), "spanScores": _list("SpanScore")},
    "AnalyzeCommentRequest": _COMMON | {
        "requestedAttributes": _map("AttributeParameters"), "doNotStore": _BOOLEAN,
        "spanAnnotations": _BOOLEAN, "dropUnsupportedAttributes": _BOOLEAN,
    },
    "AnalyzeCommentResponse": {
        "attributeScores": _map("AttributeScores"), "languages": _STRINGS,
        "detectedLanguages": _STRINGS, "clientToken": _STRING,
    },
    "SuggestCommentScoreRequest": _COMMON | {"attributeScores": _map("AttributeScores")},
    "SuggestCommentScoreResponse": {
        "clientToken": _STRING, "detectedLanguages": _STRINGS, "requestedLanguages": _STRINGS
    },
}  # fmt: skip


def document(root: str) -> dict[str, Any]:
    """The document of the service at ``root``, an address that ends in a slash."""
    query = {
        name: {"type": "string", "location": "query"}
        for name in ("key", "alt", "fields", "prettyPrint", "quotaUser", "$.xgafv", "access_token")
    }
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "canonicalName": "Comment Analyzer",
        "version": "v1alpha1",
        "title": "Newsroom, compatible with the Perspective Comment Analyzer API",
        "protocol": "rest",
        "rootUrl": root,
        "baseUrl": root,
        "servicePath": "",
        "basePath": "",
        "batchPath": "batch",
        "ownerName": "Newsroom",
        "ownerDomain": "newsroom.invalid",
        "parameters": query,
        "schemas": {
            name: {"id": name, "type": "object", "properties": properties}
            for name, properties in _PROPERTIES.items()
        },
        "resources": {
            "comments": {
                "methods": {
                    "analyze": _method("analyze", "AnalyzeComment"),
                    "suggestscore": _method("suggestscore", "SuggestCommentScore"),
                }
            }
        },
    }


def _method(name: str, schema: str) -> dict[str, Any]:
    path = f"v1alpha1/comments:{name}"
    return {
        "id": f"commentanalyzer.comments.{name}",
        "path": path,
        "flatPath": path,
        "httpMethod": "POST",
        "parameters": {},
        "parameterOrder": [],
        "request": _ref(f"{schema}Request"),
        "response": _ref(f"{schema}Response"),
    }
