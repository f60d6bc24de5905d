"""Whatever is sent, the answer is a problem document that names the field; never a 500."""

from __future__ import annotations

from typing import Any

import pytest

from ads.models import Slot
from articles.models import Site
from tests.ads.conftest import ARTICLE_TOP, SLOTS, Caller, field_codes, new_slot

pytestmark = pytest.mark.django_db

IN_THREAD = {"code": "thread", "name": "Thread", "position": "in_thread"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("floor_price_micros", 10**30),
        ("floor_price_micros", 2**63),
        ("floor_price_micros", -1),
        ("floor_price_micros", "100"),
        ("floor_price_micros", 1.5),
        ("floor_price_micros", 1.0),
        ("floor_price_micros", True),
        ("floor_price_micros", None),
        ("active", "true"),
        ("active", "no"),
        ("active", 1),
        ("active", None),
        ("code", ""),
        ("code", "with space"),
        ("code", "é"),
        ("code", "a" * 61),
        ("code", 7),
        ("code", True),
        ("code", None),
        ("code", ["a"]),
        ("name", ""),
        ("name", "   "),
        ("name", "\u200b\u2060"),
        ("name", "n" * 121),
        ("name", 7),
        ("name", {}),
        ("position", "sidebar"),
        ("position", ["article_top"]),
        ("position", {"a": 1}),
        ("position", 1),
        ("position", None),
        ("sizes", []),
        ("sizes", "fluid"),
        ("sizes", {"0": "fluid"}),
        ("sizes", ["fluid", 300]),
        ("sizes", ["0x90"]),
        ("sizes", ["300X250"]),
        ("sizes", ["300x250\n"]),
        ("sizes", ["10000x1"]),
        ("sizes", [["fluid"]]),
        ("sizes", ["1x1"] * 21),
        ("sizes", ["1x1"] * 8_000),
        ("sizes", None),
        ("after_n", "3"),
        ("after_n", 3.0),
        ("every_m", True),
        ("every_m", 0),
        ("every_m", -4),
        ("every_m", 32_768),
        ("every_m", 10**30),
    ],
)
def test_a_wrong_value_is_400_and_names_its_field(manager: Caller, field: str, value: Any) -> None:
    response = manager.post(SLOTS, IN_THREAD | {"after_n": 1, "every_m": 1} | {field: value})
    assert set(field_codes(response)) == {field}
    assert not Slot.objects.exists()


@pytest.mark.parametrize("field", ["floor_price_micros", "after_n", "every_m"])
def test_the_largest_number_that_the_column_holds_is_accepted(manager: Caller, field: str) -> None:
    largest = 2**63 - 1 if field == "floor_price_micros" else 32_767
    response = manager.post(SLOTS, IN_THREAD | {"after_n": 1, "every_m": 1} | {field: largest})
    assert (response.status_code, response.json()[field]) == (201, largest)


def test_unknown_and_read_only_keys_are_refused_by_name(manager: Caller) -> None:
    response = manager.post(SLOTS, ARTICLE_TOP | {"colour": "red", "id": "1", "version": 3, "site": "herald"})
    assert field_codes(response) == dict.fromkeys(("colour", "id", "site", "version"), "unknown_field")


def test_what_is_missing_is_named(manager: Caller) -> None:
    assert field_codes(manager.post(SLOTS, {})) == dict.fromkeys(("code", "name", "position"), "required")


@pytest.mark.parametrize("body", ["[]", '"slot"', "7", "null", "true", "[{}]"])
def test_a_body_that_is_no_object_is_400(manager: Caller, body: str) -> None:
    assert manager.post(SLOTS, body).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": "a\\u0000b"}',
        b'{"name": "\\ud800"}',
        b'{"code": "a", "code": "b"}',
        b'{"floor_price_micros": NaN}',
        b"[" * 2_000,
        b"\xff\xfe",
        b"{",
    ],
)
def test_json_that_no_text_column_or_parser_should_see_is_400(manager: Caller, body: bytes) -> None:
    response = manager.post(SLOTS, body)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")


def test_a_body_over_64_kib_is_413(manager: Caller) -> None:
    assert manager.post(SLOTS, ARTICLE_TOP | {"name": "n" * 70_000}).status_code == 413


def test_a_code_is_taken_once_per_site(manager: Caller, site: Site, other_site: Site) -> None:
    new_slot(site, code="top")
    new_slot(other_site, code="bottom")
    assert field_codes(manager.post(SLOTS, ARTICLE_TOP)) == {"code": "unique"}
    assert manager.post(SLOTS, ARTICLE_TOP | {"code": "bottom"}).status_code == 201


def test_a_change_to_a_taken_code_is_400(manager: Caller, site: Site) -> None:
    new_slot(site, code="top")
    slot = new_slot(site)
    response = manager.patch(f"{SLOTS}{slot.pk}/", {"code": "top"}, If_Match='"1"')
    assert field_codes(response) == {"code": "unique"}


@pytest.mark.parametrize("missing", ["after_n", "every_m"])
def test_a_slot_in_a_thread_needs_its_spacing(manager: Caller, missing: str) -> None:
    body = IN_THREAD | {"after_n": 3, "every_m": 5}
    del body[missing]
    assert field_codes(manager.post(SLOTS, body)) == {missing: "required"}


@pytest.mark.parametrize("field", ["after_n", "every_m"])
def test_a_slot_elsewhere_has_no_spacing(manager: Caller, field: str) -> None:
    assert field_codes(manager.post(SLOTS, ARTICLE_TOP | {field: 3})) == {field: "not_in_thread"}


def test_moving_a_slot_out_of_the_thread_says_what_else_to_send(manager: Caller, site: Site) -> None:
    path = f"{SLOTS}{new_slot(site, position='in_thread', after_n=3, every_m=5).pk}/"
    refused = manager.patch(path, {"position": "article_top"}, If_Match='"1"')
    moved = manager.patch(path, {"position": "article_top", "after_n": None, "every_m": None}, If_Match='"1"')
    assert field_codes(refused) == {"after_n": "not_in_thread"}
    assert moved.status_code == 200


def test_repeated_sizes_count_once_and_keep_their_order(manager: Caller) -> None:
    answer = manager.post(SLOTS, ARTICLE_TOP | {"sizes": ["728x90", "fluid", "728x90"]}).json()
    assert answer["sizes"] == ["728x90", "fluid"]


@pytest.mark.parametrize("charset", ["utf-7", "latin-1"])
def test_another_charset_is_415(manager: Caller, charset: str) -> None:
    response = manager.call("POST", SLOTS, ARTICLE_TOP, Content_Type=f"application/json; charset={charset}")
    assert response.status_code == 415
