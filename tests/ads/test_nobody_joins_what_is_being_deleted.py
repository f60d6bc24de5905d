"""Joining something while somebody deletes it: one of the two is told, and nothing is left half done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from ads.models import Advertiser, Campaign, LineItem, Slot
from articles.models import Site
from tests.ads.conftest import SLOTS, Caller, new_line_item, new_slot

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 8


def both(first: object, second: object) -> list[int]:
    """The statuses of two calls made at once."""

    def run(call: object) -> int:
        try:
            return int(call().status_code)  # type: ignore[operator]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, (first, second)))


def test_a_slot_is_deleted_or_joined_never_both(site: Site, manager: Caller) -> None:
    for number in range(ROUNDS):
        slot = new_slot(site, code=f"slot-{number}")
        item = new_line_item(site)
        statuses = both(
            lambda slot=slot: manager.delete(f"{SLOTS}{slot.pk}/", If_Match="*"),
            lambda item=item, slot=slot: manager.patch(
                f"/api/v1/ads/line-items/{item.pk}/", {"slots": [slot.code]}, If_Match="*"
            ),
        )
        assert statuses in ([204, 400], [409, 200])
        assert Slot.objects.filter(pk=slot.pk).exists() == (statuses[0] == 409)
        assert LineItem.objects.get(pk=item.pk).slots.count() == (1 if statuses[1] == 200 else 0)


def test_an_advertiser_is_deleted_or_gets_its_campaign_never_both(site: Site, manager: Caller) -> None:
    for number in range(ROUNDS):
        advertiser = Advertiser.objects.create(site=site, name=f"Advertiser {number}")
        body = {"advertiser": str(advertiser.pk), "name": "Week", "starts_at": "2026-01-01T00:00:00Z"}
        statuses = both(
            lambda advertiser=advertiser: manager.delete(
                f"/api/v1/ads/advertisers/{advertiser.pk}/", If_Match="*"
            ),
            lambda body=body: manager.post("/api/v1/ads/campaigns/", body),
        )
        assert statuses in ([204, 400], [409, 201])
        assert Campaign.objects.filter(advertiser_id=advertiser.pk).count() == (statuses[1] == 201)
