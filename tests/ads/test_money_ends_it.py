"""A line item whose money is spent is done, as one whose time is over; with more of it, it is live again."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ads.models import Campaign, LineItem
from articles.models import Site
from tests.ads.conftest import Caller, field_codes, fold_all
from tests.ads.test_delivery_pages import signed_in
from tests.ads.test_the_money_adds_up import make_article, make_sold, seen

ITEMS = "/api/v1/ads/line-items/"


@pytest.fixture
def item(site: Site) -> LineItem:
    """Two impressions of 8,500 micros each."""
    article, sold = make_article(site), make_sold(site)
    assert [seen(article), seen(article)] == ["", ""]
    fold_all()
    return sold.line_item


def listed(manager: Caller, status: str) -> int:
    return len(manager.get(f"{ITEMS}?status={status}").json()["results"])


@pytest.mark.django_db(transaction=True)
def test_a_spent_budget_makes_it_done_until_it_is_raised(manager: Caller, item: LineItem) -> None:
    path = f"{ITEMS}{item.pk}/"
    assert manager.get(path).json()["status"] == "live"
    for limits, status in (
        ({"budget_micros": 25_499}, "done"),  # Room for two events and nearly a third.
        ({"budget_micros": 25_500}, "live"),
        ({"budget_micros": None}, "live"),
        ({"price_model": "flat", "price_micros": 17_000, "goal": 2}, "done"),
        ({"price_model": "flat", "price_micros": 25_500, "goal": 3}, "live"),
    ):
        assert manager.patch(path, limits, If_Match="*").json()["status"] == status, limits
        assert manager.get(path).json()["status"] == status
        assert (listed(manager, "done"), listed(manager, "live")) == (status == "done", status == "live")
    Campaign.objects.update(budget_micros=17_000)
    assert manager.get(path).json()["status"] == "done"
    refused = manager.patch(path, {"status": "paused"}, If_Match="*")
    assert field_codes(refused) == {"status": "not_from_here"}


@pytest.mark.django_db(transaction=True)
def test_lists_and_pages_say_it_without_asking_for_each(
    manager: Caller, item: LineItem, django_assert_max_num_queries: Any
) -> None:
    LineItem.objects.update(budget_micros=17_000)
    with django_assert_max_num_queries(9) as counted:
        assert [one["status"] for one in manager.get(ITEMS).json()["results"]] == ["done"]
    for number in range(5):
        LineItem.objects.create(
            campaign=item.campaign, name=f"More {number}", status="ready", budget_micros=1, price_micros=1_000
        )
    with django_assert_max_num_queries(len(counted)):
        assert len(manager.get(ITEMS).json()["results"]) == 6
    desk: Client = signed_in(manager)
    assert "<td>done</td>" in desk.get("/admin/ads/delivery/").content.decode()
    assert ">done<" in desk.get("/admin/ads/lineitem/").content.decode()
