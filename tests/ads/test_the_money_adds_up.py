"""Events, accounts and budgets agree to the micro, whatever is limited, however many count at once."""

from __future__ import annotations

import threading
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from ads.delivery.events import Visit, count_event
from ads.delivery.models import AdDecision, AdEvent, Spend, UncountedEvent
from ads.delivery.reconciling import differences
from ads.models import Campaign, Creative, LineItem
from articles.models import Article, Site
from articles.services import set_sensitivity
from tests.ads.conftest import Caller, field_codes, new_article, new_creative, new_line_item, new_slot

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


def seen(article: Article) -> str:
    return count_event(decided(article), "impression", READER, at=timezone.now())


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["budget_micros", "daily_cap_micros", "campaign"])
def test_a_limit_that_comes_later_counts_what_was_spent_before(site: Site, limit: str) -> None:
    article, _ = make_article(site), make_sold(site)
    waiting = [decided(article) for _ in range(5)]
    now = timezone.now()
    assert [count_event(row, "impression", READER, at=now) for row in waiting[:2]] == ["", ""]
    if limit == "campaign":
        Campaign.objects.update(budget_micros=25_500)
    else:
        LineItem.objects.update(**{limit: 25_500})
    late = [
        count_event(AdDecision.objects.get(pk=row.pk), "impression", READER, at=now) for row in waiting[2:]
    ]
    assert late == ["", "over_budget", "over_budget"]
    assert set(Spend.objects.values_list("settled_micros", flat=True)) == {25_500}
    assert differences() == []


@pytest.mark.django_db
def test_a_price_is_whole_micros_per_impression(manager: Caller, site: Site) -> None:
    path = f"/api/v1/ads/line-items/{make_sold(site).line_item_id}/"
    assert field_codes(manager.patch(path, {"price_micros": 8_500_001}, If_Match="*")) == {
        "price_micros": "not_whole"
    }
    assert manager.patch(path, {"price_micros": 8_501_000}, If_Match="*").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE delivery_spend SET settled_micros = 8501 WHERE key LIKE 'item:%%'", "the account says 8501"),
        ("DELETE FROM delivery_spend WHERE key LIKE 'day:%%'", "the account says 0"),
        ("DELETE FROM delivery_adevent", "events say 0"),
        ("UPDATE ads_lineitem SET budget_micros = 8499", "spent 8500 of a budget of 8499"),
    ],
)
def test_any_difference_is_named_and_alarms(site: Site, statement: str, words: str) -> None:
    article, _ = make_article(site), make_sold(site)
    assert seen(article) == ""
    out = StringIO()
    call_command("reconcile_ads", stdout=out)
    assert out.getvalue() == "1 events and every budget agree.\n"
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("%%", "%"))
    with pytest.raises(CommandError):
        call_command("reconcile_ads", stdout=out)
    assert words in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_never_spend_more_than_there_is(site: Site, settings: Any) -> None:
    article, sold = make_article(site), make_sold(site)
    waiting = [decided(article) for _ in range(40)]
    LineItem.objects.filter(pk=sold.line_item_id).update(budget_micros=8_500 * 10, daily_cap_micros=8_500 * 9)
    start = threading.Barrier(8)

    def count(rows: list[AdDecision]) -> None:
        start.wait()
        try:
            for row in rows:
                fresh = AdDecision.objects.select_related("site", "line_item__campaign").get(pk=row.pk)
                count_event(fresh, "impression", READER, at=timezone.now())
        finally:
            connection.close()

    # Each decision is sent by two of them.
    parts = [waiting[number % 4 :: 4] for number in range(8)]
    threads = [threading.Thread(target=count, args=(rows,)) for rows in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert AdEvent.objects.count() == 9
    assert set(Spend.objects.values_list("settled_micros", flat=True)) == {8_500 * 9}
    assert set(UncountedEvent.objects.values_list("reason", flat=True)) <= {"over_budget", "replay"}
    assert AdEvent.objects.count() + UncountedEvent.objects.count() == 80
    assert differences() == []
