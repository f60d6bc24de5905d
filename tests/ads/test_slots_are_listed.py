"""Lists: pages by cursor, filters, order, search; a fixed number of queries."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles import sites
from articles.models import Site
from tests.ads.conftest import SLOTS, Caller, field_codes, new_slot

pytestmark = pytest.mark.django_db


def walk(manager: Caller, path: str) -> list[list[str]]:
    """The codes on every page, following ``next``."""
    pages = []
    following: Any = path
    while following:
        document = manager.get(following).json()
        assert list(document) == ["next", "results"]
        pages.append([slot["code"] for slot in document["results"]])
        following = document["next"]
    return pages


def test_pages_follow_each_other_without_gap_or_repeat(manager: Caller, site: Site) -> None:
    for code in "cabed":
        new_slot(site, code=code)
    assert walk(manager, f"{SLOTS}?limit=2") == [["a", "b"], ["c", "d"], ["e"]]
    assert walk(manager, f"{SLOTS}?limit=2&ordering=-code") == [["e", "d"], ["c", "b"], ["a"]]


def test_equal_names_are_paged_without_gap_or_repeat(manager: Caller, site: Site) -> None:
    for code in "abcde":
        new_slot(site, code=code, name="Same")
    for ordering in ("name", "-name", "created_at"):
        pages = walk(manager, f"{SLOTS}?limit=2&ordering={ordering}")
        assert sorted(code for page in pages for code in page) == list("abcde")


def test_next_is_an_absolute_path(manager: Caller, site: Site) -> None:
    new_slot(site), new_slot(site)
    assert manager.get(f"{SLOTS}?limit=1").json()["next"].startswith(f"{SLOTS}?")


def test_a_large_limit_is_clamped(manager: Caller, site: Site) -> None:
    for _ in range(101):
        new_slot(site)
    assert len(manager.get(f"{SLOTS}?limit=5000").json()["results"]) == 100
    assert len(manager.get(SLOTS).json()["results"]) == 50


def test_filters_choose_by_position_and_activity(manager: Caller, site: Site) -> None:
    new_slot(site, code="a", position="article_top")
    new_slot(site, code="b", position="article_bottom", active=False)
    new_slot(site, code="c", position="article_bottom")
    assert walk(manager, f"{SLOTS}?position=article_bottom") == [["b", "c"]]
    assert walk(manager, f"{SLOTS}?active=false") == [["b"]]
    assert walk(manager, f"{SLOTS}?active=true&position=article_bottom") == [["c"]]


def test_search_looks_at_code_and_name(manager: Caller, site: Site) -> None:
    new_slot(site, code="top", name="Above")
    new_slot(site, code="end", name="Below the Top story")
    new_slot(site, code="100%", name="Elsewhere")
    assert walk(manager, f"{SLOTS}?search=TOP") == [["end", "top"]]
    assert walk(manager, f"{SLOTS}?search=%25") == [["100%"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("limit=-1", "limit"),
        ("ordering=floor", "ordering"),
        ("ordering=--code", "ordering"),
        ("ordering=site__code", "ordering"),
        ("ordering=", "ordering"),
        ("position=sidebar", "position"),
        ("position=", "position"),
        ("active=yes", "active"),
        ("active=1", "active"),
        ("cursor=nonsense", "cursor"),
        ("colour=red", "colour"),
        ("search=%00", "search"),
    ],
)
def test_a_wrong_parameter_is_400_and_named(manager: Caller, site: Site, query: str, field: str) -> None:
    assert set(field_codes(manager.get(f"{SLOTS}?{query}"))) == {field}


@pytest.mark.parametrize("position", ["yesterday", "\0", "\ud800", "9" * 400, ""])
@pytest.mark.parametrize("ordering", ["created_at", "code"])
def test_a_forged_cursor_is_never_a_500(manager: Caller, site: Site, position: str, ordering: str) -> None:
    new_slot(site)
    forged = base64.b64encode(b"p=" + position.encode("utf-8", "surrogatepass")).decode()
    response = manager.get(f"{SLOTS}?ordering={ordering}&cursor={forged}")
    assert response.status_code in {200, 400}


def test_a_page_takes_the_same_queries_whatever_its_size(manager: Caller, site: Site) -> None:
    new_slot(site)
    manager.get(SLOTS)  # The token's last use is recorded now, not below.
    sites.forget()  # Else whether the site is asked for would depend on the second.
    with CaptureQueriesContext(connection) as one:
        manager.get(SLOTS)
    for _ in range(20):
        new_slot(site)
    sites.forget()
    with CaptureQueriesContext(connection) as many:
        manager.get(SLOTS)
    assert len(many) == len(one)
