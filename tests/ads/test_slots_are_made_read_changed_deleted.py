"""The life of a slot over the API: the contract of ``/api/v1/ads/slots/``."""

from __future__ import annotations

import pytest

from ads.models import Slot
from articles.models import Site
from tests.ads.conftest import ARTICLE_TOP, SLOTS, Caller, field_codes, new_line_item, new_slot, noted

pytestmark = pytest.mark.django_db

KEYS = ["id", "code", "name", "position", "sizes", "active", "floor_price_micros", "after_n", "every_m"]


def test_a_new_slot_is_answered_with_its_place_and_version(manager: Caller) -> None:
    response = manager.post(
        SLOTS, ARTICLE_TOP | {"sizes": ["728x90", "fluid"], "floor_price_micros": 2_500_000}
    )
    slot = response.json()
    assert response.status_code == 201
    assert list(slot) == KEYS
    assert response["Location"] == f"{SLOTS}{slot['id']}/"
    assert manager.get(response["Location"]).json() == slot
    assert manager.get(response["Location"])["ETag"] == response["ETag"]
    assert slot["sizes"] == ["728x90", "fluid"]
    assert slot["floor_price_micros"] == 2_500_000


def test_what_is_left_out_gets_its_default(manager: Caller) -> None:
    slot = manager.post(SLOTS, ARTICLE_TOP).json()
    assert slot["sizes"] == ["fluid"]
    assert slot["active"] is True
    assert (slot["floor_price_micros"], slot["after_n"], slot["every_m"]) == (0, None, None)


def test_ids_are_version_7(manager: Caller) -> None:
    assert manager.post(SLOTS, ARTICLE_TOP).json()["id"][14] == "7"


def test_a_change_raises_the_version(manager: Caller, site: Site) -> None:
    slot = new_slot(site)
    response = manager.patch(f"{SLOTS}{slot.pk}/", {"active": False}, If_Match='"1"')
    assert response.status_code == 200
    assert response.json()["active"] is False
    assert response["ETag"] == '"2"'


def test_a_change_without_if_match_is_428(manager: Caller, site: Site) -> None:
    path = f"{SLOTS}{new_slot(site).pk}/"
    answers = [manager.patch(path, {"name": "X"}), manager.put(path, ARTICLE_TOP), manager.delete(path)]
    assert [answer.status_code for answer in answers] == [428] * 3
    assert answers[0].json()["code"] == "precondition_required"


@pytest.mark.parametrize("stale", ['"7"', 'W/"1"', "1", '"1', "", '"2", "3"', '"1 "'])
def test_a_version_that_is_not_the_current_one_is_412(manager: Caller, site: Site, stale: str) -> None:
    path = f"{SLOTS}{new_slot(site).pk}/"
    answers = [
        manager.patch(path, {"name": "X"}, If_Match=stale),
        manager.put(path, ARTICLE_TOP, If_Match=stale),
        manager.delete(path, If_Match=stale),
    ]
    assert [answer.status_code for answer in answers] == [412] * 3
    assert Slot.objects.get().version == 1


@pytest.mark.parametrize("current", ['"1"', "*", '"9", "1"', ' "1" '])
def test_any_form_of_the_current_version_is_accepted(manager: Caller, site: Site, current: str) -> None:
    path = f"{SLOTS}{new_slot(site).pk}/"
    assert manager.patch(path, {"name": "X"}, If_Match=current).status_code == 200


def test_of_two_writers_with_one_version_the_second_is_refused(manager: Caller, site: Site) -> None:
    path = f"{SLOTS}{new_slot(site).pk}/"
    first = manager.patch(path, {"name": "Mine"}, If_Match='"1"')
    second = manager.patch(path, {"active": False}, If_Match='"1"')
    assert (first.status_code, second.status_code) == (200, 412)
    assert manager.get(path).json()["active"] is True


