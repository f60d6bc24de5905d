"""Targeting as people type it: per dimension what it must be in, and what it must not be in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings

from ads.fields import MOST_VALUES, known_values
from ads.suitability import THREADS
from ads.targeting import DAYS, DEVICES, DIMENSIONS, OPERATORS, Rules
from articles.models import Section, Site

LONGEST = 2_000
WORDS = {
    "section": "Sections",
    "tag": "Tags",
    "author": "Authors",
    "device": "Devices",
    "country": "Countries",
    "hour": "Hours of the week",
    "thread": "Conversation",
}
HELP = {
    "tag": "Their slugs, with commas between.",
    "author": "Names as they stand under the headline, with commas between.",
    "device": ", ".join(DEVICES),
    "country": "Two letters each: GB, IE.",
    "hour": "In the site's zone: mon-09, or mon..fri-07..09.",
    "thread": ", ".join(THREADS),
}
_DAY = "|".join(DAYS)
_HOURS = re.compile(rf"({_DAY})(?:\.\.({_DAY}))?-(\d\d)(?:\.\.(\d\d))?")


def name_of(dimension: str, operator: str) -> str:
    return f"target_{operator}_{dimension}"


NAMES = tuple(name_of(dimension, operator) for dimension in DIMENSIONS for operator in OPERATORS)


def targeting_fields() -> dict[str, forms.Field]:
    """Two fields per dimension; what a person types is one line."""
    return {
        name_of(dimension, operator): forms.CharField(
            required=False,
            max_length=LONGEST,
            label=f"{WORDS[dimension]}: {'only' if operator == 'in' else 'not'}",
            help_text=HELP.get(dimension, "") if operator == "in" else "",
        )
        for dimension in DIMENSIONS
        for operator in OPERATORS
    }


def prepare(form: forms.BaseForm, *, site: Site | None, rules: Rules) -> None:
    """Fill the fields in from stored rules; what cannot be typed here is left as it is and says so."""
    if site is not None:
        sections = Section.objects.filter(site=site).values_list("slug", flat=True)
        form.fields[name_of("section", "in")].help_text = ", ".join(sections[:20])
    for dimension in DIMENSIONS:
        for operator in OPERATORS:
            field, own = form.fields[name_of(dimension, operator)], _own(rules, dimension, operator)
            if dimension == "country" and not settings.ADS_COUNTRY_RESOLVER:
                field.disabled, field.help_text = True, "ADS_COUNTRY_RESOLVER is not set."
            if len(own) > 1:
                field.disabled, field.help_text = True, "Several rules, made over the API; they stay."
            elif own:
                form.initial[name_of(dimension, operator)] = ", ".join(_shown(dimension, own[0]["values"]))


def typed_rules(form: forms.BaseForm, cleaned: Mapping[str, Any], *, site: Site, rules: Rules) -> list[Any]:
    """The rules that the fields say, each value known to the site; what is wrong is said at its field."""
    found: list[Any] = []
    for dimension in DIMENSIONS:
        for operator in OPERATORS:
            name = name_of(dimension, operator)
            if form.fields[name].disabled:
                found += _own(rules, dimension, operator)
                continue
            values = _read(dimension, cleaned.get(name, ""))
            unknown = sorted(set(values) - known_values(site, dimension, values))
            if unknown:
                form.add_error(name, f"Not known here: {', '.join(value[:60] for value in unknown[:3])}.")
            elif len(values) > MOST_VALUES:
                form.add_error(name, f"At most {MOST_VALUES} values.")
            elif values:
                found.append({"dimension": dimension, "op": operator, "values": values})
    return found


def _own(rules: Rules, dimension: str, operator: str) -> list[Mapping[str, Any]]:
    return [rule for rule in rules if rule["dimension"] == dimension and rule["op"] == operator]


def _read(dimension: str, typed: str) -> list[str]:
    parts = [part.strip() for part in typed.split(",") if part.strip()]
    if dimension == "hour":
        parts = [hour for part in parts for hour in _hours(part)]
    elif dimension == "country":
        parts = [part.upper() for part in parts]
    return list(dict.fromkeys(parts))


def _hours(part: str) -> list[str]:
    """``mon..fri-07..09`` as its fifteen hours; anything else as it stands, to be refused by name."""
    found = _HOURS.fullmatch(part)
    if found is None:
        return [part]
    first, last, start, end = found.groups()
    days = DAYS[DAYS.index(first) : DAYS.index(last or first) + 1]
    hours = range(int(start), int(end or start) + 1)
    return [f"{day}-{hour:02d}" for day in days for hour in hours] or [part]


def _shown(dimension: str, values: Sequence[str]) -> list[str]:
    """Values as they are typed; hours that follow each other as a range."""
    if dimension != "hour":
        return list(values)
    shown = []
    for day in DAYS:
        hours = sorted(int(value[-2:]) for value in values if value.startswith(day))
        while hours:
            end = next(n for n in range(len(hours)) if n + 1 == len(hours) or hours[n + 1] != hours[n] + 1)
            shown.append(f"{day}-{hours[0]:02d}" + (f"..{hours[end]:02d}" if end else ""))
            hours = hours[end + 1 :]
    return shown
