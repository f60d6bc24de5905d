"""Decisions are written behind the answers: none that was shown is lost, and each is explained at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from ads.delivery import explaining, serving, writing
from ads.delivery.models import AdDecision, AdEvent, Circumstance, Kind, UncountedEvent
from ads.delivery.records import Record, brought, carried, signed, write
from ads.delivery.serving import serve
from ads.delivery.writing import Writer
from ads.models import Creative
from articles.models import Article, Site
from tests.ads.conftest import (
    Caller,
    event_path,
    new_article,
    new_creative,
    new_line_item,
    new_slot,
    record_of,
)

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def article(site: Site) -> Article:
    return new_article(site)


@pytest.fixture
def sold(site: Site) -> Creative:
    return new_creative(new_line_item(site, new_slot(site, code="top"), price_micros=8_500_000))


@pytest.fixture
def lost(article: Article, sold: Creative) -> Record:
    """A decision that a page has got, and that nobody wrote down: its process was killed."""
    with patch.object(serving.writer, "put"):
        (one,) = serve(article, ["top"], at=timezone.now())
    assert one.decision is not None
    assert not AdDecision.objects.exists()
    return one.decision


def get(path: str, **headers: str) -> int:
    status: int = Client().get(path, headers={"User-Agent": BROWSER, **headers}).status_code
    return status


# --- what tokens carry -------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_token_carries_the_whole_decision(article: Article, sold: Creative) -> None:
    (one,) = serve(article, ["top"], at=timezone.now())
    row = AdDecision.objects.get()
    assert one.decision == record_of(row)
    beside = record_of(row)._replace(neighbours=(row.pk, sold.pk), held="0f" * 16, place=7)
    for record in (record_of(row), beside):
        token = signed(carried(record))[2]
        assert brought(Kind.CLICK, token) == record
        assert len(event_path(Kind.CLICK, record)) < 400
        assert brought(Kind.IMPRESSION, token) is None
        text, _, signature = token.partition(".")
        assert brought(Kind.CLICK, f"{'B' if text[0] == 'A' else 'A'}{text[1:]}.{signature}") is None


@pytest.mark.django_db
def test_an_event_brings_its_decision_back_and_is_paid_and_explained(lost: Record, manager: Caller) -> None:
    assert get(event_path(Kind.IMPRESSION, lost)) == 204
    assert get(event_path(Kind.IMPRESSION, lost)) == 204
    assert get(event_path(Kind.CLICK, lost)) == 302
    assert record_of(AdDecision.objects.get()) == lost
    assert sorted(AdEvent.objects.values_list("kind", "revenue_micros")) == [
        ("click", 0),
        ("impression", 8_500),
    ]
    assert list(UncountedEvent.objects.values_list("reason", flat=True)) == ["replay"]
    told = manager.get(f"/api/v1/ads/decisions/{lost.pk}/explain/").json()
    assert told["replayed"] is True
    assert told["winner"] == str(lost.line_item)


@pytest.mark.django_db
def test_what_does_not_count_brings_its_decision_back_too(lost: Record) -> None:
    assert get(event_path(Kind.CLICK, lost)) == 302
    assert get(event_path(Kind.IMPRESSION, lost), **{"User-Agent": "Googlebot/2.1"}) == 204
    assert list(UncountedEvent.objects.order_by("id").values_list("reason", flat=True)) == [
        "no_impression",
        "bot",
    ]
    assert AdDecision.objects.count() == 1


@pytest.mark.django_db
def test_what_is_two_hours_old_and_gone_stays_gone(lost: Record) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=2, seconds=1)):
        assert get(event_path(Kind.IMPRESSION, lost)) == 204
        assert get(event_path(Kind.CLICK, lost)) == 302
    assert not AdDecision.objects.exists()
    assert not UncountedEvent.objects.exists()


@pytest.mark.django_db
def test_a_click_follows_the_stored_target_where_its_creative_is_no_longer_chosen(
    lost: Record, sold: Creative
) -> None:
    Creative.objects.update(active=False, target_url="https://bakery.example.com/moved")
    answer = Client().get(event_path(Kind.CLICK, lost), headers={"User-Agent": BROWSER})
    assert answer["Location"] == "https://bakery.example.com/moved"
    Creative.objects.all().delete()
    assert get(event_path(Kind.CLICK, lost)) == 404


# --- the writer --------------------------------------------------------------------------------------------
@pytest.fixture
def behind(monkeypatch: Any) -> Iterator[Callable[..., Writer]]:
    """A writer in place of the process's own, that writes behind."""
    made: list[Writer] = []

    def make(**options: Any) -> Writer:
        writer = Writer(**options)
        writer.start()
        made.append(writer)
        for module in (serving, explaining, writing):
            monkeypatch.setattr(module, "writer", writer)
        return writer

    yield make
    for writer in made:
        writer.stop()


