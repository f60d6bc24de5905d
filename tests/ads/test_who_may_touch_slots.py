"""Tokens, roles and tenants: the outsider gets nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from ads.models import Slot
from articles.models import Site
from newsroom.access.models import ApiToken
from tests.ads.conftest import ARTICLE_TOP, SLOTS, Caller, field_codes, new_slot

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def answers(who: Caller, slot: Slot, query: str = "") -> dict[str, int]:
    """The status per method, each a call that would succeed for an ad manager of the slot's site."""
    one, name = f"{SLOTS}{slot.pk}/{query}", {"name": "Renamed"}
    return {
        "list": who.get(f"{SLOTS}{query}").status_code,
        "create": who.post(f"{SLOTS}{query}", ARTICLE_TOP).status_code,
        "read": who.get(one).status_code,
        "replace": who.put(one, ARTICLE_TOP | {"code": "put"}, If_Match="*").status_code,
        "change": who.patch(one, name, If_Match="*").status_code,
        "delete": who.delete(one, If_Match="*").status_code,
    }


ALLOWED = {"list": 200, "create": 201, "read": 200, "replace": 200, "change": 200, "delete": 204}
READING = {"list": 200, "create": 403, "read": 200, "replace": 403, "change": 403, "delete": 403}
REFUSED = dict.fromkeys(ALLOWED, 403)


@pytest.mark.parametrize(
    ("role", "scopes", "expected"),
    [
        ("ad manager", ("ads:read", "ads:write"), ALLOWED),
        ("ad manager", ("ads:write",), ALLOWED),
        ("ad manager", ("ads:read",), READING),
        ("ad manager", ("articles:write",), REFUSED),
        ("ad manager", (), REFUSED),
        ("editor", ("ads:read", "ads:write"), READING),
        ("editor", ("ads:read",), READING),
        ("editor", ("articles:write",), REFUSED),
        ("cms", ("ads:read", "ads:write", "articles:write"), REFUSED),
        ("", ("ads:read", "ads:write"), REFUSED),
    ],
)
def test_a_call_needs_the_scope_and_the_role(
    site: Site,
    caller: Callable[..., Caller],
    role: str,
    scopes: tuple[str, ...],
    expected: dict[str, int],
) -> None:
    assert answers(caller(role, scopes=scopes), new_slot(site)) == expected


def test_without_a_token_every_call_is_401_and_says_how(nobody: Caller, site: Site) -> None:
    slot = new_slot(site)
    assert answers(nobody, slot) == dict.fromkeys(ALLOWED, 401)
    response = nobody.get(SLOTS)
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
    ],
)
def test_a_dead_token_is_401(manager: Caller, change: dict[str, Any]) -> None:
    ApiToken.objects.update(**change)
    assert manager.get(SLOTS).status_code == 401


def test_a_token_of_somebody_who_left_is_401(manager: Caller) -> None:
    manager.user.is_active = False
    manager.user.save()
    assert manager.get(SLOTS).status_code == 401


def test_a_session_of_the_admin_is_no_token(manager: Caller, client: Any) -> None:
    client.force_login(manager.user)
    assert client.get(SLOTS).status_code == 401


def test_an_unknown_slot_is_404_before_anything_is_said_about_versions(manager: Caller) -> None:
    path = f"{SLOTS}{uuid4()}/"
    assert manager.get(path).status_code == 404
    assert manager.patch(path, {"name": "X"}).status_code == 404
    assert manager.delete(path).status_code == 404
    assert manager.get(f"{SLOTS}not-an-id/").status_code == 404


def test_another_tenants_slot_is_404_by_every_call(manager: Caller, other_site: Site) -> None:
    slot = new_slot(other_site)
    got = answers(manager, slot)
    assert {name: got[name] for name in ("read", "replace", "change", "delete")} == {
        "read": 404,
        "replace": 404,
        "change": 404,
        "delete": 404,
    }
    slot.refresh_from_db()
    assert slot.version == 1


def test_another_tenant_named_in_the_query_is_404_by_every_call(manager: Caller, other_site: Site) -> None:
    assert answers(manager, new_slot(other_site), "?site=herald") == dict.fromkeys(ALLOWED, 404)
    assert answers(manager, new_slot(other_site), "?site=nowhere") == dict.fromkeys(ALLOWED, 404)


def test_a_list_holds_the_slots_of_one_site_only(manager: Caller, site: Site, other_site: Site) -> None:
    mine = new_slot(site)
    new_slot(other_site)
    assert [slot["id"] for slot in manager.get(SLOTS).json()["results"]] == [str(mine.pk)]


def test_who_is_assigned_elsewhere_does_not_see_the_default_site(
    site: Site, other_site: Site, caller: Callable[..., Caller]
) -> None:
    herald = caller("ad manager", sites=(other_site,))
    assert answers(herald, new_slot(site), "?site=tribune") == dict.fromkeys(ALLOWED, 404)
    assert herald.get(f"{SLOTS}{new_slot(other_site).pk}/").status_code == 200  # their only site
    made = herald.post(SLOTS, ARTICLE_TOP)
    assert Slot.objects.get(pk=made.json()["id"]).site == other_site


def test_the_place_of_a_new_slot_carries_the_site_that_was_named(
    site: Site, other_site: Site, caller: Callable[..., Caller]
) -> None:
    both = caller("ad manager", sites=(site, other_site))
    made = both.post(f"{SLOTS}?site=herald", ARTICLE_TOP)
    assert made["Location"] == f"{SLOTS}{made.json()['id']}/?site=herald"
    assert both.get(made["Location"]).status_code == 200
    assert both.get(made["Location"].partition("?")[0]).status_code == 404  # the default one by Host


def test_who_works_on_several_other_sites_must_say_which(
    site: Site, other_site: Site, caller: Callable[..., Caller]
) -> None:
    third = Site.objects.create(code="third", name="Third", domain="third.example.org")
    both = caller("ad manager", sites=(other_site, third))
    assert field_codes(both.get(SLOTS)) == {"site": "required"}


def test_a_superuser_works_on_every_site(site: Site, other_site: Site, caller: Callable[..., Caller]) -> None:
    admin = caller("", is_superuser=True)
    assert answers(admin, new_slot(other_site), "?site=herald") == ALLOWED


def test_the_host_chooses_the_site(
    site: Site, other_site: Site, caller: Callable[..., Caller], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    both = caller("ad manager", sites=(site, other_site))
    slot = new_slot(other_site)
    found = both.get(SLOTS, Host="herald.example.org").json()["results"]
    assert [entry["id"] for entry in found] == [str(slot.pk)]
