"""Advertiser > campaign > line item > creative over the API: sold on a slot, and seen on the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ads.models import Advertiser, Campaign, Creative, LineItem
from articles import sites
from articles.models import Site
from tests.ads.conftest import (
    SLOTS,
    Caller,
    field_codes,
    filled_on,
    new_article,
    new_creative,
    new_line_item,
    new_slot,
    noted,
    sponsor_of,
)

pytestmark = pytest.mark.django_db

ADS = "/api/v1/ads/"
PATHS = {
    "advertiser": f"{ADS}advertisers/",
    "campaign": f"{ADS}campaigns/",
    "line_item": f"{ADS}line-items/",
    "creative": f"{ADS}creatives/",
}


def bodies(creative: Creative) -> dict[str, dict[str, Any]]:
    """A body per kind that makes another one beside this creative and what it belongs to."""
    item = creative.line_item
    return {
        "advertiser": {"name": "Harbour Motors"},
        "campaign": {
            "advertiser": str(item.campaign.advertiser.pk),
            "name": "Summer",
            "starts_at": "2026-06-01T00:00:00+01:00",
            "ends_at": None,
        },
        "line_item": {"campaign": str(item.campaign.pk), "name": "Front row", "slots": ["top"]},
        "creative": {
            "line_item": str(item.pk),
            "headline": "Drive home today",
            "target_url": "https://motors.example.com/",
        },
    }


def objects(creative: Creative) -> dict[str, Any]:
    item = creative.line_item
    return {
        "advertiser": item.campaign.advertiser,
        "campaign": item.campaign,
        "line_item": item,
        "creative": creative,
    }


@pytest.fixture
def sold(site: Site) -> Creative:
    return new_creative(new_line_item(site, new_slot(site, code="top")))


def test_a_campaign_is_sold_with_calls_alone_and_seen_on_the_page(
    manager: Caller, site: Site, client: Client, caller: Callable[..., Caller]
) -> None:
    manager.post(SLOTS, {"code": "top", "name": "Above", "position": "article_top"})
    advertiser = manager.post(PATHS["advertiser"], {"name": "Harbour Motors"}).json()
    campaign = manager.post(
        PATHS["campaign"],
        {"advertiser": advertiser["id"], "name": "Week", "starts_at": "2020-01-01T00:00:00Z"},
    ).json()
    item = manager.post(
        PATHS["line_item"],
        {"campaign": campaign["id"], "name": "Top", "status": "ready", "slots": ["top"]},
    )
    creative = manager.post(
        PATHS["creative"],
        {
            "line_item": item.json()["id"],
            "headline": "Drive home today",
            "target_url": "https://motors.example.com/",
        },
    )
    assert creative.status_code == 201
    article = new_article(site)
    assert "Drive home today" not in client.get(article.get_absolute_url()).content.decode()
    approved = caller("editor").post(f"{creative['Location']}approve/", {"sha256": creative.json()["sha256"]})
    assert approved.json()["approved"] is True
    page = client.get(article.get_absolute_url()).content.decode()
    assert "Drive home today" in page
    assert "Advertisement · Harbour Motors" in page
    manager.patch(item["Location"], {"status": "paused"}, If_Match=item["ETag"])
    assert "Drive home today" not in client.get(article.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        (
            "advertiser",
            ["id", "name", "category", "competitor_group", "tolerances", "thread_tolerance"],
        ),
        (
            "campaign",
            [
                "id",
                "advertiser",
                "name",
                "starts_at",
                "ends_at",
                "budget_micros",
                "order_number",
                "billing_contact",
            ],
        ),
        (
            "line_item",
            [
                *("id", "campaign", "name", "type", "status", "weight", "price_model", "price_micros"),
                *("goal", "budget_micros", "daily_cap_micros", "pacing", "targeting", "per_page"),
                *("roadblock", "slots"),
            ],
        ),
        (
            "creative",
            [
                "id",
                "line_item",
                "kind",
                "headline",
                "text",
                "call_to_action",
                "target_url",
                "image",
                "image_alt",
                "size",
                "paid_by",
                "political",
                "active",
                "sha256",
                "approved",
            ],
        ),
    ],
)
def test_each_is_made_read_changed_replaced_and_deleted(
    manager: Caller, sold: Creative, kind: str, keys: list[str]
) -> None:
    made = manager.post(PATHS[kind], bodies(sold)[kind])
    assert (made.status_code, list(made.json())) == (201, keys)
    path, name = made["Location"], "headline" if kind == "creative" else "name"
    assert manager.get(path).json() == made.json()
    assert manager.get(path, If_None_Match=made["ETag"]).status_code == 304
    assert manager.patch(path, {name: "Changed"}).status_code == 428
    changed = manager.patch(path, {name: "Changed"}, If_Match='"1"')
    assert (changed.json()[name], changed["ETag"]) == ("Changed", '"2"')
    assert manager.patch(path, {name: "Lost"}, If_Match='"1"').status_code == 412
    replaced = manager.put(path, made.json(), If_Match='"2"')
    assert replaced.json() == made.json()
    assert manager.delete(path, If_Match='"3"').status_code == 204
    assert manager.get(path).status_code == 404
    actions = [entry.action for entry in noted()]
    assert actions == [f"{kind}.create", f"{kind}.update", f"{kind}.update", f"{kind}.delete"]


@pytest.mark.parametrize("kind", PATHS)
def test_the_same_key_makes_one(manager: Caller, sold: Creative, kind: str) -> None:
    first, again = (manager.post(PATHS[kind], bodies(sold)[kind], Idempotency_Key="k") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content


@pytest.mark.parametrize("kind", PATHS)
def test_another_tenants_is_404_by_every_call(
    manager: Caller, sold: Creative, other_site: Site, caller: Callable[..., Caller], kind: str
) -> None:
    path = f"{PATHS[kind]}{objects(sold)[kind].pk}/"
    theirs = caller("ad manager", sites=(other_site,))
    body = bodies(sold)[kind]
    answers = [
        theirs.get(path),
        theirs.put(path, body, If_Match="*"),
        theirs.patch(path, {}, If_Match="*"),
        theirs.delete(path, If_Match="*"),
        theirs.get(f"{PATHS[kind]}?site=tribune"),
        theirs.post(f"{PATHS[kind]}?site=tribune", body),
    ]
    assert [answer.status_code for answer in answers] == [404] * 6
    assert theirs.get(PATHS[kind]).json()["results"] == []
    assert not noted().exists()


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("campaign", "advertiser"),
        ("line_item", "campaign"),
        ("creative", "line_item"),
        ("line_item", "slots"),
    ],
)
def test_nothing_can_be_attached_to_another_tenants(
    manager: Caller, sold: Creative, other_site: Site, kind: str, field: str
) -> None:
    theirs = new_creative(new_line_item(other_site, new_slot(other_site, code="theirs")))
    value = ["theirs"] if field == "slots" else str(objects(theirs)[field].pk)
    body = bodies(sold)[kind] | {field: value}
    mine = f"{PATHS[kind]}{objects(sold)[kind].pk}/"
    assert field_codes(manager.post(PATHS[kind], body)) == {field: "does_not_exist"}
    assert field_codes(manager.patch(mine, {field: value}, If_Match="*")) == {field: "does_not_exist"}


@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize(
    ("role", "scopes", "reads", "writes"),
    [
        ("editor", ("ads:read", "ads:write"), 200, 403),
        ("ad manager", ("ads:read",), 200, 403),
        ("cms", ("ads:read", "ads:write"), 403, 403),
        ("", ("ads:write",), 403, 403),
    ],
)
def test_reading_and_writing_need_their_roles_and_scopes(
    sold: Creative,
    caller: Callable[..., Caller],
    nobody: Caller,
    kind: str,
    role: str,
    scopes: tuple[str, ...],
    reads: int,
    writes: int,
) -> None:
    who, path = caller(role, scopes=scopes), f"{PATHS[kind]}{objects(sold)[kind].pk}/"
    assert (who.get(PATHS[kind]).status_code, who.get(path).status_code) == (reads, reads)
    assert who.post(PATHS[kind], bodies(sold)[kind]).status_code == writes
    assert who.patch(path, {}, If_Match="*").status_code == writes
    assert who.delete(path, If_Match="*").status_code == writes
    assert nobody.get(path).status_code == nobody.post(PATHS[kind], {}).status_code == 401


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("advertiser", "name", 7),
        ("advertiser", "name", "n" * 121),
        ("campaign", "advertiser", "x"),
        ("campaign", "advertiser", 10**30),
        ("campaign", "advertiser", None),
        ("campaign", "starts_at", "yesterday"),
        ("campaign", "starts_at", "2026-06-01"),
        ("campaign", "starts_at", "2026-06-01T00:00:00"),
        ("campaign", "starts_at", "2026-1-1T0:0"),
        ("campaign", "starts_at", "0001-01-01T00:00:00+14:00"),
        ("campaign", "starts_at", 1_780_000_000),
        ("campaign", "starts_at", True),
        ("campaign", "starts_at", None),
        ("campaign", "ends_at", "2026-05-31T23:00:00Z"),
        ("campaign", "ends_at", ["2027-01-01T00:00:00Z"]),
        ("line_item", "campaign", {}),
        ("line_item", "type", "premium"),
        ("line_item", "status", "live"),
        ("line_item", "status", 1),
        ("line_item", "weight", 0),
        ("line_item", "weight", 10**30),
        ("line_item", "weight", "100"),
        ("line_item", "slots", "top"),
        ("line_item", "slots", ["nowhere"]),
        ("line_item", "slots", [7]),
        ("line_item", "slots", [["top"]]),
        ("line_item", "slots", ["top"] * 51),
        ("line_item", "slots", None),
        ("creative", "headline", ""),
        ("creative", "headline", "h" * 91),
        ("creative", "text", 7),
        ("creative", "text", None),
        ("creative", "active", "yes"),
        ("creative", "target_url", "http://motors.example.com/"),
        ("creative", "target_url", "javascript:alert(1)"),
        ("creative", "target_url", "https://"),
        ("creative", "target_url", "https://localhost/"),
        ("creative", "target_url", "https://intranet/"),
        ("creative", "target_url", "https://shop.local/"),
        ("creative", "target_url", "https://10.0.0.7/"),
        ("creative", "target_url", "https://127.1/"),
        ("creative", "target_url", "https://0x7f.0x1/"),
        ("creative", "target_url", "https://2130706433/"),
        ("creative", "target_url", "https://[::1]/"),
        ("creative", "target_url", "https://[::ffff:10.0.0.1]/"),
        ("creative", "target_url", "https://[::1/"),
        ("creative", "target_url", "https://user:pw@motors.example.com/"),
        ("creative", "target_url", "https://motors.example.com:99999/"),
        ("creative", "target_url", "https://motors.example.com/" + "a" * 500),
        ("creative", "html", "<b>"),
    ],
)
def test_a_wrong_value_is_400_and_names_its_field(
    manager: Caller, sold: Creative, kind: str, field: str, value: Any
) -> None:
    response = manager.post(PATHS[kind], bodies(sold)[kind] | {field: value})
    assert set(field_codes(response)) == {field}
    assert not noted().exists()


def test_an_advertisers_name_is_taken_once_per_site(manager: Caller, other_site: Site) -> None:
    Advertiser.objects.create(site=other_site, name="Harbour Motors")
    body = {"name": "Harbour Motors"}
    assert manager.post(PATHS["advertiser"], body).status_code == 201
    assert field_codes(manager.post(PATHS["advertiser"], body)) == {"name": "unique"}


@pytest.mark.parametrize("kind", ["advertiser", "campaign", "line_item"])
def test_what_is_in_use_stays_and_says_why(manager: Caller, sold: Creative, kind: str) -> None:
    response = manager.delete(f"{PATHS[kind]}{objects(sold)[kind].pk}/", If_Match="*")
    assert (response.status_code, response.json()["code"]) == (409, "in_use")
    assert Creative.objects.get() == sold


def test_times_keep_their_moment_whatever_zone_they_are_written_in(manager: Caller, sold: Creative) -> None:
    made = manager.post(PATHS["campaign"], bodies(sold)["campaign"]).json()
    assert made["starts_at"] == "2026-05-31T23:00:00Z"
    assert Campaign.objects.get(pk=made["id"]).starts_at == datetime(2026, 5, 31, 23, tzinfo=UTC)


def test_the_slots_of_a_line_item_are_replaced_as_a_whole_and_noted(
    manager: Caller, site: Site, sold: Creative
) -> None:
    new_slot(site, code="end")
    path = f"{PATHS['line_item']}{sold.line_item.pk}/"
    assert manager.patch(path, {"slots": ["end"]}, If_Match='"1"').json()["slots"] == ["end"]
    assert manager.patch(path, {"slots": ["end", "end"]}, If_Match='"2"')["ETag"] == '"2"'
    assert manager.patch(path, {"name": "Only the name"}, If_Match='"2"').json()["slots"] == ["end"]
    assert manager.patch(path, {"slots": []}, If_Match='"3"').json()["slots"] == []
    changes = [(entry.data["before"], entry.data["after"]) for entry in noted()]
    assert changes[0] == ({"slots": ["top"]}, {"slots": ["end"]})
    assert changes[-1] == ({"slots": ["end"]}, {"slots": []})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("line-items/?status=draft", ["B"]),
        ("line-items/?type=house", ["A"]),
        ("line-items/?slot=top", ["A"]),
        ("line-items/?slot=nowhere", []),
        ("line-items/?search=b", ["B"]),
        ("line-items/?ordering=-name", ["B", "A"]),
    ],
)
def test_line_items_are_filtered_and_ordered(
    manager: Caller, site: Site, query: str, found: list[str]
) -> None:
    new_line_item(site, new_slot(site, code="top"), name="A", type=LineItem.Type.HOUSE)
    new_line_item(site, name="B", status=LineItem.Status.DRAFT)
    assert [item["name"] for item in manager.get(ADS + query).json()["results"]] == found


def test_lists_are_filtered_by_what_they_belong_to(
    manager: Caller, site: Site, other_site: Site, sold: Creative
) -> None:
    new_creative(new_line_item(site))
    parents = {"campaign": "advertiser", "line_item": "campaign", "creative": "line_item"}
    for kind, parent in parents.items():
        mine = f"{PATHS[kind]}?{parent}={objects(sold)[parent].pk}"
        assert [entry["id"] for entry in manager.get(mine).json()["results"]] == [str(objects(sold)[kind].pk)]
        assert field_codes(manager.get(f"{PATHS[kind]}?{parent}={uuid4()}")) == {parent: "does_not_exist"}
        assert field_codes(manager.get(f"{PATHS[kind]}?{parent}=x")) == {parent: "invalid"}


@pytest.mark.parametrize("kind", PATHS)
def test_a_page_takes_the_same_queries_whatever_its_size(
    manager: Caller, site: Site, sold: Creative, kind: str
) -> None:
    manager.get(PATHS[kind])
    sites.forget()  # Else whether the site is asked for would depend on the second.
    with CaptureQueriesContext(connection) as one:
        manager.get(PATHS[kind])
    for _ in range(10):
        new_creative(new_line_item(site, new_slot(site), new_slot(site)))
    sites.forget()
    with CaptureQueriesContext(connection) as many:
        assert len(manager.get(PATHS[kind]).json()["results"]) == 11
    assert len(many) == len(one)


# --- prices, and what a line item is -----------------------------------------------------------------------
def item_body(creative: Creative, **fields: Any) -> dict[str, Any]:
    return bodies(creative)["line_item"] | fields


def test_money_is_whole_micros(manager: Caller, sold: Creative) -> None:
    priced = item_body(
        sold, price_model="cpm", price_micros=8_500_000, goal=100_000, budget_micros=850_000_000,
        daily_cap_micros=50_000_000, pacing="front_loaded",
    )  # fmt: skip
    made = manager.post(PATHS["line_item"], priced)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in priced} == priced
    assert LineItem.objects.get(pk=made.json()["id"]).booked_micros == 850_000_000


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"type": "house", "price_micros": 1}, {"price_micros": "house_is_free"}),
        ({"budget_micros": 5, "daily_cap_micros": 6}, {"daily_cap_micros": "above_budget"}),
        ({"goal": 0}, {"goal": "min_value"}),
        ({"price_micros": -1}, {"price_micros": "min_value"}),
        ({"price_micros": 1.5}, {"price_micros": "invalid"}),
        ({"price_model": "cpa"}, {"price_model": "invalid_choice"}),
        ({"pacing": "slow"}, {"pacing": "invalid_choice"}),
        ({"status": "live"}, {"status": "set_by_dates"}),
    ],
)
def test_prices_that_contradict_each_other_are_named(
    manager: Caller, sold: Creative, fields: dict[str, Any], codes: dict[str, str]
) -> None:
    assert field_codes(manager.post(PATHS["line_item"], item_body(sold, **fields))) == codes


def test_dates_make_it_live_and_done_and_people_the_rest(manager: Caller, sold: Creative) -> None:
    made = manager.post(PATHS["line_item"], item_body(sold))
    path = made["Location"]

    def move(status: str) -> Any:
        answer = manager.patch(path, {"status": status}, If_Match="*")
        return answer.json()["status"] if answer.status_code == 200 else field_codes(answer)["status"]

    assert [move(status) for status in ("review", "paused", "ready")] == ["review", "not_from_here", "live"]
    assert manager.get(f"{PATHS['line_item']}?status=live").json()["results"][-1]["status"] == "live"
    assert [move(status) for status in ("draft", "live", "paused", "ready")] == [
        "not_from_here", "live", "paused", "live",
    ]  # fmt: skip
    campaign = sold.line_item.campaign
    Campaign.objects.filter(pk=campaign.pk).update(ends_at=campaign.starts_at + timedelta(microseconds=1))
    assert manager.get(path).json()["status"] == "done"
    assert [move(status) for status in ("ready", "paused", "done")] == ["done", "not_from_here", "done"]
    done = manager.get(f"{PATHS['line_item']}?status=done").json()["results"]
    assert made.json()["id"] in {item["id"] for item in done}
    assert manager.get(f"{PATHS['line_item']}?status=live").json()["results"] == []


def test_two_of_one_group_never_stand_on_the_same_page(site: Site) -> None:
    slots = [new_slot(site, position=position) for position in ("article_top", "article_bottom")]
    article = new_article(site)
    for _ in range(2):
        item = new_line_item(site, *slots)
        new_creative(item)
        new_creative(item)
        Advertiser.objects.filter(pk=item.campaign.advertiser_id).update(competitor_group="dealers")
    for seed in range(20):
        filled = filled_on(article, seed=seed)
        assert len({sponsor_of(slot) for slot in filled.values()}) == 1
        assert all(slot.creative for slot in filled.values())
