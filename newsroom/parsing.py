"""Reading a request body: UTF-8 JSON, bounded. DRF's settings import this, so it imports no views."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any

from django.conf import settings
from rest_framework import exceptions
from rest_framework.parsers import BaseParser

from newsroom.errors import FieldError

MAX_DEPTH = 20


class PayloadTooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "payload_too_large"
    default_detail = f"A request body may hold at most {settings.API_MAX_BODY_BYTES} bytes."


class StrictJSONParser(BaseParser):
    """UTF-8 JSON of bounded size and depth, without NUL, lone surrogates, NaN or repeated keys.

    Raises:
        FieldError: names what holds one of these. All else that is no such JSON: ParseError.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        charset = _charset(media_type or "")
        if charset not in {"", "utf-8", "utf8"}:
            raise exceptions.UnsupportedMediaType(media_type or "", detail="JSON travels as UTF-8 only.")
        raw = stream.read(settings.API_MAX_BODY_BYTES + 1)
        if len(raw) > settings.API_MAX_BODY_BYTES:
            raise PayloadTooLarge
        if len(raw) < _announced_length(parser_context):
            raise exceptions.ParseError("The body ended before the length that was announced.")
        try:
            value = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique_keys)
        except (ValueError, RecursionError) as error:
            raise exceptions.ParseError(f"The body is not valid JSON: {_short(error)}") from error
        _check(value, at="", depth=0)
        return value


def _announced_length(parser_context: Mapping[str, Any] | None) -> int:
    request = (parser_context or {}).get("request")
    length = request.META.get("CONTENT_LENGTH", "") if request is not None else ""
    return int(length) if str(length).isdigit() else 0


def _charset(media_type: str) -> str:
    for part in media_type.lower().split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.strip() == "charset":
            return value.strip().strip('"')
    return ""


def _short(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply."
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8."
    return str(error)[:120]


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise FieldError(_printable(key), "This key is repeated in one object.", code="repeated")
        result[key] = value
    return result


def _check(value: Any, *, at: str, depth: int) -> None:
    """Refuse what no column holds, by the field in which it stands: ``name``, ``targeting.tags[2]``."""
    if depth > MAX_DEPTH:
        raise exceptions.ParseError(f"The body is nested more than {MAX_DEPTH} deep.")
    if isinstance(value, str):
        if not is_storable_text(value):
            raise FieldError(at, "A text holds a NUL character or half of a surrogate pair.")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise FieldError(at, "Give a number that is finite.")
    elif isinstance(value, dict):
        for key, item in value.items():
            here = f"{at}.{_printable(key)}".lstrip(".")
            _check(key, at=here, depth=depth + 1)
            _check(item, at=here, depth=depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, at=f"{at}[{index}]", depth=depth + 1)


def _printable(key: str) -> str:
    """A key as an answer can name it, however it was written."""
    return key[:80].replace("\0", "\\x00").encode(errors="backslashreplace").decode()


def is_storable_text(value: str) -> bool:
    """Whether PostgreSQL can hold this text: no NUL, no lone surrogate."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
