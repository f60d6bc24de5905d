"""Making several in one call, all or none, once; and reading what was changed."""

from __future__ import annotations

from typing import Any

import pytest

from ads.models import Slot
from articles.models import Site
from tests.ads.conftest import ARTICLE_TOP, SLOTS, Caller, field_codes, new_slot

pytestmark = pytest.mark.django_db
BULK = f"{SLOTS}bulk/"


def slots(*codes: str) -> dict[str, Any]:
    return {"objects": [ARTICLE_TOP | {"code": code} for code in codes]}


def test_all_are_made_in_the_order_sent(manager: Caller) -> None:
    made = manager.post(BULK, slots("b", "a", "c"))
    assert made.status_code == 201
    assert [one["code"] for one in made.json()["results"]] == ["b", "a", "c"]
    assert list(made.json()["results"][0])[:2] == ["id", "code"]
    assert Slot.objects.count() == 3


def test_one_that_does_not_fit_keeps_all_out_and_is_named(manager: Caller, site: Site) -> None:
    new_slot(site, code="taken")
    assert field_codes(manager.post(BULK, slots("a", "taken"))) == {"objects.1.code": "unique"}
    bad = slots("a", "b")
    bad["objects"][1]["position"] = "roof"
    assert field_codes(manager.post(BULK, bad)) == {"objects.1.position": "invalid_choice"}
    assert Slot.objects.count() == 1


def test_the_same_key_and_body_make_them_once(manager: Caller) -> None:
    first, again = (manager.post(BULK, slots("a", "b"), Idempotency_Key="k") for _ in range(2))
    assert first.json() == again.json()
    assert Slot.objects.count() == 2
    assert manager.post(BULK, slots("c"), Idempotency_Key="k").status_code == 422


@pytest.mark.parametrize(
    "body",
    [{}, [], None, {"objects": []}, {"objects": {}}, {"objects": [1]}, {"objects": [None]}, {"more": []},
     {"objects": [ARTICLE_TOP] * 101}],
)  # fmt: skip
def test_what_is_no_list_of_slots_is_400(manager: Caller, body: Any) -> None:
    assert manager.post(BULK, body).status_code == 400


def test_history_tells_who_changed_what_newest_first(manager: Caller) -> None:
    made = manager.post(SLOTS, ARTICLE_TOP).json()
    one = f"{SLOTS}{made['id']}/"
    manager.patch(one, {"name": "Head"}, If_Match='"1"')
    newest, oldest = manager.get(f"{one}history/").json()["results"]
    assert (newest["action"], newest["version"]) == ("slot.update", 2)
    assert (newest["before"], newest["after"]) == ({"name": ARTICLE_TOP["name"]}, {"name": "Head"})
    assert (oldest["action"], oldest["actor"]) == ("slot.create", manager.user.username)
    page = manager.get(f"{one}history/?limit=1").json()
    assert manager.get(page["next"]).json()["results"] == [oldest]