@pytest.mark.django_db(transaction=True)
def test_who_explains_a_decision_of_this_moment_waits_for_it(
    article: Article, sold: Creative, manager: Caller, behind: Callable[..., Writer]
) -> None:
    behind(every_s=60.0)
    (one,) = serve(article, ["top"], at=timezone.now())
    assert one.decision is not None
    assert not AdDecision.objects.exists()
    answer = manager.get(f"/api/v1/ads/decisions/{one.decision.pk}/explain/")
    assert answer.json()["replayed"] is True


@pytest.mark.django_db(transaction=True)
def test_a_warm_page_asks_the_database_nothing_before_its_answer(
    article: Article,
    sold: Creative,
    behind: Callable[..., Writer],
    settings: Any,
    django_assert_num_queries: Any,
) -> None:
    settings.ADS_FRESH_S = 60
    writer = behind(every_s=60.0)
    serve(article, ["top"], at=timezone.now())
    with django_assert_num_queries(0):
        serve(article, ["top"], at=timezone.now())
    writer.stop()  # A process that ends gracefully writes what waits.
    assert AdDecision.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_event_that_comes_first_changes_nothing(
    article: Article, sold: Creative, behind: Callable[..., Writer]
) -> None:
    writer = behind(every_s=60.0)
    shown = [serve(article, ["top"], at=timezone.now())[0].decision for _ in range(3)]
    assert shown[1] is not None
    assert get(event_path(Kind.IMPRESSION, shown[1])) == 204
    assert [record_of(row) for row in AdDecision.objects.all()] == [shown[1]]
    assert writer.flush(within_s=30)
    assert [record_of(row) for row in AdDecision.objects.order_by("id")] == sorted(
        filter(None, shown), key=lambda record: record.pk
    )


@pytest.mark.django_db(transaction=True)
def test_what_waits_is_tried_again_until_the_database_is_back(
    article: Article, sold: Creative, behind: Callable[..., Writer], monkeypatch: Any
) -> None:
    monkeypatch.setattr(writing, "AGAIN_AFTER_S", 0.01)
    writer = behind(every_s=0.01, most_waiting=2)
    with patch.object(writing, "write", side_effect=OperationalError("away")) as failing:
        serve(article, ["top"], at=timezone.now())
        assert not writer.flush(within_s=0.2)
        assert failing.call_count > 1
        serve(article, ["top"], at=timezone.now())
        with pytest.raises(OperationalError):  # No room: this page has to write, and cannot.
            serve(article, ["top"], at=timezone.now())
    assert writer.flush(within_s=30)
    assert AdDecision.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_that_the_database_refuses_keeps_no_other_waiting(
    article: Article, sold: Creative, behind: Callable[..., Writer]
) -> None:
    writer = behind(every_s=60.0)
    (one,) = serve(article, ["top"], at=timezone.now())
    assert one.decision is not None
    writer.put([one.decision._replace(pk=sold.pk, place=70_000)])
    serve(article, ["top"], at=timezone.now())
    assert writer.flush(within_s=30)
    assert AdDecision.objects.count() == 2


# --- what they were made on --------------------------------------------------------------------------------
@pytest.mark.django_db
def test_what_many_decisions_were_made_on_is_kept_once(article: Article, sold: Creative) -> None:
    for _ in range(5):
        serve(article, ["top"], at=timezone.now())
    assert len(set(AdDecision.objects.values_list("page", flat=True))) == 1
    (kept,) = Circumstance.objects.all()
    assert kept.content["slots"] == ["top"]
    assert {(str(row.context), row.held) for row in AdDecision.objects.all()} == {("{}", "")}


@pytest.mark.django_db
def test_writing_twice_adds_nothing(lost: Record) -> None:
    assert write([lost, lost._replace(pk=lost.view)]) == 2
    assert write([lost]) == 0
    assert AdDecision.objects.count() == 2
