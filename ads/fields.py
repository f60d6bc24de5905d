"""JSON fields that take only what they mean: a text for a text, a whole number for a whole number."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ads.models import SIZE_PATTERN
from comments.text import clean_name

LARGEST_SMALLINT = 2**15 - 1  # PostgreSQL's smallint
MOST_SIZES = 20
_SIZE = re.compile(SIZE_PATTERN)


class LineField(serializers.CharField):
    """One line of visible text, sent as a JSON string; outer and repeated spaces are folded."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return clean_name(super().to_internal_value(data))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        if value == "" and not self.allow_blank:
            self.fail("blank")
        return value


class CodeField(serializers.SlugField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class ChoiceOfText(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


@extend_schema_field({"type": "boolean"})
class TrueOrFalse(serializers.Field[bool, Any, bool, Any]):
    """JSON ``true`` or ``false``; ``"true"``, 1 and ``"yes"`` are refused."""

    default_error_messages = {"invalid": "Send true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return bool(data)

    def to_representation(self, value: bool) -> bool:
        return value


class WholeNumber(serializers.IntegerField):
    """A JSON integer within the column's bounds; texts, booleans and 1.0 are refused."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


@extend_schema_field(
    {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_SIZES,
        "items": {"type": "string", "pattern": SIZE_PATTERN},
    }
)
class SizesField(serializers.Field[list[str], Any, list[str], Any]):
    """``"fluid"`` or sizes such as ``"300x250"``, the preferred one first; repeated ones count once."""

    default_error_messages = {
        "not_a_list": "Send a list of sizes.",
        "empty": "Name at least one size.",
        "max_length": f"Name at most {MOST_SIZES} sizes.",
        "invalid": 'Use "fluid" or a size such as "300x250".',
    }

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        if not data:
            self.fail("empty")
        if len(data) > MOST_SIZES:
            self.fail("max_length")
        for size in data:
            # `$` in the pattern would let a closing line feed through.
            if not isinstance(size, str) or size.endswith("\n") or not _SIZE.search(size):
                self.fail("invalid")
        return list(dict.fromkeys(data))

    def to_representation(self, value: list[str]) -> list[str]:
        return value
