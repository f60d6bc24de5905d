"""How risky a topic is: the latest word counts, the section's default stands in, and no word is lost."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from articles.models import Risk, Sensitivity, Topic
from articles.selectors import highest_risk, sensitivities
from articles.services import set_sensitivity
from newsroom.audit.models import AuditEntry
from tests.factories import ArticleFactory, SectionFactory, UserFactory

pytestmark = pytest.mark.django_db
EDITOR = Sensitivity.Source.EDITOR


def test_the_latest_word_on_each_topic_counts_and_the_earlier_ones_stay() -> None:
    article, editor = ArticleFactory(), UserFactory()
    for risk in (Risk.HIGH, Risk.LOW):
        set_sensitivity(article=article, topic=Topic.WAR, risk=risk, source=EDITOR, actor=editor)
    set_sensitivity(article=article, topic=Topic.DEATH, risk=Risk.MEDIUM, source=EDITOR, actor=editor)

    assert sensitivities(article) == {"war": "low", "death": "medium"}
    assert Sensitivity.objects.filter(topic=Topic.WAR).count() == 2
    changes = (
        AuditEntry.objects.filter(action="article.sensitivity").order_by("id").values_list("data", flat=True)
    )
    assert [(change["before"], change["after"]) for change in changes] == [
        ("", "high"),
        ("high", "low"),
        ("", "medium"),
    ]


def test_the_same_again_is_no_change() -> None:
    article = ArticleFactory()

    said = [
        set_sensitivity(article=article, topic=Topic.WAR, risk=Risk.HIGH, source=EDITOR) for _ in range(2)
    ]

    assert said == [True, False]
    assert AuditEntry.objects.filter(action="article.sensitivity").count() == 1


def test_the_sections_default_stands_in_until_somebody_says_otherwise() -> None:
    section = SectionFactory(slug="world", default_topic=Topic.WAR, default_risk=Risk.HIGH)
    article = ArticleFactory(section=section)
    assert sensitivities(article) == {"war": "high"}

    set_sensitivity(article=article, topic=Topic.POLITICS, risk=Risk.LOW, source=EDITOR)

    assert sensitivities(article) == {"politics": "low"}


@pytest.mark.parametrize(
    ("risks", "highest"),
    [
        ([], "medium"),
        (["low"], "low"),
        (["low", "no_ads", "high"], "no_ads"),
        (["medium", "high"], "high"),
    ],
)
def test_the_highest_risk_of_all_topics_counts(risks: list[str], highest: str) -> None:
    article = ArticleFactory()
    for topic, risk in zip(Topic.values, risks, strict=False):
        set_sensitivity(article=article, topic=topic, risk=risk, source=EDITOR)

    assert highest_risk(article) == highest


def test_a_default_is_a_topic_with_its_risk_or_neither() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        SectionFactory(slug="half", default_topic=Topic.WAR)


def test_an_article_leaves_draft_with_a_date_only() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ArticleFactory(status="published", published_at=None)


def test_a_site_holds_each_slug_and_source_id_once() -> None:
    ArticleFactory(slug="same", external_id="")
    ArticleFactory(slug="another", external_id="")
    for fields in (
        {"slug": "same"},
        {"slug": "third", "external_id": "x"},
        {"slug": "fourth", "external_id": "x"},
    ):
        if fields.get("slug") == "third":
            ArticleFactory(**fields)
            continue
        with pytest.raises(IntegrityError), transaction.atomic():
            ArticleFactory(**fields)
