"""Statements: of closed periods, numbered without gaps, never changed; a link for the advertiser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from ads.delivery.models import Statement
from ads.delivery.statements import PeriodIsOpen, as_csv, make_statement, next_period, proof_token
from ads.models import Assignment, Campaign, Creative, LineItem
from articles.models import Article, Site
from articles.services import set_sensitivity
from newsroom.errors import FieldError
from tests.ads.conftest import Caller, new_article, new_creative, new_line_item, new_slot
from tests.ads.test_delivery import browse

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 3, 2), date(2026, 3, 8)


@pytest.fixture
def campaign(site: Site) -> Campaign:
    """A campaign with three impressions in its first week."""
    with time_machine.travel("2026-03-03T12:00:00Z"):
        item = new_line_item(site, new_slot(site, code="top"), price_micros=8_500_000)
        new_creative(item)
        article: Article = new_article(site)
        set_sensitivity(article=article, topic="crime", risk="low", source="editor")
        assert browse(article, 3) == 3
    Campaign.objects.update(order_number="HM-7", billing_contact="Accounts")
    return Campaign.objects.select_related("advertiser").get()


def make(campaign: Campaign, actor: Any, *, first: date = FIRST, last: date = LAST) -> Statement:
    return make_statement(campaign, first=first, last=last, actor=actor, at=timezone.now())


def test_a_statement_says_what_was_booked_and_delivered(campaign: Campaign, manager: Caller) -> None:
    made = make(campaign, manager.user)
    (row,) = made.content["rows"]
    assert (row["impressions"], row["net_micros"], made.content["net_micros"]) == (3, 25_500, 25_500)
    assert (made.content["order_number"], made.content["billing_contact"]) == ("HM-7", "Accounts")
    _, line, net = as_csv(made).splitlines()
    assert line.startswith("1,HM-7,Accounts,2026-03-02,2026-03-08,")
    assert line.endswith(",cpm,8.50,,,3,0,0,0.0255")
    assert net.endswith('"net, before tax",,,,,,,,0.0255')


def test_numbers_have_no_gaps_and_a_period_has_one_statement(campaign: Campaign, manager: Caller) -> None:
    first = make(campaign, manager.user)
    assert make(campaign, manager.user) == first
    with pytest.raises(FieldError) as refused:
        make(campaign, manager.user, first=LAST, last=LAST + timedelta(days=3))
    assert refused.value.field_code == "overlaps"
    second = make(campaign, manager.user, first=LAST + timedelta(days=1), last=LAST + timedelta(days=7))
    assert (first.number, second.number) == (1, 2)
    assert second.content["net_micros"] == 0


def test_a_period_must_be_over_and_end_after_it_starts(campaign: Campaign, manager: Caller) -> None:
    today = timezone.now().date()
    with pytest.raises(PeriodIsOpen):
        make(campaign, manager.user, last=today)
    with pytest.raises(FieldError):
        make(campaign, manager.user, first=LAST, last=FIRST)


@pytest.mark.parametrize(
    "statement", ["UPDATE delivery_statement SET number = 9", "DELETE FROM delivery_statement"]
)
def test_the_database_refuses_every_change(campaign: Campaign, manager: Caller, statement: str) -> None:
    make(campaign, manager.user)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Statement.objects.get().number == 1


def test_the_next_period_is_all_that_is_over_and_on_no_statement(campaign: Campaign, manager: Caller) -> None:
    Campaign.objects.update(starts_at="2026-03-02T00:00:00Z", ends_at="2026-04-01T00:00:00Z")
    campaign.refresh_from_db()
    now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    assert next_period(campaign, at=now) == (FIRST, date(2026, 3, 19))
    make(campaign, manager.user)
    assert next_period(campaign, at=now) == (date(2026, 3, 9), date(2026, 3, 19))
    assert next_period(campaign, at=now + timedelta(days=90)) == (date(2026, 3, 9), date(2026, 3, 31))
    assert next_period(campaign, at=datetime(2026, 3, 9, 12, tzinfo=UTC)) is None


def test_later_changes_do_not_rewrite_it(campaign: Campaign, manager: Caller) -> None:
    made = make(campaign, manager.user)
    LineItem.objects.update(name="Other", price_micros=1)
    Campaign.objects.update(name="Other")
    assert Statement.objects.get().content == made.content


def test_it_is_made_and_read_in_the_admin(campaign: Campaign, manager: Caller, site: Site) -> None:
    desk = signed_in(manager)
    period = {"first_day": FIRST.isoformat(), "last_day": LAST.isoformat()}
    response = desk.post(f"/admin/ads/campaigns/{campaign.pk}/statement/", period)
    made = Statement.objects.get()
    assert response["Location"] == f"/admin/ads/statements/{made.pk}/"
    assert "HM-7" in desk.get(response["Location"]).content.decode()
    table = desk.get(f"{response['Location']}?format=csv")
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    item = Creative.objects.get().line_item_id
    assert "Statement 1" in desk.get(f"/admin/ads/delivery/{item}/").content.decode()


def test_the_advertiser_reads_one_by_its_link_alone(campaign: Campaign, manager: Caller) -> None:
    made = make(campaign, manager.user)
    token = proof_token(made)
    page = Client().get(f"/statements/{token}/")
    assert "HM-7" in page.content.decode()
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == ("no-store", "noindex")
    assert Client().post(f"/statements/{token}/").status_code == 405
    for wrong in (token[:-1], "x", f"{made.pk.hex}.x.y", token.replace(".", "", 1)):
        assert Client().get(f"/statements/{wrong}/").status_code == 404


def test_outsiders_make_and_read_none(
    campaign: Campaign, manager: Caller, other_site: Site, caller: Callable[..., Caller]
) -> None:
    made = make(campaign, manager.user)
    theirs = signed_in(caller("ad manager", sites=(other_site,)))
    period = {"first_day": FIRST.isoformat(), "last_day": FIRST.isoformat()}
    assert theirs.get(f"/admin/ads/statements/{made.pk}/").status_code == 404
    assert theirs.post(f"/admin/ads/campaigns/{campaign.pk}/statement/", period).status_code == 404
    editor = signed_in(caller("editor"))
    assert editor.post(f"/admin/ads/campaigns/{campaign.pk}/statement/", period).status_code == 403
    assert Statement.objects.count() == 1


def signed_in(who: Caller) -> Client:
    who.user.is_staff = True
    who.user.save()
    client = Client()
    client.force_login(who.user)
    return client


def test_a_campaign_on_a_statement_stays(site: Site, manager: Caller) -> None:
    item = new_line_item(site)
    make(item.campaign, manager.user)
    campaign = item.campaign
    item.delete()
    answer = manager.delete(f"/api/v1/ads/campaigns/{campaign.pk}/", If_Match="*")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert Campaign.objects.filter(pk=campaign.pk).exists()


STATEMENTS = "/api/v1/ads/statements/"


def test_it_is_made_and_read_over_the_api(campaign: Campaign, manager: Caller) -> None:
    body = {"campaign": str(campaign.pk), "first_day": "2026-03-02", "last_day": "2026-03-08"}
    made = manager.post(STATEMENTS, body)
    assert made.status_code == 201
    assert manager.post(STATEMENTS, body).status_code == 200
    read = manager.get(made["Location"])
    assert read.json() == made.json()
    assert (read.json()["net_micros"], read.json()["order_number"]) == (25_500, "HM-7")
    assert [one["number"] for one in manager.get(STATEMENTS).json()["results"]] == [1]
    assert manager.get(f"{STATEMENTS}?campaign={campaign.pk}").json()["results"][0]["number"] == 1
    assert "HM-7" in Client().get(read.json()["proof_path"]).content.decode()
    table = manager.get(f"{made['Location']}?format=csv")
    assert table.content.decode().splitlines()[-1].endswith(",0.0255")


def test_an_open_period_and_wrong_days_are_refused_over_the_api(campaign: Campaign, manager: Caller) -> None:
    body = {"campaign": str(campaign.pk), "first_day": "2026-03-02", "last_day": "2026-03-08"}
    assert manager.post(STATEMENTS, body | {"last_day": "2199-01-01"}).json()["code"] == "period_is_open"
    for wrong in ({"first_day": "2026-03-09"}, {"last_day": 5}, {"first_day": "1999-12-31"}, {"more": 1}):
        assert manager.post(STATEMENTS, body | wrong).status_code == 400, wrong
    assert not Statement.objects.exists()


def test_an_advertiser_reads_its_own_statements_and_nobody_elses(
    campaign: Campaign, site: Site, other_site: Site, manager: Caller, caller: Callable[..., Caller]
) -> None:
    made = make(campaign, manager.user)
    path = f"{STATEMENTS}{made.pk}/"
    own, rival = caller("advertiser"), caller("advertiser")
    Assignment.objects.create(user=own.user, site=site, advertiser=campaign.advertiser)
    Assignment.objects.create(user=rival.user, site=site, advertiser=new_line_item(site).campaign.advertiser)
    assert own.get(path).json()["number"] == 1
    assert own.post(STATEMENTS, {}).status_code == 403
    assert rival.get(path).status_code == rival.get(f"{path}?format=csv").status_code == 404
    assert rival.get(STATEMENTS).json()["results"] == []
    assert rival.get(f"{STATEMENTS}?campaign={campaign.pk}").status_code == 400  # As one that never was.
    theirs = caller("ad manager", sites=(other_site,))
    assert theirs.get(path).status_code == theirs.get(f"{path}?site=tribune").status_code == 404
    assert theirs.get(STATEMENTS).json()["results"] == []
    assert caller("editor").post(STATEMENTS, {}).status_code == 403
