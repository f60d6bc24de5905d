"""The same work in forms: own sites only, money as people write it, every change in the audit."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ads.models import Advertiser, Campaign, Creative, LineItem, Slot
from articles.models import Site
from tests.ads.conftest import Caller, new_creative, new_line_item, new_slot, noted

pytestmark = pytest.mark.django_db

KINDS = ("slot", "advertiser", "campaign", "lineitem", "creative")


@pytest.fixture
def desk(manager: Caller, client: Client) -> Client:
    """An ad manager in the admin."""
    return signed_in(manager, client)


def signed_in(who: Caller, client: Client) -> Client:
    who.user.is_staff = True
    who.user.save()
    client.force_login(who.user)
    return client


def slot_form(site: Site, **changes: Any) -> dict[str, Any]:
    return {
        "site": str(site.pk),
        "code": "top",
        "name": "Above the article",
        "position": "article_top",
        "active": "on",
        "sizes": "fluid, 728x90",
        "floor_price_micros": "2.50",
        "after_n": "",
        "every_m": "",
        "seen_version": "",
        **changes,
    }


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200, response.content[:500]
    found: dict[str, list[str]] = dict(response.context["adminform"].form.errors)
    return found


def test_money_is_typed_as_people_write_it_and_stored_in_micros(desk: Client, site: Site) -> None:
    response = desk.post("/admin/ads/slot/add/", slot_form(site, floor_price_micros="1,250.00"))
    assert response.status_code == 302
    slot = Slot.objects.get()
    assert slot.floor_price_micros == 1_250_000_000
    assert slot.sizes == ["fluid", "728x90"]
    assert 'value="1,250.00"' in desk.get(f"/admin/ads/slot/{slot.pk}/change/").content.decode()
    assert "1,250.00 EUR" in desk.get("/admin/ads/slot/").content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("floor_price_micros", "12,50"),
        ("floor_price_micros", "-1"),
        ("floor_price_micros", "9" * 30),
        ("sizes", "broad"),
        ("sizes", ""),
        ("code", "with space"),
        ("name", ""),
        ("after_n", "99999"),
    ],
)
def test_a_wrong_value_comes_back_with_the_form(desk: Client, site: Site, field: str, value: str) -> None:
    body = slot_form(site, position="in_thread", after_n="3", every_m="5") | {field: value}
    assert set(errors(desk.post("/admin/ads/slot/add/", body))) == {field}
    assert not Slot.objects.exists()


def test_a_slot_between_comments_needs_its_spacing(desk: Client, site: Site) -> None:
    response = desk.post("/admin/ads/slot/add/", slot_form(site, position="in_thread"))
    assert set(errors(response)) == {"after_n", "every_m"}


def test_a_change_that_came_between_is_not_overwritten(desk: Client, site: Site) -> None:
    slot = new_slot(site)
    Slot.objects.filter(pk=slot.pk).update(name="Theirs", version=2)
    response = desk.post(f"/admin/ads/slot/{slot.pk}/change/", slot_form(site, name="Mine", seen_version="1"))
    assert "Somebody has changed this" in str(errors(response)["__all__"])
    assert Slot.objects.get().name == "Theirs"
    assert "Mine" in response.content.decode()


def test_forms_write_version_and_audit_like_the_api(desk: Client, manager: Caller, site: Site) -> None:
    desk.post("/admin/ads/slot/add/", slot_form(site))
    slot = Slot.objects.get()
    change = slot_form(site, name="Renamed", seen_version="1")
    assert desk.post(f"/admin/ads/slot/{slot.pk}/change/", change).status_code == 302
    entries = noted()
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("slot.create", manager.user),
        ("slot.update", manager.user),
    ]
    assert entries[1].data["after"] == {"name": "Renamed"}
    assert Slot.objects.get().version == 2


def test_a_slot_in_use_is_not_deleted_by_form_or_bulk_action(desk: Client, site: Site) -> None:
    slot = new_slot(site)
    item = new_line_item(site, slot)
    page = desk.post(f"/admin/ads/slot/{slot.pk}/delete/", {"post": "yes"})
    bulk = {"action": "delete_selected", "_selected_action": [str(slot.pk)], "post": "yes"}
    assert item.name in page.content.decode()
    desk.post("/admin/ads/slot/", bulk)
    assert item.slots.get() == slot


def test_an_unused_slot_is_deleted_and_noted(desk: Client, site: Site) -> None:
    slot = new_slot(site)
    assert desk.post(f"/admin/ads/slot/{slot.pk}/delete/", {"post": "yes"}).status_code == 302
    assert noted().get().action == "slot.delete"


def test_several_slots_are_switched_off_in_one_step_and_noted(desk: Client, site: Site) -> None:
    slots = [new_slot(site), new_slot(site), new_slot(site, active=False)]
    desk.post("/admin/ads/slot/", {"action": "switch_off", "_selected_action": [str(s.pk) for s in slots]})
    assert not Slot.objects.filter(active=True).exists()
    assert noted().count() == 2


def test_the_slots_of_a_line_item_are_in_the_audit(desk: Client, site: Site) -> None:
    slot, item = new_slot(site, code="top"), new_line_item(site)
    body = {
        "campaign": str(item.campaign.pk),
        "name": item.name,
        "status": "ready",
        "type": "standard",
        "weight": "100",
        "price_model": "cpm",
        "price_micros": "0",
        "pacing": "even",
        "slots": [str(slot.pk)],
        "seen_version": "1",
        "creatives-TOTAL_FORMS": "1",
        "creatives-INITIAL_FORMS": "0",
        "creatives-0-headline": "Fresh bread",
        "creatives-0-target_url": "https://bakery.example.com/",
        "creatives-0-active": "on",
    }
    response = desk.post(f"/admin/ads/lineitem/{item.pk}/change/", body)
    assert response.status_code == 302, [
        form.errors for form in response.context["inline_admin_formsets"][0].formset
    ]
    after = {entry.action: entry.data["after"] for entry in noted()}
    assert after["line_item.update"] == {"slots": ["top"]}
    assert after["creative.create"]["headline"] == "Fresh bread"
    assert item.slots.get() == slot
    assert Creative.objects.get().line_item == item


def test_a_target_must_be_https(desk: Client, site: Site) -> None:
    item = new_line_item(site)
    for target in ("http://bakery.example.com/", "javascript:alert(1)", "https:// x"):
        body = {"line_item": str(item.pk), "headline": "Bread", "target_url": target, "active": "on"}
        body = body | {"kind": "native", "size": "fluid"}
        assert set(errors(desk.post("/admin/ads/creative/add/", body))) == {"target_url"}


def test_lists_and_forms_show_own_sites_only(desk: Client, site: Site, other_site: Site) -> None:
    theirs = new_creative(new_line_item(other_site, new_slot(other_site)))
    item = theirs.line_item
    objects = {
        "slot": item.slots.get(),
        "advertiser": item.campaign.advertiser,
        "campaign": item.campaign,
        "lineitem": item,
        "creative": theirs,
    }
    for kind, found in objects.items():
        assert (
            "0 "
            in re.search(r'class="paginator">\s*(.*)', desk.get(f"/admin/ads/{kind}/").content.decode())[1]
        )
        assert (
            desk.get(f"/admin/ads/{kind}/{found.pk}/change/").status_code == 302
        )  # Django's "does not exist"
        assert desk.post(f"/admin/ads/{kind}/{found.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Creative.objects.filter(pk=theirs.pk).exists()


def test_a_form_cannot_point_to_another_tenants_objects(desk: Client, site: Site, other_site: Site) -> None:
    item = new_line_item(other_site, new_slot(other_site))
    bodies = {
        "slot": slot_form(other_site),
        "advertiser": {"site": str(other_site.pk), "name": "Mine"},
        "campaign": {"advertiser": str(item.campaign.advertiser.pk), "name": "Mine"},
        "creative": {"line_item": str(item.pk), "headline": "Mine", "target_url": "https://a.example.com/"},
    }
    pointing = {"slot": "site", "advertiser": "site", "campaign": "advertiser", "creative": "line_item"}
    for kind, body in bodies.items():
        assert pointing[kind] in errors(desk.post(f"/admin/ads/{kind}/add/", body))


def test_an_editor_reads_and_cannot_write(site: Site, caller: Callable[..., Caller], client: Client) -> None:
    desk, slot = signed_in(caller("editor"), client), new_slot(site)
    assert desk.get(f"/admin/ads/slot/{slot.pk}/change/").status_code == 200
    assert desk.post(f"/admin/ads/slot/{slot.pk}/change/", slot_form(site)).status_code == 403
    assert desk.post(f"/admin/ads/slot/{slot.pk}/delete/", {"post": "yes"}).status_code == 403


def test_only_a_superuser_assigns_people_to_sites(desk: Client) -> None:
    assert desk.get("/admin/ads/assignment/").status_code == 403


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_takes_the_same_queries_whatever_its_length(desk: Client, site: Site, kind: str) -> None:
    new_creative(new_line_item(site, new_slot(site)))
    desk.get(f"/admin/ads/{kind}/")
    with CaptureQueriesContext(connection) as short:
        desk.get(f"/admin/ads/{kind}/")
    for _ in range(10):
        new_creative(new_line_item(site, new_slot(site), new_slot(site)))
    with CaptureQueriesContext(connection) as long:
        assert desk.get(f"/admin/ads/{kind}/").status_code == 200
    assert len(long) <= len(short) + 1  # Django asks again for a second page's links.


def test_a_line_item_says_why_it_is_not_shown(desk: Client, site: Site) -> None:
    slot = new_slot(site)
    new_creative(new_line_item(site, slot, name="Running"))
    new_line_item(site, slot, name="Bare")
    new_creative(new_line_item(site, slot, name="Draft", status=LineItem.Status.DRAFT))
    new_creative(new_line_item(site, name="Nowhere"))
    late = new_line_item(site, slot, name="Late")
    new_creative(late)
    Campaign.objects.filter(pk=late.campaign.pk).update(starts_at=timezone.now() + timedelta(days=1))
    rows = desk.get("/admin/ads/lineitem/").context["cl"].result_list
    from ads.admin import LineItemAdmin

    shown = {item.name: LineItemAdmin.shown_now(LineItemAdmin, item) for item in rows}  # type: ignore[arg-type]
    assert shown == {
        "Running": "yes",
        "Bare": "no: no creative",
        "Draft": "no: not ready",
        "Nowhere": "no: in no slot",
        "Late": "no: not started",
    }


@pytest.mark.parametrize("time", ["running", "upcoming", "ended"])
def test_campaigns_are_filtered_by_time(desk: Client, site: Site, time: str) -> None:
    now = timezone.now()
    day = timedelta(days=1)
    advertiser = Advertiser.objects.create(site=site, name="Bakery")
    for name, start, end in (
        ("running", now - day, now + day),
        ("upcoming", now + day, None),
        ("ended", now - 2 * day, now - day),
    ):
        Campaign.objects.create(advertiser=advertiser, name=name, starts_at=start, ends_at=end)
    rows = desk.get(f"/admin/ads/campaign/?time={time}").context["cl"].result_list
    assert [campaign.name for campaign in rows] == [time]


def test_a_line_item_is_priced_and_moved_in_the_form(desk: Client, site: Site) -> None:
    item = new_line_item(site, new_slot(site))
    path = f"/admin/ads/lineitem/{item.pk}/change/"
    body = {
        "campaign": str(item.campaign.pk), "name": item.name, "status": "ready", "type": "standard",
        "weight": "100", "price_model": "flat", "price_micros": "1,250.00", "pacing": "even",
        "slots": [str(slot.pk) for slot in item.slots.all()], "seen_version": "1",
        "creatives-TOTAL_FORMS": "0", "creatives-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert desk.post(path, body).status_code == 302
    assert LineItem.objects.get().price_micros == 1_250_000_000
    page = desk.get("/admin/ads/lineitem/").content.decode()
    assert "1,250.00 EUR flat" in page
    assert ">live<" in page
    assert set(errors(desk.post(path, body | {"status": "draft", "seen_version": "2"}))) == {"status"}
    house = body | {"type": "house", "seen_version": "2"}
    assert set(errors(desk.post(path, house))) == {"price_micros"}
    cap = body | {"budget_micros": "10", "daily_cap_micros": "11", "seen_version": "2"}
    assert set(errors(desk.post(path, cap))) == {"daily_cap_micros"}
