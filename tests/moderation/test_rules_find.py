"""What the rules find about a comment, from real rows: words, links, waves, floods, history, the form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from articles.models import Article
from comments.models import Comment, CommentPrivate, CommentSettings, Mailbox
from moderation.models import Sketch, WordList
from moderation.policy import Finding, ResolvedPolicy, Thresholds
from moderation.policy import decide as decide_
from moderation.rules import rule_findings, store_sketch
from tests.factories import ArticleFactory, CommentFactory, SiteFactory, decide

pytestmark = pytest.mark.django_db
POLICY = ResolvedPolicy(thresholds={}, max_links=2, flood_limit=8)
LONG = (
    "The harbour board says that the bridge will stay shut until the bearing comes from the maker in Gdansk."
)


def found(comment: Comment, policy: ResolvedPolicy = POLICY) -> dict[str, Finding]:
    comment = Comment.objects.select_related("article__site", "private__mailbox").get(pk=comment.pk)
    return {finding.code: finding for finding in rule_findings(comment, comment.private, policy)}


def words(kind: str, *listed: str, **fields: Any) -> WordList:
    return WordList.objects.create(site=fields.get("site") or SiteFactory(), kind=kind, words=list(listed))


def test_a_banned_word_is_found_in_the_text_and_in_the_name() -> None:
    words("banned", "turnip")

    assert found(CommentFactory(body="What a t.u.r.n.i.p"))["banned_word"].where == "body"
    assert found(CommentFactory(name="Turnip"))["banned_word"].where == "name"
    assert "banned_word" not in found(CommentFactory(body="Turnips are fine", name="Ada"))


@pytest.mark.parametrize("written", ["turrrrnip", "turnnnnip", "t00nip"])
def test_where_a_disguise_has_two_readings_the_listed_word_is_meant(written: str) -> None:
    words("suspect", "turnip", "toonip")

    assert "suspect_word" in found(CommentFactory(body=f"you {written} you"))


def test_a_finding_quotes_nothing_and_names_its_list() -> None:
    banned = words("banned", "turnip")
    comment = CommentFactory(body="One turnip, please")

    finding = found(comment)["banned_word"]

    assert "turnip" not in str(finding.as_json())
    assert [comment.body[start:end] for start, end in finding.spans] == ["turnip"]
    assert finding.version == f"{banned.pk}:1"


def test_another_site_has_other_words() -> None:
    words("banned", "turnip", site=SiteFactory(code="other"))

    assert "banned_word" not in found(CommentFactory(body="turnip"))


def test_a_changed_list_counts_at_once() -> None:
    banned = words("banned", "beet")
    comment = CommentFactory(body="turnip")
    assert "banned_word" not in found(comment)

    WordList.objects.filter(pk=banned.pk).update(words=["turnip"])

    assert "banned_word" in found(comment)


def test_links_are_counted_over_text_and_name() -> None:
    two = CommentFactory(body="example.org and example.net")
    three = CommentFactory(body="example.org and example.net", name="example.com")

    assert found(two)["links"].value == 2
    assert "too_many_links" not in found(two)
    assert found(three)["too_many_links"].value == 3
    assert "links" not in found(CommentFactory(body="no link here"))


def test_a_blocked_domain_is_found_under_any_of_its_hosts() -> None:
    words("blocked_domain", "example.org")

    assert "blocked_domain" in found(CommentFactory(body="at https://a.b.EXAMPLE.org/x"))
    assert "blocked_domain" in found(CommentFactory(body="hello", name="www.example.org"))
    assert "blocked_domain" not in found(CommentFactory(body="at notexample.org"))


def test_links_to_a_trusted_domain_are_no_reason_to_hold_and_a_blocked_one_stays_blocked() -> None:
    words("trusted_domain", "example.org", "bit.ly")
    three = "https://example.org/a https://www.example.org/b https://bit.ly/c"
    assert not {"links", "too_many_links", "shortened_link"} & found(CommentFactory(body=three)).keys()
    assert found(CommentFactory(body=f"{three} example.net"))["links"].value == 1
    words("blocked_domain", "example.org")
    assert "blocked_domain" in found(CommentFactory(body=three))


def test_a_form_that_was_filled_by_a_machine_shows() -> None:
    assert "honeypot" in found(CommentFactory(honeypot=True))
    assert "form_too_fast" in found(CommentFactory(form_age_s=1.99))
    assert "form_too_fast" not in found(CommentFactory(form_age_s=2.0))
    assert "form_too_fast" not in found(CommentFactory(form_age_s=None))


def test_the_mailbox_speaks_for_its_author() -> None:
    comment = CommentFactory()
    assert "unverified_address" in found(comment)
    assert "blocked_author" not in found(comment)

    Mailbox.objects.update(verified_at=timezone.now(), blocked=True, premoderated=True)

    assert {"blocked_author", "premoderated"} <= set(found(comment))
    assert "unverified_address" not in found(comment)


def test_premoderation_by_policy_says_so() -> None:
    findings = found(CommentFactory(), ResolvedPolicy(thresholds={}, premoderate=True))

    assert findings["premoderated"].data == {"by": "policy"}


def test_links_by_way_of_a_shortener_are_found_where_the_site_minds() -> None:
    comment = CommentFactory(body="see https://bit.ly/3xyz", name="Ada")
    named = CommentFactory(body="hello", name="tinyurl.com/abc")
    finding = found(comment)["shortened_link"]

    assert [comment.body[start:end] for start, end in finding.spans] == ["https://bit.ly/3xyz"]
    assert "shortened_link" in found(named)
    assert "shortened_link" not in found(CommentFactory(body="see https://habit.ly/3xyz or t.com"))
    CommentSettings.objects.create(site=SiteFactory(), hold_shorteners=False)
    assert "shortened_link" not in found(comment)


def test_a_threat_is_held_for_a_person_where_the_site_minds() -> None:
    comment = CommentFactory(body="Nice house. I know  where\nyou live.")
    finding = found(comment)["threat_words"]

    assert [comment.body[start:end] for start, end in finding.spans] == ["I know  where\nyou live"]
    outcome = decide_(
        findings=[finding],
        scores={"toxicity": 0.01},
        supported={"toxicity": True},
        policy=ResolvedPolicy(thresholds={"toxicity": Thresholds(0.5, 0.9)}),
    )
    assert (outcome.status, outcome.held_by, outcome.reason_code) == ("held", "rule", "threat")
    CommentSettings.objects.create(site=SiteFactory(), hold_threats=False)
    assert "threat_words" not in found(comment)


def test_a_throw_away_address_is_held_and_never_refused() -> None:
    thrown = CommentFactory(email="ada@mail.MAILINATOR.com")
    assert "disposable_address" in found(thrown)
    assert "disposable_address" not in found(CommentFactory(email="ada@example.org"))
    outcome = decide_(
        findings=[Finding("disposable_address")],
        scores={"toxicity": 0.0},
        supported={},
        policy=ResolvedPolicy(thresholds={"toxicity": Thresholds(0.5, 0.9)}),
    )
    assert (outcome.status, outcome.held_by, outcome.reason_code) == ("held", "rule", "address")

    Mailbox.objects.update(trusted=True)
    assert "disposable_address" not in found(thrown)


def test_a_site_adds_to_the_throw_away_domains_takes_from_them_or_lets_them_in() -> None:
    own = CommentSettings.objects.create(
        site=SiteFactory(), disposable_domains=" Gone.example\n-mailinator.com\n\n"
    )
    assert "disposable_address" in found(CommentFactory(email="ada@x.gone.example"))
    assert "disposable_address" not in found(CommentFactory(email="ada@mailinator.com"))

    own.hold_disposable = False
    own.save()
    assert "disposable_address" not in found(CommentFactory(email="bo@gone.example"))


def test_how_fast_a_form_may_be_sent_is_the_sites_to_say() -> None:
    own = CommentSettings.objects.create(site=SiteFactory(), form_min_age_s=5)
    assert "form_too_fast" in found(CommentFactory(form_age_s=4.9))
    own.form_min_age_s = 0
    own.save()
    assert "form_too_fast" not in found(CommentFactory(form_age_s=0.0))


# --- floods ----------------------------------------------------------------------------------------------
def test_the_ninth_comment_of_a_network_in_ten_minutes_is_a_flood() -> None:
    article = ArticleFactory()
    sent = [CommentFactory(article=article, network="192.0.2.9") for _ in range(8)]
    assert "flood" not in found(sent[-1])

    ninth = CommentFactory(article=article, network="192.0.2.9")

    assert found(ninth)["flood"].value == 9
    assert "flood" not in found(CommentFactory(article=article, network="192.0.2.10"))


def test_older_comments_are_no_flood() -> None:
    earlier = timezone.now() - timedelta(minutes=11)
    article = ArticleFactory(published_at=earlier - timedelta(hours=1))
    for _ in range(9):
        CommentFactory(article=article, network="192.0.2.11", at=earlier)

    assert "flood" not in found(CommentFactory(article=article, network="192.0.2.11"))


def test_a_forgotten_network_floods_nothing() -> None:
    comments = [CommentFactory(network="192.0.2.12") for _ in range(9)]
    CommentPrivate.objects.update(network=None)

    assert "flood" not in found(comments[-1])


# --- history ---------------------------------------------------------------------------------------------
def history(refused: int, published: int, email: str = "grump@example.org") -> Article:
    article = ArticleFactory()
    for _ in range(refused):
        CommentFactory(article=article, email=email, status="rejected")
    for _ in range(published):
        CommentFactory(article=article, email=email, status="published")
    return article


@pytest.mark.parametrize(
    ("refused", "published", "shows"),
    [(3, 7, True), (2, 5, False), (2, 0, False), (3, 0, True), (0, 9, False)],
)
def test_thirty_percent_refused_of_at_least_three_shows(refused: int, published: int, shows: bool) -> None:
    article = history(refused, published)

    assert ("rejection_rate" in found(CommentFactory(article=article, email="GRUMP@example.org"))) is shows
    assert "rejection_rate" not in found(CommentFactory(article=article, email="other@example.org"))


def test_a_trusted_mailbox_is_not_judged_by_its_history() -> None:
    article = history(5, 0)
    Mailbox.objects.update(trusted=True)

    assert "rejection_rate" not in found(CommentFactory(article=article, email="grump@example.org"))


def test_the_comment_itself_is_no_history() -> None:
    article = history(2, 0)
    comment = CommentFactory(article=article, email="grump@example.org")
    decide(comment, "rejected", reason_code="insult")

    assert "rejection_rate" not in found(comment)


# --- waves -----------------------------------------------------------------------------------------------
def sent(body: str, **fields: Any) -> Comment:
    comment = CommentFactory(body=body, **fields)
    store_sketch(comment)
    return comment


def test_the_third_commenter_of_nearly_one_text_makes_a_wave_across_articles() -> None:
    sent(LONG)
    second = sent(LONG.replace("maker", "makers"))
    assert "near_duplicates" not in found(second)

    third = sent(LONG.upper() + "!")

    assert found(third)["near_duplicates"].value == 2


def test_one_commenter_is_no_wave() -> None:
    for number in range(4):
        sent(LONG + "!" * number, email="one@example.org")

    assert "near_duplicates" not in found(sent(LONG, email="two@example.org"))


def test_other_texts_of_the_same_words_are_no_wave() -> None:
    shuffled = " ".join(sorted(LONG.split()))
    sent(shuffled)
    sent(" ".join(reversed(LONG.split())))

    assert "near_duplicates" not in found(sent(LONG))


@pytest.mark.parametrize(
    "body", ["RIP", "Well said", "Rest in peace, you will be missed", "one two three four five six seven"]
)
def test_short_texts_are_never_a_wave(body: str) -> None:
    for _ in range(5):
        sent(body)

    assert "near_duplicates" not in found(sent(body))


def test_eight_words_or_a_link_can_be_a_wave() -> None:
    for _ in range(3):
        eight = sent("one two three four five six seven eight")
        linked = sent("Look at example.org")

    assert "near_duplicates" in found(eight)
    assert "near_duplicates" in found(linked)


def test_ones_own_text_under_a_fourth_article_is_a_wave() -> None:
    for _ in range(3):
        third = sent(LONG, email="one@example.org")
    assert "near_duplicates" not in found(third)

    finding = found(sent(LONG, email="one@example.org"))["near_duplicates"]

    assert (finding.value, finding.data["articles"]) == (0, 3)


def test_a_reworded_retry_of_ones_own_refused_text_is_no_wave() -> None:
    for _ in range(4):
        sent(LONG, email="one@example.org", status="rejected")

    retry = sent(LONG.replace("maker", "makers"), email="one@example.org")

    assert "near_duplicates" not in found(retry)


def test_ones_own_text_again_under_the_same_article_is_no_wave() -> None:
    article = ArticleFactory()
    for number in range(5):
        again = sent(LONG + "!" * number, article=article, email="one@example.org")

    assert "near_duplicates" not in found(again)


def test_how_many_make_a_wave_is_the_sites_to_say() -> None:
    own = CommentSettings.objects.create(site=SiteFactory(), wave_commenters=3)
    for _ in range(3):
        third = sent(LONG)
    assert "near_duplicates" not in found(third)
    fourth = sent(LONG)
    assert found(fourth)["near_duplicates"].value == 3
    own.wave_commenters = 0
    own.save()
    assert "near_duplicates" not in found(fourth)


def test_a_wave_is_over_after_a_day() -> None:
    yesterday = timezone.now() - timedelta(hours=24, minutes=1)
    article = ArticleFactory(published_at=yesterday - timedelta(hours=1))
    for _ in range(3):
        sent(LONG, article=article, at=yesterday)

    assert "near_duplicates" not in found(sent(LONG, article=article))


def test_a_sketch_is_kept_once_per_comment() -> None:
    comment = sent(LONG)

    store_sketch(comment)

    assert Sketch.objects.filter(comment=comment).count() == 1


def test_rules_cost_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    words("banned", "turnip")
    comment = CommentFactory(body=f"{LONG} example.org example.net")
    comment = Comment.objects.select_related("article__site", "private__mailbox").get(pk=comment.pk)

    with django_assert_max_num_queries(6):
        rule_findings(comment, comment.private, POLICY)
