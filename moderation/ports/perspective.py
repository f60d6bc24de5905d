"""The Perspective-compatible API: its requests read, its answers and errors written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from moderation.engine import ActiveModel, ModelUnavailable, engine
from moderation.ports.spans import Utf16, sentences

MOST_BYTES = 20 * 1024
BASE = {
    "TOXICITY": "toxicity",
    "SEVERE_TOXICITY": "severe_toxicity",
    "IDENTITY_ATTACK": "identity_attack",
    "INSULT": "insult",
    "PROFANITY": "obscene",
    "THREAT": "threat",
}
ATTRIBUTES = BASE | {f"{name}_EXPERIMENTAL": label for name, label in BASE.items()} | {"SPAM": "spam"}
ANALYZE_FIELDS = {
    "comment", "requestedAttributes", "languages", "doNotStore", "spanAnnotations", "context", "clientToken",
    "communityId", "sessionId", "dropUnsupportedAttributes",
}  # fmt: skip
SUGGEST_FIELDS = {
    "comment", "attributeScores", "languages", "context", "clientToken", "communityId", "sessionId"
}  # fmt: skip
_ERROR_TYPE = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_HALF = re.compile("[\ud800-\udfff]")


class Refused(Exception):
    """An error answer in the service's own envelope."""

    def __init__(self, message: str, *, code: int = 400, status: str = "INVALID_ARGUMENT") -> None:
        super().__init__(message)
        self.message, self.code, self.status = message, code, status
        self.details: list[dict[str, Any]] = []

    def document(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        return {"error": error | ({"details": self.details} if self.details else {})}


def _typed(message: str, error_type: str, **payload: Any) -> Refused:
    refused = Refused(message)
    refused.details = [{"@type": _ERROR_TYPE, "errorType": error_type, **payload}]
    return refused


def _info(refused: Refused, reason: str) -> Refused:
    refused.details = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com",
         "metadata": {"service": "commentanalyzer.googleapis.com"}}
    ]  # fmt: skip
    return refused


def bad_key() -> Refused:
    return _info(Refused("API key not valid. Please pass a valid API key."), "API_KEY_INVALID")


def missing_key() -> Refused:
    return Refused(
        "Method doesn't allow unregistered callers. Please use an API key to call this API.",
        code=HTTPStatus.FORBIDDEN,
        status="PERMISSION_DENIED",
    )


def unavailable() -> Refused:
    return Refused("The service is unavailable.", code=HTTPStatus.SERVICE_UNAVAILABLE, status="UNAVAILABLE")


def failed() -> Refused:
    return Refused("Internal error encountered.", code=HTTPStatus.INTERNAL_SERVER_ERROR, status="INTERNAL")


def over_quota() -> Refused:
    refused = Refused("Quota exceeded for this key.", code=429, status="RESOURCE_EXHAUSTED")
    return _info(refused, "RATE_LIMIT_EXCEEDED")


