"""From a decision to an invoiceable number: chosen, written down, counted once, within budget, explained."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import Mock
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from ads.decision import Surroundings, decide
from ads.delivery.events import Visit, count_event, shown_decision
from ads.delivery.models import AdDecision, AdEvent, Kind, UncountedEvent
from ads.delivery.reports import report
from ads.delivery.snapshots import choices_of
from ads.delivery.views import safe_cell
from ads.models import Advertiser, Campaign, Creative, LineItem, PolicyOverride
from articles.models import Article, Site
from articles.services import set_sensitivity
from newsroom.crypto import sign
from tests.ads.conftest import (
    Caller,
    event_path,
    field_codes,
    new_article,
    new_creative,
    new_line_item,
    new_slot,
    record_of,
)

pytestmark = pytest.mark.django_db

DECIDE, REPORT = "/api/v1/ads/decisions/", "/api/v1/ads/reports/"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def article(site: Site) -> Article:
    found = new_article(site)
    set_sensitivity(article=found, topic="crime", risk="low", source="editor")
    return found


@pytest.fixture
def sold(site: Site) -> Creative:
    return new_creative(new_line_item(site, new_slot(site, code="top"), price_micros=8_500_000))


def ask(article: Article, *codes: str) -> list[dict[str, Any]]:
    body = {"article": article.slug, "slots": list(codes), "view": str(uuid4())}
    response = Client().post(DECIDE, body, content_type="application/json")
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["results"]
    return found


def get(path: str, **headers: str) -> HttpResponse:
    given = {"User-Agent": BROWSER} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Client().get(path, headers=given)


def old_path(decision: UUID) -> str:
    """As pages had it until tokens carried their decisions: its id alone, for one that is written down."""
    return f"/a/i/{decision.hex}.{sign('ad-impression', decision.hex)}"


def reasons() -> list[str]:
    return list(UncountedEvent.objects.order_by("id").values_list("reason", flat=True))


# --- decisions ---------------------------------------------------------------------------------------------
def test_one_call_answers_all_slots_in_the_order_asked(article: Article, sold: Creative, site: Site) -> None:
    new_slot(site, code="bottom", position="article_bottom")
    unknown, top, bottom = ask(article, "nowhere", "top", "bottom")
    assert unknown == {"slot": "nowhere", "no_fill_reason": "unknown_slot"}
    assert bottom == {"slot": "bottom", "no_fill_reason": "no_eligible_line_item"}
    assert list(top) == [
        "slot", "decision_id", "creative", "size", "disclosure", "impression_url", "viewable_url",
        "click_url",
    ]  # fmt: skip
    assert top["creative"]["headline"] == sold.headline
    assert top["disclosure"].startswith("Advertisement · Advertiser")
    decided = list(AdDecision.objects.order_by("slot__code"))
    assert [row.no_fill_reason for row in decided] == ["no_eligible_line_item", ""]
    assert len({(row.view, row.seed) for row in decided}) == 1


def test_what_changes_is_obeyed_by_the_next_decision(article: Article, sold: Creative, site: Site) -> None:
    assert "creative" in ask(article, "top")[0]
    LineItem.objects.update(status="paused")
    assert "creative" not in ask(article, "top")[0]
    LineItem.objects.update(status="ready")
    assert "creative" in ask(article, "top")[0]
    PolicyOverride.objects.create(
        site=site, action="none", reason="News", expires_at=timezone.now() + timedelta(hours=1)
    )
    assert "creative" not in ask(article, "top")[0]


def test_around_a_decision_is_one_query_that_writes_it_down(
    article: Article, sold: Creative, django_assert_num_queries: Any, settings: Any
) -> None:
    settings.ADS_FRESH_S = 60
    ask(article, "top")
    with django_assert_num_queries(1) as captured:
        ask(article, "top")
    assert captured[0]["sql"].strip().startswith("INSERT INTO delivery_addecision")


def test_nothing_inside_a_decision_asks_the_database(article: Article, sold: Creative) -> None:
    index = choices_of(article.site).index
    with connection.execute_wrapper(Mock(side_effect=AssertionError("SQL"))):
        (choice,) = decide(index, slots=["top"], at=timezone.now(), seed=1, beside=Surroundings())
    assert choice.slot == "top"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"slots": []}, "slots"),
        ({"slots": ["a"] * 21}, "slots"),
        ({"slots": "top"}, "slots"),
        ({"view": "x"}, "view"),
        ({"device": "watch"}, "device"),
        ({"section": "sport"}, "section"),
    ],
)
def test_a_page_claims_nothing_about_itself(article: Article, body: dict[str, Any], field: str) -> None:
    sent = {"article": article.slug, "slots": ["top"], "view": str(uuid4())} | body
    response = Client().post(DECIDE, sent, content_type="application/json")
    assert set(field_codes(response)) == {field}


# --- counting ----------------------------------------------------------------------------------------------
def test_impression_viewable_and_click_count_once_each(article: Article, sold: Creative) -> None:
    (top,) = ask(article, "top")
    impression = get(top["impression_url"])
    assert (impression.status_code, impression["Cache-Control"]) == (204, "no-store")
    assert get(top["viewable_url"]).status_code == 204
    click = get(top["click_url"])
    assert (click.status_code, click["Location"]) == (302, sold.target_url)
    for name in ("impression_url", "viewable_url", "click_url"):
        get(top[name])
    assert sorted(AdEvent.objects.values_list("kind", "revenue_micros")) == [
        ("click", 0), ("impression", 8_500), ("viewable", 0),
    ]  # fmt: skip
    assert reasons() == ["replay"] * 3


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"User_Agent": ""}, "bot"),
        ({"User_Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}, "bot"),
        ({"User_Agent": "Mozilla/5.0 HeadlessChrome/120.0"}, "bot"),
        ({"User_Agent": "curl/8.5.0"}, "bot"),
        ({"User_Agent": "python-requests/2.32"}, "bot"),
        ({"Sec_Purpose": "prefetch;prerender"}, "prefetch"),
    ],
)
def test_what_is_no_reader_is_kept_with_its_reason(
    article: Article, sold: Creative, headers: dict[str, str], reason: str
) -> None:
    (top,) = ask(article, "top")
    assert get(top["impression_url"], **headers).status_code == 204
    assert reasons() == [reason]
    assert get(top["impression_url"]).status_code == 204
    assert AdEvent.objects.count() == 1


def test_staff_late_and_unseen_do_not_count(article: Article, sold: Creative, manager: Caller) -> None:
    (top,) = ask(article, "top")
    get(top["viewable_url"])
    get(top["click_url"])
    manager.user.is_staff = True
    manager.user.save()
    inside = Client()
    inside.force_login(manager.user)
    inside.get(top["impression_url"], headers={"User-Agent": BROWSER})
    with time_machine.travel(timezone.now() + timedelta(hours=2, seconds=1)):
        get(top["impression_url"])
    assert reasons() == ["no_impression", "no_impression", "staff", "expired"]
    assert not AdEvent.objects.exists()


def test_one_network_counts_so_often(article: Article, sold: Creative, settings: Any) -> None:
    settings.ADS_EVENT_RATE = "2/minute"
    for _ in range(4):
        get(ask(article, "top")[0]["impression_url"])
    assert (AdEvent.objects.count(), reasons()) == (2, ["rate"] * 2)


def test_sooner_than_anybody_could_act_does_not_count(
    article: Article, sold: Creative, settings: Any
) -> None:
    settings.ADS_EVENT_RATE = "1000/minute"
    with time_machine.travel(timezone.now(), tick=False) as clock:
        (top,) = ask(article, "top")
        get(top["impression_url"])
        clock.shift(0.29)
        get(top["click_url"])
        get(top["viewable_url"])
        assert reasons() == ["too_fast"] * 2
        clock.shift(0.72)
        get(top["click_url"])
        get(top["viewable_url"])
    assert sorted(AdEvent.objects.values_list("kind", flat=True)) == ["click", "impression", "viewable"]


def test_tokens_are_for_one_decision_and_one_kind(article: Article, sold: Creative) -> None:
    (top,) = ask(article, "top")
    token = top["impression_url"].rpartition("/")[2]
    other = old_path(uuid4())
    for path in (f"/a/c/{token}", f"/a/i/{token}x", f"/a/i/{token[1:]}", "/a/i/x", "/a/x/y", other):
        assert get(path).status_code == 404
    assert Client().post(top["impression_url"]).status_code == 405
    assert not AdEvent.objects.exists()


def test_the_day_is_that_of_the_decision(article: Article, sold: Creative) -> None:
    with time_machine.travel("2026-03-03T23:59:30Z"):
        Campaign.objects.update(starts_at=timezone.now())
        Article.objects.update(published_at=timezone.now())
        (top,) = ask(article, "top")
    with time_machine.travel("2026-03-04T00:00:30Z"):
        get(top["impression_url"])
    assert str(AdEvent.objects.get().day) == "2026-03-03"


# --- money -------------------------------------------------------------------------------------------------
def browse(article: Article, times: int) -> int:
    """How many of so many views showed an ad, each of them counted."""
    seen = 0
    for _ in range(times):
        (top,) = ask(article, "top")
        if "impression_url" in top:
            get(top["impression_url"])
            seen += 1
    return seen


@pytest.mark.parametrize("limit", ["budget_micros", "daily_cap_micros", "campaign"])
def test_no_limit_is_crossed_and_what_is_spent_is_not_chosen(
    article: Article, sold: Creative, limit: str
) -> None:
    if limit == "campaign":
        Campaign.objects.update(budget_micros=25_600)
    else:
        LineItem.objects.update(**{limit: 25_600})
    assert browse(article, 6) == 3
    assert sum(AdEvent.objects.values_list("revenue_micros", flat=True)) == 25_500
    assert AdDecision.objects.filter(no_fill_reason="no_eligible_line_item").count() == 3


def test_views_that_were_made_before_the_budget_ran_out_are_free(article: Article, sold: Creative) -> None:
    LineItem.objects.update(budget_micros=17_000)
    made = [ask(article, "top")[0]["impression_url"] for _ in range(5)]
    for path in made:
        get(path)
    assert AdEvent.objects.count() == 2
    assert reasons() == ["over_budget"] * 3
    assert sum(AdEvent.objects.values_list("revenue_micros", flat=True)) == 17_000


def test_a_flat_price_is_earned_by_impressions_up_to_its_goal(article: Article, sold: Creative) -> None:
    LineItem.objects.update(price_model="flat", price_micros=1_000_000, goal=4)
    assert browse(article, 6) == 4
    assert sum(AdEvent.objects.values_list("revenue_micros", flat=True)) == 1_000_000


def test_a_click_is_paid_where_clicks_are(article: Article, sold: Creative) -> None:
    LineItem.objects.update(price_model="cpc", price_micros=450_000)
    (top,) = ask(article, "top")
    get(top["impression_url"])
    get(top["click_url"])
    assert dict(AdEvent.objects.values_list("kind", "revenue_micros")) == {"impression": 0, "click": 450_000}


# --- why ---------------------------------------------------------------------------------------------------
def test_explain_names_each_rule_and_the_odds_and_draws_the_same_again(
    article: Article, sold: Creative, site: Site, manager: Caller
) -> None:
    slot = sold.line_item.slots.get()
    twin = new_creative(new_line_item(site, slot, weight=300))
    house = new_creative(new_line_item(site, slot, type="house"))
    paused = new_creative(new_line_item(site, slot, status="paused"))
    shy = new_creative(new_line_item(site, slot))
    Advertiser.objects.filter(pk=shy.line_item.campaign.advertiser_id).update(tolerances={"crime": "none"})
    (top,) = ask(article, "top")
    LineItem.objects.update(status="draft", weight=1)  # Later changes do not rewrite what was.
    answer = manager.get(f"{DECIDE}{top['decision_id']}/explain/").json()
    told = {row["creative"]: (row["rule"], row["odds"]) for row in answer["line_items"]}
    assert told == {
        str(sold.pk): ("", 0.25),
        str(twin.pk): ("", 0.75),
        str(house.pk): ("lower_tier", 0.0),
        str(paused.pk): ("not_ready", 0.0),
        str(shy.pk): ("sensitive_crime", 0.0),
    }
    assert answer["replayed"] is True
    assert answer["winner"] in {str(sold.line_item_id), str(twin.line_item_id)}
    assert (answer["sensitivity"], answer["thread"]) == ({"crime": "low"}, "calm")


def test_every_decision_replays(article: Article, sold: Creative, site: Site, manager: Caller) -> None:
    slots = [sold.line_item.slots.get(), new_slot(site, code="bottom", position="article_bottom")]
    for _ in range(4):
        new_creative(new_line_item(site, *slots))
    for _ in range(10):
        for one in ask(article, "top", "bottom"):
            assert manager.get(f"{DECIDE}{one['decision_id']}/explain/").json()["replayed"] is True


def test_another_tenants_decision_does_not_exist(
    article: Article, sold: Creative, other_site: Site, caller: Callable[..., Caller], nobody: Caller
) -> None:
    path = f"{DECIDE}{ask(article, 'top')[0]['decision_id']}/explain/"
    assert caller("ad manager", sites=(other_site,)).get(path).status_code == 404
    assert nobody.get(path).status_code == 401
    assert caller("cms").get(path).status_code == 403


# --- numbers -----------------------------------------------------------------------------------------------
def today() -> str:
    return timezone.now().date().isoformat()


def test_the_report_is_the_events(article: Article, sold: Creative, manager: Caller, site: Site) -> None:
    assert browse(article, 3) == 3
    (top,) = ask(article, "top")
    get(top["impression_url"])
    get(top["viewable_url"])
    get(top["click_url"])
    get(top["click_url"])
    PolicyOverride.objects.create(
        site=site, action="none", reason="News", expires_at=timezone.now() + timedelta(hours=1)
    )
    ask(article, "top")
    answer = manager.get(f"{REPORT}?from={today()}&to={today()}&group_by=slot").json()
    (row,) = answer["rows"]
    assert row == {
        "slot": "top", "requests": 5, "filled": 4, "fill_rate": 0.8, "impressions": 4, "measured": 4,
        "viewable": 1, "viewable_rate": 0.25, "clicks": 1, "ctr": 0.25, "ecpm_micros": 8_500_000,
        "revenue_micros": 34_000, "invalid": {"replay": 1},
    }  # fmt: skip
    assert answer["totals"] == {name: value for name, value in row.items() if name != "slot"}


@pytest.mark.parametrize(
    "group", ["hour", "day", "slot", "line_item", "creative", "advertiser", "section", "article"]
)
def test_each_grouping_adds_up(article: Article, sold: Creative, manager: Caller, group: str) -> None:
    browse(article, 2)
    answer = manager.get(f"{REPORT}?from={today()}&to={today()}&group_by={group}").json()
    assert sum(row["impressions"] for row in answer["rows"]) == answer["totals"]["impressions"] == 2
    assert all(row[group] for row in answer["rows"])


def test_nothing_to_divide_by_is_null_and_csv_runs_no_formulas(
    sold: Creative, article: Article, manager: Caller
) -> None:
    answer = manager.get(f"{REPORT}?from={today()}&to={today()}").json()
    assert answer["rows"] == []
    assert answer["totals"]["fill_rate"] is answer["totals"]["ctr"] is answer["totals"]["ecpm_micros"] is None
    Advertiser.objects.update(name="=HYPERLINK(1)")
    browse(article, 1)
    table = manager.get(f"{REPORT}?from={today()}&to={today()}&group_by=advertiser&format=csv")
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    assert table.content.decode().splitlines()[1].startswith("'=HYPERLINK(1),1,1,1.0,1,")
    assert safe_cell(-5) == -5


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("to=2026-01-01", "from"),
        ("from=2026-01-02&to=2026-01-01", "to"),
        ("from=2020-01-01&to=2026-01-01", "to"),
        ("from=2026-02-30&to=2026-03-01", "from"),
        ("from=2026-01-01&to=2026-01-01&group_by=author", "group_by"),
        ("from=2026-01-01&to=2026-01-01&format=xml", "format"),
    ],
)
def test_reports_have_bounds(manager: Caller, site: Site, query: str, field: str) -> None:
    assert set(field_codes(manager.get(f"{REPORT}?{query}"))) == {field}


def test_days_are_those_of_the_site(article: Article, sold: Creative, site: Site) -> None:
    site.time_zone = "Pacific/Auckland"
    site.save()
    with time_machine.travel("2026-07-01T18:00:00Z"):
        Campaign.objects.update(starts_at=timezone.now())
        Article.objects.update(published_at=timezone.now())
        browse(article, 1)
        first = timezone.now().date()
    (row,) = report(site, first=first, last=first + timedelta(days=1), group_by="day")
    assert row.key == "2026-07-02"


# --- the page ----------------------------------------------------------------------------------------------
def test_a_page_view_counts_without_script_and_its_click_leads_to_the_target(
    article: Article, sold: Creative
) -> None:
    page = Client().get(article.get_absolute_url()).content.decode()
    decision = AdDecision.objects.get()
    for kind in (Kind.IMPRESSION, Kind.VIEWABLE, Kind.CLICK):
        assert event_path(kind, record_of(decision)) in page
    assert sold.target_url not in page
    get(event_path(Kind.IMPRESSION, record_of(decision)))
    assert get(event_path(Kind.CLICK, record_of(decision)))["Location"] == sold.target_url
    assert AdEvent.objects.count() == 2


def test_a_decision_about_nothing_counts_nothing(article: Article, site: Site) -> None:
    new_slot(site, code="top")
    ask(article, "top")
    decision = AdDecision.objects.get()
    assert get(old_path(decision.pk)).status_code == 404
    shown = shown_decision(decision.pk)
    assert shown is not None
    assert count_event(shown, Kind.IMPRESSION, Visit(""), at=timezone.now()) == "bot"