def test_a_change_to_the_same_values_leaves_version_and_audit_alone(manager: Caller, site: Site) -> None:
    slot = new_slot(site)
    response = manager.patch(f"{SLOTS}{slot.pk}/", {"name": slot.name}, If_Match='"1"')
    assert (response.status_code, response["ETag"]) == (200, '"1"')
    assert not noted().exists()


def test_put_resets_what_is_left_out(manager: Caller, site: Site) -> None:
    slot = new_slot(site, floor_price_micros=5, active=False, sizes=["300x250"])
    answer = manager.put(f"{SLOTS}{slot.pk}/", ARTICLE_TOP, If_Match='"1"').json()
    assert (answer["floor_price_micros"], answer["active"], answer["sizes"]) == (0, True, ["fluid"])


def test_what_was_read_can_be_put_back_as_it_is(manager: Caller, site: Site) -> None:
    path = f"{SLOTS}{new_slot(site).pk}/"
    read = manager.get(path)
    response = manager.put(path, read.json() | {"name": "Renamed"}, If_Match=read["ETag"])
    assert (response.status_code, response.json()["name"]) == (200, "Renamed")


def test_an_id_that_is_not_the_paths_is_refused(manager: Caller, site: Site) -> None:
    slot, other = new_slot(site), new_slot(site)
    body = ARTICLE_TOP | {"id": str(other.pk)}
    response = manager.put(f"{SLOTS}{slot.pk}/", body, If_Match='"1"')
    assert field_codes(response) == {"id": "unknown_field"}


def test_put_needs_the_whole_slot(manager: Caller, site: Site) -> None:
    response = manager.put(f"{SLOTS}{new_slot(site).pk}/", {"name": "X"}, If_Match='"1"')
    assert field_codes(response) == {"code": "required", "position": "required"}


def test_an_unused_slot_is_deleted(manager: Caller, site: Site) -> None:
    path = f"{SLOTS}{new_slot(site).pk}/"
    assert manager.delete(path, If_Match='"1"').status_code == 204
    assert manager.get(path).status_code == 404


def test_a_slot_that_line_items_use_is_not_deleted_and_says_which(manager: Caller, site: Site) -> None:
    slot = new_slot(site)
    item = new_line_item(site, slot)
    response = manager.delete(f"{SLOTS}{slot.pk}/", If_Match='"1"')
    assert (response.status_code, response.json()["code"]) == (409, "in_use")
    assert item.name in response.json()["detail"]
    assert Slot.objects.filter(pk=slot.pk).exists()
    assert item.slots.get() == slot


def test_a_reader_that_holds_the_current_version_gets_304(manager: Caller, site: Site) -> None:
    path = f"{SLOTS}{new_slot(site).pk}/"
    tag = manager.get(path)["ETag"]
    again = manager.get(path, If_None_Match=tag)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert "private" in again["Cache-Control"]


def test_each_change_is_in_the_audit_with_before_and_after(manager: Caller) -> None:
    made = manager.post(SLOTS, ARTICLE_TOP)
    path = made["Location"]
    manager.patch(path, {"floor_price_micros": 7}, If_Match=made["ETag"])
    manager.delete(path, If_Match='"2"')
    entries = noted()
    assert [entry.action for entry in entries] == ["slot.create", "slot.update", "slot.delete"]
    assert {entry.actor for entry in entries} == {manager.user}
    assert entries[1].data == {
        "version": 2,
        "before": {"floor_price_micros": 0},
        "after": {"floor_price_micros": 7},
    }


def test_a_refused_change_is_not_in_the_audit(manager: Caller, site: Site) -> None:
    slot, taken = new_slot(site), new_slot(site)
    manager.patch(f"{SLOTS}{slot.pk}/", {"code": taken.code}, If_Match='"1"')
    manager.patch(f"{SLOTS}{slot.pk}/", {"name": "X"}, If_Match='"9"')
    assert not noted().exists()