class Unscorable(Exception):
    """A well-formed request whose text gets no score; ``refused`` says why."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.message)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Analysis:
    text: str
    thresholds: dict[str, float]
    languages: tuple[str, ...]
    is_by_sentence: bool
    drops_unsupported: bool
    client_token: str | None


def parse_body(raw: bytes) -> dict[str, Any]:
    """The request's object, names in camel case; an empty body is an empty object.

    Raises:
        Refused: it is no JSON object.
    """
    try:
        value = json.loads(raw.decode()) if raw.strip() else {}
    except (ValueError, RecursionError) as error:
        raise Refused("Invalid JSON payload received.") from error
    if not isinstance(value, dict):
        raise Refused("Invalid JSON payload received. Expected an object.")
    return {_camel(name): item for name, item in value.items()}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def parse_analysis(body: Mapping[str, Any]) -> Analysis:
    """Every field checked; an empty or too long text is not refused yet.

    Raises:
        Refused: a field is unknown or not what it has to be.
    """
    text = _common(body, ANALYZE_FIELDS)
    asked = body.get("requestedAttributes") or {}
    if not isinstance(asked, dict):
        raise Refused("Invalid value at 'requested_attributes'.")
    if not asked:
        if not text:
            raise _typed("Comment must be non-empty.", "COMMENT_EMPTY")
        raise _typed("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    return Analysis(
        text=text,
        thresholds={name: _threshold(name, settings) for name, settings in asked.items()},
        languages=_languages(body),
        is_by_sentence=_flag(body, "spanAnnotations"),
        drops_unsupported=_flag(body, "dropUnsupportedAttributes"),
        client_token=body.get("clientToken"),
    )


def _common(body: Mapping[str, Any], known: set[str]) -> str:
    for name in body:
        if name not in known:
            raise Refused(f'Invalid JSON payload received. Unknown name "{name[:80]}": Cannot find field.')
    comment = body.get("comment") or {}
    text = comment.get("text", "") if isinstance(comment, dict) else None
    if not isinstance(text, str) or not isinstance(comment.get("type", ""), str):
        raise Refused("Invalid value at 'comment'.")
    if comment.get("type") == "HTML":
        raise Refused("Currently, only 'PLAIN_TEXT' comments are supported")
    if comment.get("type", "PLAIN_TEXT") not in {"", "PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"}:
        raise Refused("Unknown text type")
    context = body.get("context") or {}
    if not isinstance(context, dict):
        raise Refused("Invalid value at 'context'.")
    if {_camel(name) for name in context} >= {"entries", "articleAndParentComment"}:
        raise Refused(
            "Context can have either entries or article_and_parent_comment, but both fields were populated."
        )
    for name in ("clientToken", "communityId", "sessionId"):
        if not isinstance(body.get(name, ""), str):
            raise Refused(f"Invalid value at '{name}'.")
    _flag(body, "doNotStore")
    return _HALF.sub("\ufffd", text)


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name) or False
    if not isinstance(value, bool):
        raise Refused(f"Invalid value at '{name}' (TYPE_BOOL).")
    return value


def _languages(body: Mapping[str, Any]) -> tuple[str, ...]:
    languages = body.get("languages") or []
    if not isinstance(languages, list) or not all(isinstance(each, str) for each in languages):
        raise Refused("Invalid value at 'languages'.")
    return tuple(languages)


def _threshold(name: str, settings: Any) -> float:
    if name not in ATTRIBUTES:
        raise Refused(f"Unknown requested attribute: {name[:80]}")
    if not isinstance(settings, dict):
        raise Refused("Invalid value at 'requested_attributes'.")
    options = {_camel(key): value for key, value in settings.items()}
    kind = options.get("scoreType", "PROBABILITY")
    if kind not in ("PROBABILITY", "SCORE_TYPE_UNSPECIFIED"):
        raise Refused(f"Requested score type {str(kind)[:40]} is not supported by attribute {name}")
    value = options.get("scoreThreshold", 0.0)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1e9 < value < 1e9:
        raise Refused("Invalid value at 'score_threshold' (TYPE_FLOAT).")
    return float(value)


def parse_suggestion(body: Mapping[str, Any]) -> str | None:
    """The client token of a suggestion, which is checked and then forgotten.

    Raises:
        Refused: a field is unknown or not what it has to be, or the text is empty or too long.
    """
    _check_length(_common(body, SUGGEST_FIELDS))
    _languages(body)
    scores = body.get("attributeScores") or {}
    if not isinstance(scores, dict):
        raise Refused("Invalid value at 'attribute_scores'.")
    for name in scores:
        if name not in ATTRIBUTES:
            raise Refused(f"Unknown requested attribute: {name[:80]}")
    return body.get("clientToken")


def _check_length(text: str) -> None:
    if not text.strip():
        raise _typed("Comment must be non-empty.", "COMMENT_EMPTY")
    if len(text.encode()) > MOST_BYTES:
        raise _typed("Comment text too long.", "COMMENT_TOO_LONG")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back, and what is counted of it. ``toxicity`` is None where nothing was scored."""

    document: dict[str, Any]
    toxicity: float | None = None
    is_held: bool = False


