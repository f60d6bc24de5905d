"""The editors' switch: house ads only, or none, on a site, section, tag or article, for a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from articles.models import Article, Site, Tag
from tests.ads.conftest import Caller, field_codes, new_article

pytestmark = pytest.mark.django_db

PATH = "/api/v1/ads/policy-overrides/"


@pytest.fixture
def editor(site: Site, caller: Callable[..., Caller]) -> Caller:
    return caller("editor")


@pytest.fixture
def article(site: Site) -> Article:
    return new_article(site)


def body(**fields: Any) -> dict[str, Any]:
    given = {"reason": "Bridge collapse", "expires_at": (timezone.now() + timedelta(hours=2)).isoformat()}
    return given | fields


def test_an_editor_makes_reads_ends_and_deletes_one(
    editor: Caller, manager: Caller, article: Article
) -> None:
    made = editor.post(PATH, body(article=article.slug, action="none"))
    assert made.status_code == 201
    assert list(made.json()) == [
        "id", "section", "tag", "article", "action", "reason", "expires_at", "starts_at", "in_force",
    ]  # fmt: skip
    assert (made.json()["article"], made.json()["in_force"]) == (article.slug, True)
    assert manager.get(f"{PATH}?in_force=true").json()["results"] == [made.json()]
    soon = (timezone.now() + timedelta(minutes=1)).isoformat()
    assert editor.patch(made["Location"], {"expires_at": soon}, If_Match='"1"').status_code == 200
    assert editor.delete(made["Location"], If_Match='"2"').status_code == 204


def test_the_scope_is_the_site_or_one_of_three(editor: Caller, site: Site, article: Article) -> None:
    Tag.objects.create(site=site, name="Dravinsk", slug="dravinsk")
    for scope in ({}, {"section": article.section.slug}, {"tag": "dravinsk"}, {"article": article.slug}):
        assert editor.post(PATH, body(**scope)).json()["action"] == "house"
    both = body(tag="dravinsk", article=article.slug)
    assert field_codes(editor.post(PATH, both)) == {"article": "invalid"}
    assert field_codes(editor.post(PATH, body(section="nowhere"))) == {"section": "does_not_exist"}


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"reason": ""}, {"reason": "blank"}),
        ({"expires_at": "2020-01-01T00:00:00Z"}, {"expires_at": "before_start"}),
        ({"expires_at": "2999-01-01T00:00:00Z"}, {"expires_at": "too_long"}),
        ({"expires_at": None}, {"expires_at": "null"}),
        ({"action": "all"}, {"action": "invalid_choice"}),
        ({"article": 5}, {"article": "invalid"}),
    ],
)
def test_bad_input_is_named(editor: Caller, fields: dict[str, Any], codes: dict[str, str]) -> None:
    assert field_codes(editor.post(PATH, body(**fields))) == codes


def test_ad_managers_read_only_and_outsiders_get_nothing(
    manager: Caller, editor: Caller, nobody: Caller, other_site: Site, caller: Callable[..., Caller]
) -> None:
    made = editor.post(PATH, body())
    assert manager.post(PATH, body()).status_code == 403
    assert manager.get(made["Location"]).status_code == 200
    assert nobody.get(PATH).status_code == 401
    theirs = caller("editor", sites=(other_site,))
    assert theirs.get(made["Location"]).status_code == 404
    assert theirs.delete(made["Location"], If_Match="*").status_code == 404
    assert theirs.get(PATH).json()["results"] == []
