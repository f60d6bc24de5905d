"""After a change only what it touches is read again, whoever made it and however."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection

from ads.delivery import loading
from ads.delivery.loading import Sold, sold_on
from ads.models import Advertiser, Campaign, Creative, LineItem
from articles.models import Site
from tests.ads.conftest import new_creative, new_line_item, new_slot

pytestmark = pytest.mark.django_db

CHANGES: dict[str, Callable[[Creative], Any]] = {
    "creative": lambda it: Creative.objects.filter(pk=it.pk).update(headline="Fresher bread"),
    "line item": lambda it: LineItem.objects.filter(pk=it.line_item_id).update(status="paused"),
    "campaign": lambda it: Campaign.objects.filter(pk=it.line_item.campaign_id).update(name="Autumn"),
    "advertiser": lambda it: Advertiser.objects.filter(pk=it.line_item.campaign.advertiser_id).update(
        tolerances={"war": "none"}
    ),
    "its slots": lambda it: it.line_item.slots.clear(),
    "nothing but the row": lambda it: connection.cursor().execute(
        "UPDATE ads_lineitem SET weight = weight WHERE id = %s", [it.line_item_id]
    ),
}


def loaded_after(site: Site, known: dict[Any, Sold]) -> tuple[list[Any], dict[Any, Sold]]:
    with patch.object(loading, "_creatives", wraps=loading._creatives) as load:
        found = sold_on(site, known)
    return load.call_args.args[0], found


@pytest.mark.parametrize("change", CHANGES)
def test_the_one_that_changed_is_loaded_and_the_others_stay(site: Site, change: str) -> None:
    slot = new_slot(site)
    changed, other = (new_creative(new_line_item(site, slot)) for _ in range(2))
    ids, known = loaded_after(site, {})
    assert ids == [changed.pk, other.pk]
    assert loaded_after(site, known)[0] == []
    CHANGES[change](changed)
    ids, found = loaded_after(site, known)
    assert ids == [changed.pk]
    assert found[other.pk] is known[other.pk]
    assert found == sold_on(site, {})


def test_what_changes_twice_in_one_transaction_is_loaded_twice(site: Site) -> None:
    sold = new_creative(new_line_item(site, new_slot(site)))
    known = sold_on(site, {})
    for status in ("paused", "ready", "paused"):
        LineItem.objects.update(status=status)
        known = sold_on(site, known)
        assert known[sold.pk].candidate.status == status


def test_what_is_switched_off_or_gone_is_left_out(site: Site, other_site: Site) -> None:
    off, gone, stays = (new_creative(new_line_item(site, new_slot(site))) for _ in range(3))
    new_creative(new_line_item(other_site, new_slot(other_site)))
    known = sold_on(site, {})
    assert list(known) == [off.pk, gone.pk, stays.pk]
    Creative.objects.filter(pk=off.pk).update(active=False)
    gone.delete()
    assert list(sold_on(site, known)) == [stays.pk]
