"""Each limit of writing: what it counts, whose rate holds, who is exempt, and what refusing looks like."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from articles.models import Article
from comments.admin import CommentSettingsAdmin
from comments.models import Comment, CommentSettings
from comments.rights.models import AccessLink
from comments.site_settings import own_rates
from newsroom import limits
from tests.contract.helpers import post_comment, problem
from tests.factories import ArticleFactory, CommentFactory, SectionFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _limits_on(_limits_off: None, settings: Any) -> None:
    settings.NEWSROOM_LIMITS = "default"
    limits.redis_client().flushdb()


def own(article: Article, **rates: str) -> CommentSettings:
    return CommentSettings.objects.create(site=article.site, **rates)


def statuses(article: Article, times: int, *, network: str = "192.0.2.7", **fields: Any) -> list[int]:
    """What so many comments by so many people of one network are answered."""
    client = Client(REMOTE_ADDR=network)
    return [
        post_comment(
            client, article, **{"email": f"r{n}@example.org", "body": f"Text {n} of {network}"} | fields
        ).status_code
        for n in range(times)
    ]


def test_a_household_is_refused_after_ten_a_minute_and_told_when_to_come_back() -> None:
    article = ArticleFactory()

    assert statuses(article, 11, network="2001:db8::1") == [202] * 10 + [429]
    other_of_the_house = Client(REMOTE_ADDR="2001:db8::2")
    refused = post_comment(other_of_the_house, article, email="x@example.org", body="One more")
    problem(refused, 429, "rate_limited")
    assert 1 <= int(refused["Retry-After"]) <= 61
    assert statuses(article, 1, network="2001:db8:0:1::1") == [202]


def test_a_town_behind_one_address_is_not_refused_but_read() -> None:
    assert statuses(ArticleFactory(), 11) == [202] * 11


def test_the_ceiling_of_a_shared_address_is_a_setting_of_the_site() -> None:
    article = ArticleFactory()
    own(article, limit_shared_network="3/minute")

    assert statuses(article, 4) == [202] * 3 + [429]


@pytest.mark.parametrize("field", ["limit_article", "limit_site", "limit_address"])
def test_articles_sites_and_addresses_have_rates_of_their_own(field: str) -> None:
    article = ArticleFactory()
    own(article, **{field: "2/minute"})
    same = {"email": "same@example.org"} if field == "limit_address" else {}
    answers = [
        post_comment(
            Client(REMOTE_ADDR=f"192.0.2.{n}"),
            article,
            **{"email": f"r{n}@example.org", "body": f"Text {n}"} | same,
        ).status_code
        for n in range(3)
    ]

    assert answers == [202, 202, 429]


def test_a_quiet_site_lifts_a_limit_and_another_keeps_it() -> None:
    quiet, site = ArticleFactory(), SiteFactory(code="gazette", domain="localhost")
    other = ArticleFactory(site=site, section=SectionFactory(site=site))
    own(quiet, limit_address="off")

    assert statuses(quiet, 6, email="one@example.org") == [202] * 6
    answers = [
        post_comment(Client(SERVER_NAME="localhost"), other, email="two@example.org", body=f"Text {n}")
        for n in range(6)
    ]
    assert answers[-1].status_code == 429


def test_the_environment_lifts_a_limit_for_all(settings: Any) -> None:
    settings.NEWSROOM_LIMIT_RATES = "address=off, article=3/minute"

    assert statuses(ArticleFactory(), 4, email="one@example.org") == [202] * 3 + [429]


def test_the_house_is_not_counted() -> None:
    article = ArticleFactory()
    own(article, limit_shared_network="1/minute", limit_vote="1/minute", limit_report="1/minute")
    comment = CommentFactory(article=article, status="published")
    staff = Client()
    staff.force_login(UserFactory())

    for n in range(3):
        assert post_comment(staff, article, email="desk@example.org", body=f"Text {n}").status_code == 202
        vote = staff.post(
            f"/api/v1/comments/{comment.pk}/votes/", {"value": 1}, content_type="application/json"
        )
        assert vote.status_code == 200
        report = staff.post(
            f"/api/v1/comments/{comment.pk}/reports/", {"reason": "spam"}, content_type="application/json"
        )
        assert report.status_code in {200, 202}


def test_votes_and_reports_hold_to_the_rates_of_the_comments_own_site_whatever_host_is_named() -> None:
    article = ArticleFactory()
    own(article, limit_vote="1/minute", limit_report="1/minute")
    lax = SiteFactory(code="gazette", domain="localhost")
    CommentSettings.objects.create(site=lax, limit_vote="off", limit_report="off")
    comment = CommentFactory(article=article, status="published")

    def send(what: str, document: dict[str, Any]) -> int:
        path = f"/api/v1/comments/{comment.pk}/{what}/"
        answer = Client().post(path, document, content_type="application/json", headers={"host": "localhost"})
        return answer.status_code

    assert [send("votes", {"value": 1}) for _ in range(2)] == [200, 429]
    assert [send("reports", {"reason": "spam"}) for _ in range(2)] == [202, 429]


def test_letters_with_a_link_hold_to_the_sites_own_rate_without_a_word() -> None:
    own(ArticleFactory(), limit_link="2/hour")

    asked = [Client().post("/my/comments/", {"email": "ana@example.org"}) for _ in range(3)]

    assert {(answer.status_code, answer["Location"]) for answer in asked} == {(303, "/my/comments/?sent=1")}
    assert AccessLink.objects.count() == 2


def test_a_site_makes_so_many_articles_for_unknown_pages_and_counts_no_others() -> None:
    article = ArticleFactory(canonical_url="https://known.example.org/a")
    article.site.embed_origins = "https://known.example.org"
    article.site.save()
    own(article, limit_stub="1/day")

    def embed(url: str) -> int:
        return Client().post("/api/v1/embeds/", {"url": url}, content_type="application/json").status_code

    assert embed("https://elsewhere.example.org/made-up") == 403
    assert embed("https://known.example.org/a") == 200
    assert embed("https://known.example.org/b") == 201
    assert embed("https://known.example.org/c") == 429
    assert embed("https://known.example.org/b") == 200


def test_every_limit_of_readers_is_a_setting_of_each_site_in_the_admin() -> None:
    in_profile = set(limits.LIMITS["default"]) - set(limits.LOGIN_LIMITS)  # Accounts are of no site.
    shown = {name for _, options in CommentSettingsAdmin.fieldsets for name in options["fields"]}

    assert in_profile == set(own_rates(ArticleFactory().site_id))
    assert {f"limit_{name}" for name in in_profile} <= shown
    assert {name.name for name in CommentSettings._meta.get_fields()} == shown


@pytest.mark.parametrize("typed", ["lots", "10", "0/minute", "10/minute never", "-1/hour", "off 3/minute"])
def test_what_is_no_rate_is_not_saved(typed: str) -> None:
    settings = CommentSettings(site=ArticleFactory().site, limit_vote=typed)

    with pytest.raises(ValidationError) as refused:
        settings.full_clean()
    assert set(refused.value.message_dict) == {"limit_vote"}


def test_the_same_text_is_refused_only_to_the_same_address_under_the_same_article() -> None:
    article, client = ArticleFactory(), Client()
    text = "Rest in peace"
    first = post_comment(client, article, email="one@example.org", body=text)

    problem(post_comment(client, article, email="ONE@example.org", body=text), 409, "duplicate")
    assert post_comment(client, article, email="two@example.org", body=text).status_code == 202
    assert post_comment(client, ArticleFactory(), email="one@example.org", body=text).status_code == 202
    assert post_comment(client, article, email="one@example.org", body=text + "!").status_code == 202
    assert Comment.objects.filter(pk=UUID(first.json()["id"])).exists()
