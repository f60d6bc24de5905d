"""Ads between comments: where they stand, for whom, and what is given back when a neighbour was vile."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from ads.delivery.credits import credit_beside_removed, take_back_beside, take_back_beside_restored
from ads.delivery.models import AdDecision, Credit, Statement
from ads.delivery.statements import as_csv, make_statement
from ads.models import Campaign, LineItem, Slot
from ads.thread_places import Roots, gaps
from articles.models import Article
from articles.services import set_sensitivity
from comments.models import Comment
from comments.reports.models import Report
from moderation.models import ThreadState
from newsroom.audit.models import AuditEntry
from tests.ads.conftest import new_creative, new_line_item, new_slot
from tests.pages.conftest import Newspaper, make_newspaper

pytestmark = pytest.mark.django_db
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


@pytest.fixture
def paper(db: None) -> Newspaper:
    return make_newspaper()


@pytest.fixture
def thread(paper: Newspaper) -> Slot:
    """Between comments: after the second, then after every third."""
    slot = new_slot(paper.site, code="thread", position="in_thread", after_n=2, every_m=3)
    for number in range(4):
        new_creative(new_line_item(paper.site, slot), headline=f"Bread {number}")
    return slot


@pytest.fixture
def article(paper: Newspaper) -> Article:
    article = paper.article()
    set_sensitivity(article=article, topic="crime", risk="low", source="editor")
    return article


def roots(paper: Newspaper, article: Article, number: int) -> list[Comment]:
    """Published top-level comments, newest first, as the page shows them."""
    return [paper.published(article) for _ in range(number)][::-1]


def ask(article: Article, **more: Any) -> list[dict[str, Any]]:
    body = {"article": article.slug, "slots": ["thread"], "view": str(uuid4())} | more
    response = Client().post("/api/v1/ads/decisions/", body, content_type="application/json", headers=BROWSER)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["results"]
    return found


@pytest.mark.parametrize(("before", "places"), [(0, [2, 5]), (1, [1, 4]), (2, [3]), (6, [2, 5]), (7, [1, 4])])
def test_after_n_then_every_m_counted_through_all_pages(before: int, places: list[int]) -> None:
    ids = tuple(uuid4() for _ in range(6))
    found = gaps(Slot(after_n=2, every_m=3), Roots(ids, before))
    assert [ids.index(gap.below) for gap in found] == places
    assert all(ids.index(gap.above) == ids.index(gap.below) - 1 for gap in found)


def test_the_page_shows_them_without_script_between_top_level_comments(
    paper: Newspaper, article: Article, thread: Slot
) -> None:
    shown = roots(paper, article, 6)
    paper.published(article, parent=shown[1].pk)
    page = Client().get(article.get_absolute_url(), headers=BROWSER).content.decode()
    order = [page.index(f'id="comment-{comment.pk}"') for comment in shown]
    first, second = (page.index("ad-between"), page.rindex("ad ad-between"))
    assert order[1] < first < order[2]
    assert order[4] < second < order[5]
    made = AdDecision.objects.order_by("place")
    assert [row.neighbours for row in made] == [
        [shown[1].pk, shown[2].pk], [shown[4].pk, shown[5].pk]
    ]  # fmt: skip


def test_none_stands_beside_a_removed_comment(paper: Newspaper, article: Article, thread: Slot) -> None:
    shown = roots(paper, article, 6)
    paper.published(article, parent=shown[2].pk)
    paper.decide(shown[2], "removed", reason="insult")
    assert [one["between"] for one in ask(article)] == [[str(shown[4].pk), str(shown[5].pk)]]


def test_none_stands_beside_a_reported_comment_until_the_report_is_settled(
    paper: Newspaper, article: Article, thread: Slot
) -> None:
    shown = roots(paper, article, 6)
    report = Report.objects.create(comment=shown[2], revision=1, reason="threat")
    later = [str(shown[4].pk), str(shown[5].pk)]
    assert [one["between"] for one in ask(article)] == [later]
    page = Client().get(article.get_absolute_url(), headers=BROWSER).content.decode()
    assert page.count('class="ad ad-between"') == 1
    Report.objects.filter(pk=report.pk).update(state="dismissed", settled_at=timezone.now())
    assert [one["between"] for one in ask(article)] == [[str(shown[1].pk), str(shown[2].pk)], later]


def test_short_threads_have_no_place_and_the_answer_says_so(
    paper: Newspaper, article: Article, thread: Slot
) -> None:
    roots(paper, article, 2)
    assert ask(article) == [{"slot": "thread", "no_fill_reason": "no_place_in_thread"}]
    assert not AdDecision.objects.exists()


def test_every_part_of_a_long_thread_has_its_own(paper: Newspaper, article: Article, thread: Slot) -> None:
    shown = roots(paper, article, 6)
    first = Client().get(f"/api/v1/articles/{article.slug}/comments/?limit=4").json()
    cursor = first["next"].partition("cursor=")[2].partition("&")[0]
    assert [one["between"][1] for one in ask(article, thread={"limit": 4})] == [str(shown[2].pk)]
    (later,) = ask(article, thread={"limit": 4, "cursor": cursor})
    assert later["between"] == [str(shown[4].pk), str(shown[5].pk)]


def test_a_heated_conversation_has_none_and_an_unsafe_one_only_the_papers_own(
    paper: Newspaper, article: Article, thread: Slot
) -> None:
    roots(paper, article, 3)
    state = ThreadState.objects.create(article=article, state="heated")
    (one,) = ask(article)
    assert one["no_fill_reason"] == "no_eligible_line_item"
    state.state = "unsafe"
    state.save()
    new_creative(new_line_item(paper.site, thread, type="house"), headline="Subscribe")
    (one,) = ask(article)
    assert one["creative"]["headline"] == "Subscribe"


# --- given back --------------------------------------------------------------------------------------------
def look(result: dict[str, Any]) -> None:
    assert Client().get(result["impression_url"], headers=BROWSER).status_code == 204


@pytest.fixture
def sold(thread: Slot, settings: Any) -> None:
    settings.ADS_EVENT_RATE = "off"
    LineItem.objects.update(price_micros=9_000_000)


def test_exactly_the_impressions_beside_a_grave_comment_are_credited_once(
    paper: Newspaper,
    article: Article,
    sold: None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    shown = roots(paper, article, 6)
    beside, elsewhere = ask(article)
    for one in (beside, elsewhere):
        look(one)
    ask(article)  # Decided and never seen: nothing to give back.
    with django_capture_on_commit_callbacks(execute=True):
        paper.decide(shown[1], "removed", reason="threat")
    (credit,) = Credit.objects.all()
    assert (str(credit.decision_id), credit.amount_micros, credit.by) == (beside["decision_id"], 9_000, None)
    assert credit_beside_removed(at=timezone.now()) == 0
    assert AuditEntry.objects.get(action="ads.credit").actor_kind == "system"


def test_who_looked_at_a_page_that_was_open_meanwhile_is_credited_by_the_sweep(
    paper: Newspaper, article: Article, sold: None
) -> None:
    shown = roots(paper, article, 3)
    (beside,) = ask(article)
    paper.decide(shown[2], "removed", reason="hate")
    look(beside)
    assert [credit_beside_removed(at=timezone.now()) for _ in range(2)] == [1, 0]


def test_an_undone_removal_takes_the_credit_back_and_a_second_one_gives_it_again(
    paper: Newspaper, article: Article, sold: None, django_capture_on_commit_callbacks: Any
) -> None:
    shown = roots(paper, article, 3)
    look(ask(article)[0])
    for outcome, reason in (("removed", "threat"), ("published", ""), ("removed", "hate")):
        with django_capture_on_commit_callbacks(execute=True):
            paper.decide(shown[1], outcome, reason=reason)
    first, second = Credit.objects.order_by("at")
    assert first.taken_back_at is not None
    assert second.taken_back_at is None
    assert AuditEntry.objects.get(action="ads.credit_taken_back").data["impressions"] == 1
    (line,) = _next_statement()["credits"]
    assert "hate" in line  # The one that was taken back before any statement stands on none.


def test_what_an_earlier_statement_credited_is_charged_again_on_the_next_once(
    paper: Newspaper, article: Article, sold: None
) -> None:
    shown = roots(paper, article, 3)
    look(ask(article)[0])
    paper.decide(shown[1], "removed", reason="threat")
    assert credit_beside_removed(at=timezone.now()) == 1
    assert _next_statement()["credited_micros"] == 9_000
    paper.decide(shown[1], "published")
    assert [take_back_beside_restored(at=timezone.now()) for _ in range(2)] == [1, 0]
    second = _next_statement()
    assert (second["credited_micros"], second["taken_back_micros"], second["net_micros"]) == (0, 9_000, 9_000)
    assert as_csv(Statement.objects.latest("number")).splitlines()[-1].endswith(",0.009")
    assert _next_statement()["taken_back_micros"] == 0


def test_a_credit_stays_while_the_other_neighbour_is_removed_or_where_a_person_made_it(
    paper: Newspaper, article: Article, sold: None
) -> None:
    shown = roots(paper, article, 3)
    look(ask(article)[0])
    for comment in shown[1:]:
        paper.decide(comment, "removed", reason="hate")
    assert credit_beside_removed(at=timezone.now()) == 1
    paper.decide(shown[1], "published")
    assert take_back_beside(shown[1].pk, at=timezone.now()) == 0
    Credit.objects.update(by=User.objects.create(username="ad manager"))
    paper.decide(shown[2], "published")
    assert take_back_beside(shown[2].pk, at=timezone.now()) == 0


def _next_statement() -> dict[str, Any]:
    """Of the one campaign that was credited, for one more day of long ago."""
    day = date(2026, 1, 1) + timedelta(days=Statement.objects.count())
    actor, _ = User.objects.get_or_create(username="accounts")
    campaign = Campaign.objects.get(pk=Credit.objects.values_list("campaign", flat=True)[0])
    made = make_statement(campaign, first=day, last=day, actor=actor, at=timezone.now())
    found: dict[str, Any] = made.content
    return found


def test_a_removal_for_another_reason_gives_nothing_back(
    paper: Newspaper, article: Article, sold: None, django_capture_on_commit_callbacks: Any
) -> None:
    shown = roots(paper, article, 3)
    look(ask(article)[0])
    with django_capture_on_commit_callbacks(execute=True):
        paper.decide(shown[1], "removed", reason="off_topic")
    assert not Credit.objects.exists()


@pytest.mark.parametrize("thread_asked", [{"limit": 0}, {"sort": "best"}, {"cursor": "x"}, {"page": 2}, []])
def test_a_part_that_there_is_not_is_400(article: Article, thread: Slot, thread_asked: Any) -> None:
    body = {"article": article.slug, "slots": ["thread"], "view": str(uuid4()), "thread": thread_asked}
    response = Client().post("/api/v1/ads/decisions/", body, content_type="application/json")
    assert response.status_code == 400
