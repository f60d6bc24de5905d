"""What a word list would have caught in the last 30 days, shown before it is saved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from moderation.desk.impact import impact_of
from moderation.models import WordList
from tests.factories import ArticleFactory, CommentFactory, SiteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def banned():
    return WordList.objects.create(site=SiteFactory(), kind="banned", words=["grockle"])


def look(client, word_list, words):
    return client.post(f"/admin/moderation/wordlist/{word_list.pk}/impact/", {"words": words})


def caught(words, *, kind="banned", stored=()):
    return impact_of(site=SiteFactory(), kind=kind, words=words, stored=stored, now=timezone.now())


def test_the_preview_counts_marks_and_saves_nothing(desk, banned):
    CommentFactory(status="published", body="Every 3mmet knows that.")
    CommentFactory(status="rejected", body="You grockle!")
    CommentFactory(body="Nothing of the kind here.")
    answer = look(desk, banned, "grockle\nemmet")
    impact = answer.context["impact"]
    assert (impact.read, impact.caught, impact.published, impact.newly) == (3, 2, 1, 1)
    page = answer.content.decode()
    assert '<mark class="by-rule strength-3" title="emmet; reads as “emmet”">3mmet</mark>' in page
    banned.refresh_from_db()
    assert banned.words == ["grockle"]


def test_old_comments_and_other_titles_do_not_count(desk, banned):
    CommentFactory(body="You grockle!", at=timezone.now() - timedelta(days=31))
    elsewhere = SiteFactory(code="gazette")
    CommentFactory(body="You grockle!", article=ArticleFactory(site=elsewhere))
    assert caught(["grockle"]).read == 0


def test_names_are_read_too():
    CommentFactory(name="Grockle 3000", body="Nothing of the kind.")
    assert caught(["grockle"]).caught == 1


def test_domains_are_found_in_links():
    CommentFactory(body="See https://www.kent-invest.example.com/start at once")
    assert caught(["example.com"], kind="blocked_domain").by_word == [("example.com", 1)]


def test_a_word_in_every_second_comment_is_refused_and_said_so(desk, banned):
    for number in range(20):
        CommentFactory(
            body=f"The bearing came in crate {number}." if number % 2 else f"Nothing of it, {number}."
        )
    page = look(desk, banned, "grockle\nbearing").content.decode()
    assert "In at least half of all comments: bearing." in page
    answer = desk.post(f"/admin/moderation/wordlist/{banned.pk}/change/", {"words": "grockle\nbearing"})
    assert "In at least half of the comments of the last 30 days: bearing." in answer.content.decode()
    banned.refresh_from_db()
    assert banned.words == ["grockle"]


def test_a_list_that_makes_no_sense_is_said_to_make_none(desk, banned):
    assert "a single letter" in look(desk, banned, "a").content.decode()


def test_the_preview_is_for_those_who_may_change_the_list(person, banned):
    client = Client()
    client.force_login(person("ad manager"))
    assert look(client, banned, "grockle").status_code == 403
    assert look(Client(), banned, "grockle").status_code == 302