def answer(analysis: Analysis, *, holds: bool) -> Answer:
    """Scores of the text; 1.0 for what cannot be scored where the key says so.

    Raises:
        Refused: it cannot be scored, and the key says that this is an error.
        DatabaseError: the classifier is not known, since the database is away.
    """
    try:
        return _scored(analysis, is_strict=holds)
    except Unscorable as error:
        if not holds:
            raise error.refused from error
        return held(analysis)


def held(analysis: Analysis) -> Answer:
    """1.0 for everything that was asked for, so that the client holds the text."""
    values = dict.fromkeys(ATTRIBUTES.values(), 1.0)
    whole = [(0, Utf16(analysis.text).offset(len(analysis.text)), values)]
    return Answer(_document(analysis, list(analysis.thresholds), values, whole, "und"), is_held=True)


def held_unread() -> Answer:
    """The same for a request that is too large to be read: nobody knows what it asks for, so all of it."""
    return held(Analysis("", dict.fromkeys(ATTRIBUTES, 0.0), (), False, False, None))


def _scored(analysis: Analysis, *, is_strict: bool) -> Answer:
    try:
        _check_length(analysis.text)
    except Refused as refused:
        raise Unscorable(refused) from refused
    model = _model()
    text = analysis.text
    ranges = sentences(text) if analysis.is_by_sentence else []
    whole, *parts = model.classifier.score([text, *(text[start:end] for start, end in ranges)])
    read = str(model.classifier.manifest["language"])
    is_foreign = whole.language.confident and not whole.language.supported
    detected = "und" if whole.language.code.startswith("und") else whole.language.code
    wanted = [language.split("-")[0].lower() for language in analysis.languages]
    names = list(analysis.thresholds)
    # A client that declares the language is believed, unless it asked to have doubtful texts held.
    if any(language != read for language in wanted) or (is_foreign and (is_strict or not wanted)):
        unread = ", ".join(analysis.languages or (detected,))
        if not analysis.drops_unsupported or is_strict:
            payload = {"detectedLanguages": [detected], "attribute": names[0]}
            if analysis.languages:
                payload["requestedLanguages"] = list(analysis.languages)
            raise Unscorable(
                _typed(
                    f"Attribute {names[0]} does not support request languages: {unread}",
                    "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
                    languageNotSupportedByAttributeError=payload,
                )
            )
        names = []
    units = Utf16(text)
    if ranges:
        spans = [
            (units.offset(start), units.offset(end), part.values)
            for (start, end), part in zip(ranges, parts, strict=True)
        ]
    else:
        spans = [(0, units.offset(len(text)), whole.values)]
    document = _document(analysis, names, whole.values, spans, detected)
    return Answer(document, toxicity=whole.values["toxicity"] if names else None)


def _model() -> ActiveModel:
    try:
        return engine.active()
    except ModelUnavailable as error:
        away = Refused(
            "No classifier is available.", code=HTTPStatus.SERVICE_UNAVAILABLE, status="UNAVAILABLE"
        )
        raise Unscorable(away) from error


def _document(
    analysis: Analysis,
    names: list[str],
    values: Mapping[str, float],
    spans: list[tuple[int, int, dict[str, float]]],
    detected: str,
) -> dict[str, Any]:
    scores = {}
    for name in names:
        label, least = ATTRIBUTES[name], analysis.thresholds[name]
        if values[label] >= least:
            scores[name] = {
                "spanScores": [
                    {"begin": begin, "end": end, "score": _score(of_span[label])}
                    for begin, end, of_span in spans
                    if of_span[label] >= least
                ],
                "summaryScore": _score(values[label]),
            }
    document: dict[str, Any] = {
        "attributeScores": scores,
        "languages": list(analysis.languages or (detected,)),
        "detectedLanguages": [detected],
    }
    if analysis.client_token is not None:
        document["clientToken"] = analysis.client_token
    return document


def _score(value: float) -> dict[str, Any]:
    return {"value": round(value, 9), "type": "PROBABILITY"}
