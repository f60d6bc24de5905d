"""Events, accounts and budgets agree to the micro, whatever is limited, however many count at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from ads.delivery import ledger
from ads.delivery.events import Visit, count_event, shown_decision
from ads.delivery.models import AdDecision, AdEvent, Lease, Rollup, Spend, UncountedEvent
from ads.delivery.reconciling import differences
from ads.delivery.reports import report
from ads.delivery.rollups import fold
from ads.models import Campaign, Creative, LineItem
from articles.models import Article, Site
from articles.services import set_sensitivity
from tests.ads.conftest import (
    Caller,
    field_codes,
    fold_all,
    new_article,
    new_creative,
    new_line_item,
    new_slot,
    wait_for_older_transactions,
)

READER = Visit("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")


def make_article(site: Site) -> Article:
    found = new_article(site)
    set_sensitivity(article=found, topic="crime", risk="low", source="editor")
    return found


def make_sold(site: Site) -> Creative:
    return new_creative(new_line_item(site, new_slot(site, code="top"), price_micros=8_500_000))


def decided(article: Article) -> AdDecision:
    body = {"article": article.slug, "slots": ["top"], "view": str(uuid4())}
    Client().post("/api/v1/ads/decisions/", body, content_type="application/json")
    return AdDecision.objects.latest("id")


def count(row: AdDecision) -> str:
    shown = shown_decision(row.pk)
    assert shown is not None
    return count_event(shown, "impression", READER, at=timezone.now())


def seen(article: Article) -> str:
    return count(decided(article))


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["budget_micros", "daily_cap_micros", "campaign"])
def test_a_limit_that_comes_later_counts_what_was_spent_before(site: Site, limit: str) -> None:
    article, _ = make_article(site), make_sold(site)
    waiting = [decided(article) for _ in range(5)]
    assert [count(row) for row in waiting[:2]] == ["", ""]
    if limit == "campaign":
        Campaign.objects.update(budget_micros=25_500)
    else:
        LineItem.objects.update(**{limit: 25_500})
    late = [count(row) for row in waiting[2:]]
    assert late == ["", "over_budget", "over_budget"]
    assert sum(AdEvent.objects.values_list("revenue_micros", flat=True)) == 25_500


@pytest.mark.django_db
def test_a_price_is_whole_micros_per_impression(manager: Caller, site: Site) -> None:
    path = f"/api/v1/ads/line-items/{make_sold(site).line_item_id}/"
    assert field_codes(manager.patch(path, {"price_micros": 8_500_001}, If_Match="*")) == {
        "price_micros": "not_whole"
    }
    assert manager.patch(path, {"price_micros": 8_501_000}, If_Match="*").status_code == 200


CORRUPTIONS = [
    ("UPDATE delivery_spend SET settled_micros = 8501 WHERE key LIKE 'item:%'", "the account says 8501"),
    ("DELETE FROM delivery_spend WHERE key LIKE 'day:%'", "the account says 0"),
    ("UPDATE delivery_spend SET reserved_micros = 1 WHERE key LIKE 'item:%'", "leases hold"),
    ("UPDATE delivery_rollup SET number = 2 WHERE measure = 'impression'", "the roll-up says 2"),
    ("UPDATE delivery_rollup SET micros = 8501 WHERE measure = 'impression'", "the roll-up says 8501"),
    ("DELETE FROM delivery_adevent", "events say 0, the roll-up says 1"),
]


@pytest.mark.django_db(transaction=True)
def test_any_difference_is_named_and_rebuilding_mends_it(site: Site) -> None:
    article, _ = make_article(site), make_sold(site)
    assert seen(article) == ""
    agree = "events, roll-ups, ledger and every budget agree.\n"
    out = StringIO()
    wait_for_older_transactions()
    call_command("reconcile_ads", stdout=out)
    assert out.getvalue() == f"1 {agree}"
    for statement, words in CORRUPTIONS:
        with connection.cursor() as cursor:
            cursor.execute(statement)
        out = StringIO()
        wait_for_older_transactions()
        with pytest.raises(CommandError):
            call_command("reconcile_ads", stdout=out)
        assert words in out.getvalue(), statement
        wait_for_older_transactions()
        call_command("reconcile_ads", "--rebuild", stdout=out)
        assert out.getvalue().endswith(agree)
    LineItem.objects.update(budget_micros=8_499)
    assert [str(one) for one in differences()] == []  # Nothing was spent, after the last one.


@pytest.mark.django_db(transaction=True)
def test_a_limit_below_what_was_spent_is_said(site: Site) -> None:
    article, sold = make_article(site), make_sold(site)
    assert seen(article) == ""
    fold_all()
    LineItem.objects.update(budget_micros=8_499)
    (found,) = differences()
    assert str(found) == f"item:{sold.line_item_id}: spent 8500 of a limit of 8499 micros"


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_never_spend_more_than_there_is(site: Site, settings: Any) -> None:
    article, sold = make_article(site), make_sold(site)
    waiting = [decided(article) for _ in range(40)]
    LineItem.objects.filter(pk=sold.line_item_id).update(budget_micros=8_500 * 10, daily_cap_micros=8_500 * 9)
    start = threading.Barrier(8)

    def count_all(rows: list[AdDecision]) -> None:
        start.wait()
        try:
            for row in rows:
                count(row)
        finally:
            connection.close()

    # Each decision is sent by two of them.
    parts = [waiting[number % 4 :: 4] for number in range(8)]
    threads = [threading.Thread(target=count_all, args=(rows,)) for rows in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert AdEvent.objects.count() == 9
    fold_all()
    assert set(Spend.objects.values_list("settled_micros", flat=True)) == {8_500 * 9}
    assert fold().rows == 0
    assert set(Spend.objects.values_list("settled_micros", flat=True)) == {8_500 * 9}
    assert set(UncountedEvent.objects.values_list("reason", flat=True)) <= {"over_budget", "replay"}
    assert AdEvent.objects.count() + UncountedEvent.objects.count() == 80
    assert differences() == []


@pytest.mark.django_db
def test_what_a_killed_process_had_reserved_comes_back(site: Site) -> None:
    article, sold = make_article(site), make_sold(site)
    LineItem.objects.filter(pk=sold.line_item_id).update(budget_micros=8_500 * 64)
    assert seen(article) == ""
    (lease,) = Lease.objects.all()
    assert lease.amount_micros == 8_500 * 4  # A 16th of what was left.
    ledger.forget()  # As if the process that held it were gone.
    assert seen(article) == ""
    assert Lease.objects.aggregate(sum=Sum("amount_micros"))["sum"] == 8_500 * (4 + 3)
    Lease.objects.update(until=timezone.now() - timedelta(seconds=1))
    ledger.forget()
    assert seen(article) == ""  # It ends the expired ones first: only what they spent is still reserved.
    held = Spend.objects.get(key=f"item:{sold.line_item_id}").reserved_micros
    assert held == Lease.objects.aggregate(sum=Sum("amount_micros"))["sum"] == 8_500 * (2 + 3)


@pytest.mark.django_db
def test_the_last_events_of_a_budget_are_reserved_one_by_one(site: Site) -> None:
    article, sold = make_article(site), make_sold(site)
    LineItem.objects.filter(pk=sold.line_item_id).update(budget_micros=8_500 * 20)
    rows = [decided(article) for _ in range(22)]
    counted = []
    for row in rows:
        ledger.forget()  # Each in a process of its own.
        counted.append(count(row))
    assert counted == [""] * 20 + ["over_budget"] * 2
    assert count(rows[0]) == "replay"
    assert Spend.objects.get(key=f"item:{sold.line_item_id}").reserved_micros == 8_500 * 20


@pytest.mark.django_db(transaction=True)
def test_folding_takes_only_what_no_running_transaction_can_add_to(site: Site) -> None:
    article, _ = make_article(site), make_sold(site)
    assert seen(article) == ""
    today = timezone.now().date()
    wait_for_older_transactions()
    other = connections.create_connection("default")
    with other.cursor() as cursor:  # It has a number and has not ended: what comes after it has to wait.
        cursor.execute("BEGIN")
        cursor.execute("SELECT pg_current_xact_id()")
    assert fold().rows == 2
    assert seen(article) == ""
    assert fold().rows == 0
    (row,) = report(site, first=today, last=today, group_by="slot")
    assert (row.requests, row.impressions, row.revenue_micros) == (2, 2, 17_000)
    other.close()
    assert fold_all().rows == 2
    assert Rollup.objects.get(measure="impression").number == 2
    (again,) = report(site, first=today, last=today, group_by="slot")
    assert again == row
    assert differences() == []
