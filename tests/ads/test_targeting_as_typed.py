"""Targeting in the admin's forms: typed in words, known values only, kept where it cannot be typed."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms

from ads.targeting_form import prepare, targeting_fields, typed_rules
from articles.models import Section, Site

pytestmark = pytest.mark.django_db


def typed(site: Site, rules: Any = (), **values: str) -> Any:
    """The rules that come of what was typed, or the names of the fields that are wrong."""
    form = forms.Form(values)
    form.fields |= targeting_fields()
    prepare(form, site=site, rules=rules)
    assert form.is_valid()
    found = typed_rules(form, form.cleaned_data, site=site, rules=rules)
    return set(form.errors) or found


@pytest.fixture
def sport(site: Site) -> Section:
    return Section.objects.create(site=site, name="Sport", slug="sport")


def test_one_line_per_dimension_makes_one_rule(site: Site, sport: Section) -> None:
    assert typed(site) == []
    assert typed(site, target_in_section="sport", target_not_in_device="phone, tablet") == [
        {"dimension": "section", "op": "in", "values": ["sport"]},
        {"dimension": "device", "op": "not_in", "values": ["phone", "tablet"]},
    ]


def test_hours_are_typed_as_ranges_and_shown_as_ranges(site: Site) -> None:
    (rule,) = typed(site, target_in_hour="mon..tue-07..08, sun-23")
    assert rule["values"] == ["mon-07", "mon-08", "tue-07", "tue-08", "sun-23"]
    form = forms.Form()
    form.fields |= targeting_fields()
    prepare(form, site=site, rules=[rule])
    assert form.initial["target_in_hour"] == "mon-07..08, tue-07..08, sun-23"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("target_in_section", "sport, nowhere"),
        ("target_in_device", "watch"),
        ("target_in_hour", "mon-24"),
        ("target_in_hour", "fri..mon-07"),
        ("target_not_in_thread", "boiling"),
        ("target_in_tag", "unknown"),
    ],
)
def test_what_the_site_does_not_know_is_said_at_its_field(
    site: Site, sport: Section, name: str, value: str
) -> None:
    assert typed(site, **{name: value}) == {name}


def test_countries_need_a_resolver(site: Site, settings: Any) -> None:
    assert typed(site, target_in_country="gb") == []
    settings.ADS_COUNTRY_RESOLVER = "header:CF-IPCountry"
    assert typed(site, target_in_country="gb, IE")[0]["values"] == ["GB", "IE"]
    assert typed(site, target_in_country="XX") == {"target_in_country"}


def test_rules_that_cannot_be_typed_stay(site: Site, sport: Section) -> None:
    rules = [{"dimension": "tag", "op": "in", "values": [tag]} for tag in ("a", "b")]
    assert typed(site, rules, target_in_section="sport") == [
        {"dimension": "section", "op": "in", "values": ["sport"]}, *rules
    ]  # fmt: skip
