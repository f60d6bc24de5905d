"""A proposer by words and section suggests at publishing; one click of an editor confirms or refuses."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article, Risk, Sensitivity, Topic
from articles.proposals import RISKS, WORDS, propose
from articles.selectors import sensitivities
from articles.services import answer_proposal, propose_sensitivity, save_from_source, set_sensitivity
from tests.factories import ArticleFactory, SectionFactory, SiteFactory, UserFactory


def proposed(top: str, body: str = "", **more: str) -> dict[str, str]:
    return {proposal.topic: proposal.risk for proposal in propose(top=top, body=body, **more)}


def test_every_topic_has_words_and_only_known_risks() -> None:
    assert list(WORDS) == Topic.values
    assert {risk for words in WORDS.values() for risk in words} <= set(RISKS) <= set(Risk.values)


def test_one_word_on_top_is_enough() -> None:
    assert proposed("Shelling cuts the last bridge as truce talks falter") == {"war": "high"}
    assert proposed("Two soldiers' widows open a bakery") == {"war": "medium"}
    assert proposed("Terns tear up the script and the derby") == {}


def test_in_the_body_it_takes_two_words_and_they_count_a_step_lower() -> None:
    assert proposed("A quiet day", "The artillery was silent.") == {}
    assert proposed("A quiet day", "The artillery was silent, the troops slept.") == {"war": "medium"}


def test_part_of_a_word_is_no_word() -> None:
    assert proposed("A warm award for the warden") == {}


def test_the_section_speaks_where_words_do() -> None:
    section = {"default_topic": "war", "default_risk": "medium"}
    assert proposed("Two killed in a storm", **section) == {
        "war": "medium", "death": "high", "disaster": "low",
    }  # fmt: skip
    assert proposed("The derby", **section) == {}  # then the section's default holds by itself
    assert proposed("Shelling goes on", **section) == {"war": "high"}


def test_words_of_another_language_are_not_guessed_at() -> None:
    assert proposed("War am Dienstag noch offen", language="de") == {}


@pytest.mark.django_db
def test_a_proposal_holds_until_an_editor_speaks() -> None:
    article, editor = ArticleFactory(headline="Shelling cuts the last bridge"), UserFactory()
    assert [proposal.topic for proposal in propose_sensitivity(article)] == ["war"]
    assert sensitivities(article) == {"war": "high"}
    propose_sensitivity(article)
    assert Sensitivity.objects.count() == 1
    assert answer_proposal(article=article, is_right=True, actor=editor) == 1
    confirmed = Sensitivity.objects.latest("at")
    assert (confirmed.risk, confirmed.source, confirmed.set_by) == ("high", "editor", editor)
    assert propose_sensitivity(article) == []
    assert answer_proposal(article=article, is_right=True, actor=editor) == 0


@pytest.mark.django_db
def test_a_refused_proposal_is_low() -> None:
    article = ArticleFactory(headline="Shooting star over the harbour: a shooting guide")
    propose_sensitivity(article)
    answer_proposal(article=article, is_right=False, actor=UserFactory())
    assert sensitivities(article) == {"crime": "low"}


@pytest.mark.django_db
def test_nothing_is_proposed_against_a_person_and_nothing_lowered() -> None:
    judged = ArticleFactory(headline="Shelling goes on")
    set_sensitivity(article=judged, topic="war", risk="low", source="editor")
    assert propose_sensitivity(judged) == []
    edited = ArticleFactory(headline="Shelling goes on")
    propose_sensitivity(edited)
    edited.headline = "The war goes on"
    propose_sensitivity(edited)
    assert sensitivities(edited) == {"war": "high"}


@pytest.mark.django_db
def test_the_cms_gets_a_proposal_where_it_says_nothing() -> None:
    site, actor = SiteFactory(), UserFactory()
    SectionFactory(site=site)
    fields = {
        "url": "https://tribune.example.org/bridge", "headline": "Shelling goes on", "section": "local",
        "tags": [],
    }  # fmt: skip
    at = timezone.now()
    article, _ = save_from_source(site=site, external_id="1", fields=fields, actor=actor, at=at)
    assert sensitivities(article) == {"war": "high"}
    said: dict[str, Any] = fields | {
        "sensitivity": [{"topic": "war", "risk": "low"}],
        "url": "https://e.org/b",
    }
    other, _ = save_from_source(site=site, external_id="2", fields=said, actor=actor, at=at)
    assert sensitivities(other) == {"war": "low"}


@pytest.fixture
def editor(db: None) -> Client:
    client = Client()
    client.force_login(UserFactory(permissions=["articles.view_article", "articles.change_article"]))
    return client


def test_one_click_confirms_in_the_form(editor: Client) -> None:
    article: Article = ArticleFactory(headline="Shelling cuts the last bridge")
    propose_sensitivity(article)
    path = f"/admin/articles/article/{article.pk}/"
    page = editor.get(f"{path}change/").content.decode()
    assert 'id="proposed"' in page
    assert editor.get(f"{path}sensitivity/").status_code == 403
    assert editor.post(f"{path}sensitivity/", {"answer": "right"}).status_code == 302
    assert Sensitivity.objects.latest("at").source == "editor"
    assert 'id="proposed"' not in editor.get(f"{path}change/").content.decode()


def test_who_may_not_change_articles_may_not_answer(db: None) -> None:
    article = ArticleFactory(headline="Shelling cuts the last bridge")
    propose_sensitivity(article)
    client = Client()
    client.force_login(UserFactory(permissions=["articles.view_article"]))
    path = f"/admin/articles/article/{article.pk}/"
    assert client.post(f"{path}sensitivity/", {"answer": "right"}).status_code == 403
    assert 'id="proposed"' not in client.get(f"{path}change/").content.decode()
