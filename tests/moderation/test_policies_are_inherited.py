"""An article's own policy, else its section's, else its site's, else the classifier's own thresholds."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from articles.models import Article
from moderation.models import Policy
from moderation.policy import LABELS, Thresholds
from moderation.selectors import resolved_policy
from tests.factories import ArticleFactory, SectionFactory, SiteFactory

pytestmark = pytest.mark.django_db
MANIFEST = {"thresholds": {label: {"hold": 0.5, "reject": 0.9} for label in LABELS}}


@pytest.fixture
def article() -> Article:
    return ArticleFactory()


def policy(article: Article, scope: str, **fields: Any) -> Policy:
    given = (
        {"section": article.section}
        if scope == "section"
        else {"article": article}
        if scope == "article"
        else {}
    )
    return Policy.objects.create(site=article.site, **given, **fields)


def test_without_any_policy_the_classifiers_thresholds_hold(article: Article) -> None:
    resolved = resolved_policy(article, manifest=MANIFEST)

    assert resolved.thresholds == {label: Thresholds(0.5, 0.9) for label in LABELS}
    assert (resolved.premoderate, resolved.auto_reject, resolved.max_links) == (False, False, 2)


def test_without_a_model_there_are_no_thresholds(article: Article) -> None:
    assert resolved_policy(article, manifest=None).thresholds == {}


def test_the_narrowest_scope_that_says_something_wins(article: Article) -> None:
    policy(article, "site", max_links=5, premoderate=True, flood_limit=3)
    policy(article, "section", max_links=1)
    policy(article, "article", premoderate=False)

    resolved = resolved_policy(article, manifest=MANIFEST)

    assert (resolved.max_links, resolved.premoderate, resolved.flood_limit) == (1, False, 3)
    assert len(resolved.versions) == 3


def test_zero_is_a_word_too(article: Article) -> None:
    policy(article, "site", max_links=4)
    policy(article, "article", max_links=0)

    assert resolved_policy(article, manifest=MANIFEST).max_links == 0


def test_thresholds_are_overridden_label_by_label(article: Article) -> None:
    policy(article, "site", thresholds={"spam": {"hold": 0.2, "reject": 0.3}})
    policy(article, "article", thresholds={"insult": {"hold": 0.1, "reject": 1.0}})

    thresholds = resolved_policy(article, manifest=MANIFEST).thresholds

    assert thresholds["spam"] == Thresholds(0.2, 0.3)
    assert thresholds["insult"] == Thresholds(0.1, 1.0)
    assert thresholds["toxicity"] == Thresholds(0.5, 0.9)


def test_policies_of_others_do_not_count(article: Article) -> None:
    Policy.objects.create(site=SiteFactory(code="other"), premoderate=True)
    Policy.objects.create(site=article.site, section=SectionFactory(slug="sports"), premoderate=True)
    Policy.objects.create(site=article.site, article=ArticleFactory(), premoderate=True)

    assert not resolved_policy(article, manifest=MANIFEST).premoderate


def test_a_scope_has_one_policy_and_a_policy_one_scope(article: Article) -> None:
    for scope in ("site", "section", "article"):
        policy(article, scope)
        with pytest.raises(IntegrityError), transaction.atomic():
            policy(article, scope)
    with pytest.raises(IntegrityError), transaction.atomic():
        Policy.objects.create(site=article.site, section=article.section, article=article)


def test_a_policy_with_nonsense_is_refused_in_words(article: Article) -> None:
    with pytest.raises(ValidationError, match="rudeness is no label"):
        Policy(site=article.site, thresholds={"rudeness": {"hold": 0, "reject": 1}}).full_clean()
