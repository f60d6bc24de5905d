"""JSON fields that take only what they mean: a text for a text, a whole number for a whole number."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ads.models import SIZE_PATTERN, AdObject, LineItem, Slot
from ads.suitability import THREADS, TOLERANCES, TOPICS
from ads.targeting import COUNTRIES, DEVICES, DIMENSIONS, HOURS, OPERATORS
from articles.models import Article, Section, Site, Tag
from comments.text import clean_name
from newsroom.api import StringsOnly

LARGEST_SMALLINT = 2**15 - 1  # PostgreSQL's smallint
LARGEST_INTEGER = 2**31 - 1  # PostgreSQL's integer
MOST_SIZES = 20
MOST_RULES = 20
MOST_VALUES = 168  # The hours of a week.
_SIZE = re.compile(SIZE_PATTERN)


class LineField(StringsOnly):
    """One line of visible text, sent as a JSON string; outer and repeated spaces are folded."""

    def to_internal_value(self, data: Any) -> str:
        return clean_name(super().to_internal_value(data))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        if value == "" and not self.allow_blank:
            self.fail("blank")
        return value


class CodeField(StringsOnly, serializers.SlugField):
    """A slug that was sent as a JSON string."""


class ChoiceOfText(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class StatusField(ChoiceOfText):
    """What a line item is; ``live`` and ``done`` may be sent back as they came, and then change nothing."""

    def get_attribute(self, instance: Any) -> str:
        return str(instance.state(at=timezone.now()))

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        if value in LineItem.Status.values:
            return value
        known: LineItem | None = self.context.get("found")
        if known is None or known.state(at=timezone.now()) != value:
            raise serializers.ValidationError(
                f"Nobody sets {value}: the campaign's dates and money do.", code="set_by_dates"
            )
        return known.status


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


class Moment(serializers.DateTimeField):
    """A date and time with its offset from UTC, so that nobody has to guess the zone."""

    default_error_messages = {"naive": "Say which zone: 2026-03-01T00:00:00Z or 2026-03-01T00:00:00+01:00."}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="2026-03-01T00:00:00Z")
        moment = super().to_internal_value(value)
        parsed = parse_datetime(value)
        if parsed is None or parsed.tzinfo is None:
            self.fail("naive")
        return moment


@extend_schema_field({"type": "string", "format": "uuid"})
class OwnObject(serializers.Field[Any, Any, str, Any]):
    """The id of something of the same site; another tenant's is as unknown as one that never was."""

    default_error_messages = {
        "invalid": "Send an id.",
        "does_not_exist": "This site has nothing with this id.",
    }

    def __init__(self, kind: type[AdObject], **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def to_internal_value(self, data: Any) -> Any:
        try:
            pk = UUID(data) if isinstance(data, str) else None
        except ValueError:
            pk = None
        if pk is None:
            self.fail("invalid")
        found = self.kind.objects.of_site(self.context["site"]).filter(pk=pk).first()
        if found is None:
            self.fail("does_not_exist")
        return found

    def to_representation(self, value: Any) -> str:
        return str(value.pk)


@extend_schema_field({"type": "array", "maxItems": 50, "items": {"type": "string"}})
class SlotCodes(serializers.Field[list[Slot], Any, list[str], Any]):
    """Codes of slots of the same site, at most 50."""

    default_error_messages = {
        "invalid": "Send a list of slot codes.",
        "max_length": "Name at most 50 slots.",
        "does_not_exist": "This site has no slot {codes}.",
    }

    def to_internal_value(self, data: Any) -> list[Slot]:
        if not isinstance(data, list):
            self.fail("invalid")
        if len(data) > 50:
            self.fail("max_length")
        if not all(isinstance(code, str) for code in data):
            self.fail("invalid")
        found = list(Slot.objects.of_site(self.context["site"]).filter(code__in=data))
        if unknown := sorted(set(data) - {slot.code for slot in found}):
            self.fail("does_not_exist", codes=", ".join(repr(code[:60]) for code in unknown[:3]))
        return found

    def to_representation(self, value: Any) -> list[str]:
        return sorted(slot.code for slot in value.all())


@extend_schema_field({"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"})
class SlugOf(serializers.Field[Any, Any, str, Any]):
    """The slug of a section, tag or article of the same site."""

    default_error_messages = {"invalid": "Send a slug.", "does_not_exist": "This site has nothing like this."}

    def __init__(self, kind: type[Section | Tag | Article], **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        found = self.kind._default_manager.filter(site=self.context["site"], slug=data).first()
        if found is None:
            self.fail("does_not_exist")
        return found

    def to_representation(self, value: Any) -> str:
        return str(value.slug)


@extend_schema_field(
    {
        "type": "object",
        "properties": {topic: {"type": "string", "enum": list(TOLERANCES)} for topic in TOPICS},
        "additionalProperties": False,
    }
)
class Tolerances(serializers.Field[dict[str, str], Any, dict[str, str], Any]):
    """The highest risk accepted per sensitive topic; topics that are not named: medium."""

    default_error_messages = {
        "invalid": "Send an object with a tolerance per topic.",
        "unknown_topic": "{topic} is no topic: use {topics}.",
        "invalid_choice": "Use one of {tolerances}.",
    }

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, dict):
            self.fail("invalid")
        for topic, tolerance in data.items():
            if topic not in TOPICS:
                self.fail("unknown_topic", topic=repr(str(topic)[:40]), topics=", ".join(TOPICS))
            if not isinstance(tolerance, str) or tolerance not in TOLERANCES:
                self.fail("invalid_choice", tolerances=", ".join(TOLERANCES))
        return dict(data)

    def to_representation(self, value: dict[str, str]) -> dict[str, str]:
        return {topic: value[topic] for topic in TOPICS if topic in value}


def known_values(site: Site, dimension: str, values: Collection[str]) -> set[str]:
    """Which of these values this site knows; those of a closed set need no row."""
    if dimension == "section":
        return set(Section.objects.filter(site=site, slug__in=values).values_list("slug", flat=True))
    if dimension == "tag":
        return set(Tag.objects.filter(site=site, slug__in=values).values_list("slug", flat=True))
    if dimension == "author":
        named = Article.objects.filter(site=site, byline__in=values).exclude(byline="")
        return set(named.values_list("byline", flat=True))
    return set({"device": DEVICES, "country": COUNTRIES, "hour": HOURS, "thread": THREADS}[dimension])


@extend_schema_field(
    {
        "type": "array",
        "maxItems": MOST_RULES,
        "items": {
            "type": "object",
            "required": ["dimension", "op", "values"],
            "additionalProperties": False,
            "properties": {
                "dimension": {"type": "string", "enum": list(DIMENSIONS)},
                "op": {"type": "string", "enum": list(OPERATORS)},
                "values": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_VALUES,
                    "items": {"type": "string"},
                },
            },
        },
    }
)
class TargetingRules(serializers.Field[list[dict[str, Any]], Any, list[dict[str, Any]], Any]):
    """Rules with closed operators; every value is one that this site knows."""

    default_error_messages = {
        "invalid": 'Send a list of {{"dimension": "section", "op": "in", "values": ["sport"]}}.',
        "max_length": f"Give at most {MOST_RULES} rules, with at most {MOST_VALUES} values each.",
        "unknown_dimension": f"Use the dimensions {', '.join(DIMENSIONS)}.",
        "unknown_operator": "Use in or not_in.",
        "does_not_exist": "This site knows no {dimension} {values}.",
        "no_resolver": "This installation cannot tell countries: ADS_COUNTRY_RESOLVER is not set.",
    }

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        if not isinstance(data, list):
            self.fail("invalid")
        if len(data) > MOST_RULES:
            self.fail("max_length")
        return [self._rule(rule) for rule in data]

    def _rule(self, rule: Any) -> dict[str, Any]:
        if not isinstance(rule, dict) or set(rule) != {"dimension", "op", "values"}:
            self.fail("invalid")
        if rule["dimension"] not in DIMENSIONS:
            self.fail("unknown_dimension")
        if rule["op"] not in OPERATORS:
            self.fail("unknown_operator")
        values = rule["values"]
        if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
            self.fail("invalid")
        if len(values) > MOST_VALUES:
            self.fail("max_length")
        if rule["dimension"] == "country" and not settings.ADS_COUNTRY_RESOLVER:
            self.fail("no_resolver")
        unknown = sorted(set(values) - known_values(self.context["site"], rule["dimension"], values))
        if unknown:
            named = ", ".join(repr(value[:60]) for value in unknown[:3])
            self.fail("does_not_exist", dimension=rule["dimension"], values=named)
        return {"dimension": rule["dimension"], "op": rule["op"], "values": list(dict.fromkeys(values))}

    def to_representation(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
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
