"""What is known of links, words, authors, networks and near copies counts over the Akismet port too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from articles.models import Article
from comments.models import Comment, Mailbox
from moderation.models import Policy, WordList
from moderation.ports import akismet_services, seen
from moderation.ports.akismet import parse_call, plain_text
from moderation.ports.models import SeenText
from moderation.ports.reports import Feedback, feedback_of
from moderation.ports.selectors import KnownKey
from moderation.ports.services import issue_key
from moderation.rules import store_sketch
from newsroom.crypto import address_hash
from tests.factories import ArticleFactory, CommentFactory, SiteFactory

NOW = datetime.now(UTC)
WAVE = "Please all come to the meeting about our bridge on Tuesday evening and bring your neighbours along."
Check = Callable[..., str]


@pytest.fixture
def key(made: Any) -> Any:
    return made()[0]


def known(key: Any) -> KnownKey:
    return KnownKey(key.pk, key.site_id, None, holds=False)


def call(**fields: str) -> Any:
    form = {
        "blog": "https://blog.example.org", "user_ip": "198.51.100.7", "comment_author": "Ada",
        "comment_author_email": "ada@example.org", "comment_content": "The bridge is a great help to us all.",
    } | fields  # fmt: skip
    return parse_call(form, now=NOW)


@pytest.fixture
def check(key: Any) -> Check:
    def check(**fields: str) -> str:
        verdict = akismet_services.check(call(**fields), key=known(key), now=NOW)
        return f"{verdict.outcome} {verdict.reason}".strip()

    return check


def mark(key: Any, mark: str, **fields: str) -> None:
    akismet_services.mark(call(**fields), key=known(key), mark=mark, now=NOW)


def test_words_and_domains_of_the_site_count_in_text_name_and_address(key: Any, check: Check) -> None:
    WordList.objects.create(site=key.site, kind="banned", words=["turnip"])
    WordList.objects.create(site=key.site, kind="blocked_domain", words=["pills-shop.com"])
    assert check(comment_content="You are a <b>tur</b>nip, my friend.") == "rejected banned_word"
    assert check(comment_author="Turnip") == "rejected banned_word"
    assert check(comment_author_url="http://www.pills-shop.com/a") == "held links"
    assert check(comment_content='See <a href="http://pills-shop.com/x">here</a>.') == "held links"
    assert check(comment_content="See [url=http://pills-shop.com/x]here[/url].") == "held links"


def test_a_blocked_or_premoderated_commenter_is_known_by_address(key: Any, check: Check) -> None:
    Mailbox.objects.create(address_hash=address_hash("ada@example.org"), blocked=True)
    assert check(comment_author_email=" Ada@Example.org ") == "held blocked_author"
    assert check(comment_author_email="eve@example.org") == "published"


def test_what_was_refused_here_counts_there(key: Any, check: Check) -> None:
    for _ in range(3):
        CommentFactory(email="ada@example.org", status=Comment.Status.REJECTED)
    assert check() == "held history"


def test_a_wave_among_our_comments_counts_there(key: Any, check: Check) -> None:
    article = ArticleFactory(site=key.site)
    for _ in range(2):
        store_sketch(CommentFactory(article=article, body=WAVE))
    assert check(comment_content=WAVE) == "held wave"


def test_a_wave_among_clients_texts(check: Check) -> None:
    assert [check(comment_content=WAVE, comment_author_email=f"{n}@example.org") for n in range(4)] == [
        "published", "published", "held wave", "held wave",
    ]  # fmt: skip
    assert check(comment_content=WAVE, comment_author_email="0@example.org") == "held wave"
    earlier = f"{NOW - timedelta(days=3):%Y-%m-%d %H:%M:%S}"
    assert (
        check(comment_content=WAVE, comment_author_email="9@example.org", comment_date_gmt=earlier)
        == "published"
    )


def test_what_moderators_let_through_is_no_wave(key: Any, check: Check) -> None:
    for number in range(3):
        mark(key, "ham", comment_content=WAVE, comment_author_email=f"{number}@example.org")
    assert check(comment_content=WAVE) == "published"


def test_a_near_copy_of_what_was_marked_is_spam(key: Any, check: Check) -> None:
    mark(key, "spam", comment_content=WAVE, comment_author_email="eve@example.org")
    assert check(comment_content=f"{WAVE} Thanks!") == "held spam"
    mark(key, "ham", comment_content=WAVE, comment_author_email="eve@example.org")
    assert check(comment_content=f"{WAVE} Thank you!") == "published"


def test_marks_make_an_authors_history(key: Any, check: Check) -> None:
    for number in range(3):
        mark(key, "spam", comment_content=f"Text {number}.")
    assert check() == "held history"
    assert check(comment_author_email="eve@example.org") == "published"
    assert check(comment_author_email="", comment_content="A text of nobody in particular.") == "published"


def test_many_texts_of_one_network_are_a_flood(key: Any, check: Check) -> None:
    Policy.objects.create(site=key.site, flood_limit=2)
    texts = [f"A different short word number {number}" for number in range(4)]
    assert [check(comment_content=text) for text in texts[:3]] == ["published", "published", "held flood"]
    assert check(comment_content=texts[3], user_ip="198.51.100.8") == "published"
    assert check(comment_content=texts[3], recheck_reason="recheck_queue") == "published"
    for number in range(4):  # A proxy's address says nothing of its readers.
        assert check(comment_content=f"Another short word {number}", user_ip="127.0.0.1") == "published"


def test_the_policy_is_that_of_the_article(key: Any, check: Check) -> None:
    article = ArticleFactory(site=key.site, canonical_url="https://blog.example.org/a/")
    Policy.objects.create(site=key.site, section=article.section, premoderate=True)
    assert check(permalink="https://blog.example.org/a/") == "held premoderated"
    assert check(permalink="https://Blog.example.org/a/?utm_source=x#c") == "held premoderated"
    assert check(permalink="no address") == "published"
    assert check(permalink="https://blog.example.org/b/") == "published"


def test_another_site_sees_nothing_of_it(key: Any, check: Check) -> None:
    other = issue_key(site=SiteFactory(code="gazette"), name="Other")[0]
    akismet_services.mark(call(), key=known(other), mark="spam", now=NOW)
    assert check() == "published"


def test_no_word_address_or_network_is_kept(key: Any, check: Check) -> None:
    check(permalink="https://blog.example.org/secret-path/")
    mark(key, "spam", comment_content=WAVE)
    assert (Comment.objects.count(), Mailbox.objects.count(), Article.objects.count()) == (0, 0, 0)
    kept = [" ".join(str(value) for value in row) for row in SeenText.objects.values_list()]
    assert len(kept) == 2
    for word in ("bridge", "Ada", "ada@", "198.51", "blog.example", "secret-path"):
        assert not any(word in row for row in kept)


def test_the_keys_page_tells_where_moderators_disagreed(key: Any, check: Check, admin_client: Client) -> None:
    check()
    mark(key, "spam")
    check(hidden_honeypot_field="x", comment_content=WAVE)
    mark(key, "ham", comment_content=WAVE)
    mark(key, "ham", comment_content="Never checked.")
    assert feedback_of(key) == Feedback(spam=1, missed=1, ham=2, stopped=1)
    page = admin_client.get(f"/admin/ports/portkey/{key.pk}/change/").content.decode()
    assert "marked 1 texts as spam, 1 of which were let through here, and 2 as no spam, 1 of" in page


def test_what_is_kept_goes(key: Any, check: Check) -> None:
    check()
    mark(key, "spam", comment_content=WAVE)
    assert seen.forget(now=NOW + timedelta(days=6)) == 0
    assert seen.forget(now=NOW + timedelta(days=8)) == 1
    assert SeenText.objects.get().mark == "spam"
    assert seen.forget(now=NOW + timedelta(days=31)) == 1


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b<p class=x>c", "a\nb\nc"),
        (
            "v<i>i</i>sit <a title='x' href = 'http://a.example/?b=1&amp;c'>me</a>",
            "visit  http://a.example/?b=1&c me",
        ),
        ("5 < 6 and 7 > 3 &lt;3", "5 < 6 and 7 > 3 <3"),
        ("<!-- x --><script>y", "y"),
        ("[img]http://a.example[/img]", "  http://a.example  "),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    assert plain_text(html) == text


@pytest.mark.parametrize("hostile", ["<", "<a ", "<a href=", "[url=", "&", "<!", "href=", "[/url", "&#x"])
def test_hostile_html_takes_no_time(hostile: str) -> None:
    plain_text(hostile * 20_000)  # Quadratic would be the suite's time-out.
