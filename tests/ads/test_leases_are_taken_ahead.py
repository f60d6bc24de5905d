"""Money for coming impressions is reserved before they come: where there is plenty, and never too much."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection, connections
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ads.delivery import ledger
from ads.delivery.ahead import reserve_for
from ads.delivery.events import Visit, count_event, decision_named
from ads.delivery.ledger import MOST_EVENTS, SHARE, TIGHT, Purse, reserve, take_ahead
from ads.delivery.models import AdEvent, Lease, Spend
from ads.delivery.serving import serve
from ads.delivery.showing import event_paths
from ads.models import Campaign, Creative, LineItem
from articles.models import Site
from tests.ads.conftest import new_article, new_creative, new_line_item, new_slot

READER = Visit("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
PRICE, EACH = 8_500_000, 8_500
TODAY = date(2026, 11, 23)


@pytest.fixture
def sold(site: Site) -> list[LineItem]:
    slot = new_slot(site, code="top")
    items = [new_line_item(site, slot, price_micros=PRICE) for _ in range(3)]
    for item in items:
        new_creative(item)
    return items


def purse_of(item: LineItem) -> Purse:
    return Purse(item.pk, item.campaign_id, TODAY)


def ahead(*items: LineItem) -> int:
    return take_ahead({purse_of(item): EACH for item in items})


def reserved(item: LineItem) -> dict[str, int]:
    found = Spend.objects.filter(key__in=purse_of(item).keys)
    return dict(found.values_list("key", "reserved_micros"))


@pytest.mark.django_db
def test_one_statement_takes_many_and_their_events_find_them(sold: list[LineItem]) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert ahead(*sold) == 3
        assert ahead(*sold) == 0
        leases = [reserve(purse_of(item), EACH) for item in sold]
    assert len(asked) <= 1  # A prepared one is not even noted.
    assert set(leases) == set(Lease.objects.values_list("pk", flat=True))
    for item in sold:
        assert reserved(item) == dict.fromkeys(purse_of(item).keys, MOST_EVENTS * EACH)


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["budget_micros", "daily_cap_micros", "campaign"])
def test_what_is_scarce_is_left_to_the_events_that_are_there(sold: list[LineItem], limit: str) -> None:
    """A 16th of the room: a whole lease at 16 times 16 events, none at one less."""
    scarce, enough = sold[:2]
    for item, events in ((scarce, SHARE * TIGHT - 1), (enough, SHARE * TIGHT)):
        if limit == "campaign":
            Campaign.objects.filter(pk=item.campaign_id).update(budget_micros=events * EACH)
        else:
            LineItem.objects.filter(pk=item.pk).update(**{limit: events * EACH})
    assert ahead(scarce, enough) == 1
    assert set(reserved(scarce).values()) <= {0}
    assert set(reserved(enough).values()) == {TIGHT * EACH}
    assert ahead(scarce, enough) == 0
    assert ledger.is_provided(scarce.pk)  # Not asked about with each page.
    assert reserve(purse_of(scarce), EACH) is not None


@pytest.mark.django_db
def test_room_that_others_hold_is_counted(sold: list[LineItem]) -> None:
    item = sold[0]
    LineItem.objects.filter(pk=item.pk).update(budget_micros=SHARE * TIGHT * EACH)
    for _ in range(3):  # As so many processes.
        ahead(item)
        ledger.forget()
    assert Lease.objects.count() == 1
    assert Lease.objects.aggregate(all=Sum("amount_micros"))["all"] == TIGHT * EACH


@pytest.mark.django_db
def test_two_line_items_of_a_campaign_are_not_given_the_same_room(site: Site, sold: list[LineItem]) -> None:
    LineItem.objects.filter(pk=sold[1].pk).update(campaign=sold[0].campaign_id)
    Campaign.objects.filter(pk=sold[0].campaign_id).update(budget_micros=SHARE * TIGHT * EACH)
    both = [Purse(item.pk, sold[0].campaign_id, TODAY) for item in sold[:2]]
    wanted = dict.fromkeys(both, EACH)
    assert take_ahead(wanted) == 1
    assert take_ahead(wanted) == 0


@pytest.mark.django_db
def test_who_has_leases_to_be_closed_first_and_who_is_gone_are_passed_over(sold: list[LineItem]) -> None:
    late, gone, moved = sold
    ahead(late)
    ledger.forget()
    Lease.objects.update(until=timezone.now() - timedelta(seconds=1))
    Creative.objects.filter(line_item=gone).delete()
    LineItem.objects.filter(pk=gone.pk).delete()
    LineItem.objects.filter(pk=moved.pk).update(campaign=late.campaign_id)
    assert ahead(late, gone, moved) == 0
    assert Lease.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_is_being_changed_is_not_waited_for(sold: list[LineItem]) -> None:
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("UPDATE ads_lineitem SET name = 'New' WHERE id = %s", [sold[0].pk])
        assert ahead(*sold) == 2
        assert not Lease.objects.filter(line_item_id=sold[0].pk).exists()
    finally:
        other.close()


@pytest.mark.django_db
def test_impressions_of_what_was_chosen_find_their_money(site: Site) -> None:
    new_creative(new_line_item(site, new_slot(site, code="top"), price_micros=PRICE))
    (one,) = serve(new_article(site), ["top"], at=timezone.now())
    assert one.decision is not None
    assert reserve_for([one.decision, one.decision._replace(price_model="cpc")]) == 1
    assert reserve_for([one.decision]) == 0
    lease = Lease.objects.get()
    shown = decision_named("impression", event_paths(one.decision).impression.removeprefix("/a/i/"))
    assert shown is not None
    assert count_event(shown, "impression", READER, at=timezone.now()) == ""
    assert AdEvent.objects.get().lease == lease.pk
    assert Lease.objects.count() == 1
