"""``Idempotency-Key``: a client that did not hear the answer may ask again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from ads.models import Slot
from articles.models import Site
from tests.ads.conftest import ARTICLE_TOP, SLOTS, Caller, field_codes, noted


@pytest.mark.django_db
def test_the_same_key_and_body_give_the_first_answer_again(manager: Caller) -> None:
    first = manager.post(SLOTS, ARTICLE_TOP, Idempotency_Key="k1")
    again = manager.post(SLOTS, ARTICLE_TOP, Idempotency_Key="k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert (again["Location"], again["ETag"]) == (first["Location"], first["ETag"])
    assert Slot.objects.count() == noted().count() == 1


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_422(manager: Caller) -> None:
    manager.post(SLOTS, ARTICLE_TOP, Idempotency_Key="k1")
    response = manager.post(SLOTS, ARTICLE_TOP | {"code": "other"}, Idempotency_Key="k1")
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.django_db
def test_a_refused_body_does_not_use_up_the_key(manager: Caller) -> None:
    assert manager.post(SLOTS, ARTICLE_TOP | {"active": 1}, Idempotency_Key="k1").status_code == 400
    assert manager.post(SLOTS, ARTICLE_TOP, Idempotency_Key="k1").status_code == 201


@pytest.mark.django_db
def test_a_key_belongs_to_its_user(manager: Caller, caller: Callable[..., Caller]) -> None:
    manager.post(SLOTS, ARTICLE_TOP, Idempotency_Key="k1")
    response = caller("ad manager").post(SLOTS, ARTICLE_TOP, Idempotency_Key="k1")
    assert field_codes(response) == {"code": "unique"}


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_of_no_or_too_many_characters_is_400(manager: Caller, key: str) -> None:
    assert field_codes(manager.post(SLOTS, ARTICLE_TOP, Idempotency_Key=key)) == {
        "Idempotency-Key": "invalid"
    }


@pytest.mark.django_db(transaction=True)
def test_eight_equal_calls_at_once_make_one_slot(site: Site, manager: Caller) -> None:
    def post(_: int) -> tuple[int, str]:
        try:
            response = manager.post(SLOTS, ARTICLE_TOP, Idempotency_Key="k1")
            return response.status_code, response.json().get("id", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(post, range(8)))
    assert found == {(201, str(Slot.objects.get().pk))}


@pytest.mark.django_db(transaction=True)
def test_of_eight_writers_at_once_with_one_version_one_wins(site: Site, manager: Caller) -> None:
    path = manager.post(SLOTS, ARTICLE_TOP)["Location"]

    def change(number: int) -> int:
        try:
            return manager.patch(path, {"name": f"Writer {number}"}, If_Match='"1"').status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(change, range(8)))
    assert statuses == [200] + [412] * 7
    assert Slot.objects.get().version == 2
