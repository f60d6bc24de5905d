"""Policies on the desk: what is inherited, what a change would have done, and who changed it why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article
from articles.opening import closing_time, closing_time_of, opening
from moderation.desk.policies import cuts_of, scope_of
from moderation.lifecycle.workbench import Row
from moderation.models import ModelVersion, Policy
from moderation.policy import LABELS, ResolvedPolicy
from moderation.rules import rule_findings
from moderation.selectors import resolved_policy
from newsroom.audit.models import AuditEntry
from newsroom.ids import uuid7
from tests.desk.conftest import held_comment
from tests.factories import ArticleFactory, CommentFactory, SectionFactory

pytestmark = pytest.mark.django_db
MANIFEST = {
    "language": "en",
    "thresholds": {label: {"hold": 0.5, "reject": 1.0} for label in LABELS},
    "supported": dict.fromkeys(LABELS, True),
}


@pytest.fixture
def version() -> ModelVersion:
    return ModelVersion.objects.create(
        name="en-news", digest="1" * 64, manifest=MANIFEST, artifact=b"", is_active=True
    )


@pytest.fixture
def article() -> Article:
    return ArticleFactory()


def path_of(target: Any) -> str:
    return f"/admin/desk/policies/{type(target).__name__.lower()}/{target.pk}/"


def send(desk: Client, target: Any, do: str = "save", **fields: Any) -> Any:
    stored = Policy.objects.filter(**_key(target)).first()
    data = {"do": do, "reason": "Election night", "seen_version": stored.version if stored else 0}
    return desk.post(path_of(target), data | fields)


def _key(target: Any) -> dict[str, Any]:
    kind = type(target).__name__.lower()
    site = target if kind == "site" else target.site
    return {"site": site, "section": None, "article": None} | ({} if kind == "site" else {kind: target})


def test_the_narrowest_scope_wins_and_the_page_says_whose_a_value_is(
    desk: Client, article: Article, version: ModelVersion
) -> None:
    send(desk, article.site, max_links=5, hold_insult="0.3")
    send(desk, article.section, premoderate="true", new_authors=2)
    send(desk, article, premoderate="false")
    resolved = resolved_policy(article, manifest=MANIFEST)
    assert (resolved.max_links, resolved.premoderate, resolved.new_authors) == (5, False, 2)
    assert resolved.thresholds["insult"].hold == 0.3
    assert resolved.thresholds["insult"].reject == 1.0
    page = desk.get(path_of(article)).content.decode()
    assert f"inherited: yes ({article.section})" in page
    assert f"inherited: 5 ({article.site})" in page
    assert f"inherited: from 0.3 ({article.site})" in page


def test_a_change_has_a_version_a_reason_and_a_history(desk: Client, editor: Any, article: Article) -> None:
    assert send(desk, article.site, max_links=5).status_code == 302
    send(desk, article.site, max_links=5)
    send(desk, article.site, max_links=1, close_after_days=14, reason="Spam again")
    policy = Policy.objects.get()
    assert (policy.version, policy.max_links) == (2, 1)
    entry = AuditEntry.objects.get(action="policy.update")
    assert (entry.actor, entry.reason) == (editor, "Spam again")
    assert entry.data["changes"] == {
        "max_links": {"before": 5, "after": 1},
        "close_after_days": {"before": None, "after": 14},
    }
    page = desk.get(path_of(article.site)).content.decode()
    assert "Spam again" in page
    assert "max links: 5 → 1; close after days: inherited → 14, version 2" in page


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"reason": ""}, "Write why"),
        ({"max_links": "-1"}, "Links in one comment"),
        ({"flood_limit": "0"}, "Comments of one network"),
        ({"close_after_days": "99999999"}, "Days after publication"),
        ({"hold_insult": "0.9", "reject_insult": "0.3"}, "hold has to come before reject"),
        ({"hold_insult": "nan"}, "between 0 and 1"),
        ({"hold_insult": "<script>"}, "choose one of the steps"),
        ({"seen_version": "7"}, "Somebody else has changed this policy"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    desk: Client, article: Article, version: ModelVersion, fields: dict[str, str], says: str
) -> None:
    answer = send(desk, article.site, **fields)
    assert answer.status_code in {400, 409}
    assert says in answer.content.decode()
    assert not Policy.objects.exists()


def test_the_preview_decides_past_comments_again_and_saves_nothing(
    desk: Client, article: Article, version: ModelVersion
) -> None:
    elsewhere = ArticleFactory(section=SectionFactory(slug="sport"))
    for number, place in enumerate([article, article, elsewhere]):
        held_comment(
            article=place,
            model_version=version,
            scores=dict.fromkeys(LABELS, 0.01) | {"insult": (0.7, 0.2, 0.7)[number]},
        )
    answer = send(desk, article.section, "look", hold_insult="0.8")
    effect = answer.context["preview"]
    assert (effect.rows, effect.before.held, effect.after.held, effect.changed) == (2, 1, 0, 1)
    assert "held" in answer.content.decode()
    everything = send(desk, article.site, "look", premoderate="true").context["preview"]
    assert (everything.rows, everything.after.held) == (3, 3)
    assert send(desk, article.site, "look", max_links="0").context["preview"].changed == 0
    assert not Policy.objects.exists()


def test_links_and_new_authors_are_previewed_from_what_was_recorded(
    desk: Client, article: Article, version: ModelVersion
) -> None:
    low = dict.fromkeys(LABELS, 0.01)
    links = [{"code": "links", "value": 2}]
    held_comment(article=article, model_version=version, scores=low, findings=links)
    trusted = held_comment(article=article, model_version=version, scores=low)
    trusted.private.mailbox.trusted = True
    trusted.private.mailbox.save()
    assert send(desk, article.site, "look", max_links="1").context["preview"].after.held == 1
    assert send(desk, article.site, "look", new_authors="1").context["preview"].after.held == 1


def test_steps_say_what_they_achieve_on_ones_own_comments() -> None:
    policy, scores = ResolvedPolicy(thresholds={}), [0.8] * 10 + [0.0] * 90
    rows = [Row(uuid7(), {"insult": score}, (), policy, None, uuid7(), None) for score in scores]
    step = next(cut for cut in cuts_of(rows, "insult", also={0.5}) if cut.at == 0.5)
    assert (step.caught, step.finds) == (0.1, 1.0)
    assert step.right == pytest.approx(0.8)
    assert cuts_of(rows[:10], "insult", also=())[0].caught is None


def test_on_a_young_title_steps_say_what_they_achieve_on_held_out_comments() -> None:
    figures = {"recall": 0.7, "precision": 0.6, "ordinary_share": 0.02}
    stated = {"hold": 0.3, "reject": 1.0, "hold_achieves": figures, "reject_achieves": figures}
    stated |= {"steps": [{"at": 0.5, **figures, "recall": 0.4}]}
    cuts = {
        cut.at: cut for cut in cuts_of([], "insult", also=(), manifest={"thresholds": {"insult": stated}})
    }
    assert (cuts[0.3].finds, cuts[0.3].right, cuts[0.3].ordinary) == (0.7, 0.6, 0.02)
    assert (cuts[0.5].finds, cuts[0.9].finds, cuts[1.0].finds) == (0.4, None, None)


def test_new_authors_are_held_until_a_verified_address_has_published_enough(article: Article) -> None:
    policy = ResolvedPolicy(thresholds={}, new_authors=1)

    def found(comment: Any) -> bool:
        return "new_author" in {one.code for one in rule_findings(comment, comment.private, policy)}

    first = CommentFactory(article=article, email="moss@example.org", status="published")
    second = CommentFactory(article=article, email="moss@example.org")
    assert found(second)
    mailbox = second.private.mailbox
    mailbox.verified_at = timezone.now()
    mailbox.save()
    assert not found(second)
    assert found(CommentFactory(article=article))
    assert not rule_findings(first, first.private, ResolvedPolicy(thresholds={}))[1:]


def test_comments_close_by_age_unless_the_article_says_otherwise(desk: Client, article: Article) -> None:
    def closes() -> Any:
        found = Article.objects.select_related("site", "section").get(pk=article.pk)
        in_sql = Article.objects.filter(pk=article.pk).values_list(closing_time_of(), flat=True).get()
        assert in_sql == closing_time(found)
        return in_sql

    assert closes() is None
    send(desk, article.site, close_after_days=14)
    assert closes() == article.published_at + timedelta(days=14)
    send(desk, article.section, close_after_days=0)
    assert closes() is None
    send(desk, article, close_after_days=1)
    assert closes() == article.published_at + timedelta(days=1)
    later = article.published_at + timedelta(days=1)
    article = Article.objects.select_related("site", "section").get(pk=article.pk)
    assert opening(article, at=later - timedelta(seconds=1)).is_open
    assert not opening(article, at=later).is_open
    article.comments_close_at = later + timedelta(days=9)
    assert opening(article, at=later).is_open


def test_policies_are_for_editors_and_of_their_own_sections(
    desk: Client, editor: Any, person: Any, article: Article
) -> None:
    outsider = Client()
    outsider.force_login(person("ad manager"))
    assert outsider.get(path_of(article)).status_code == 403
    desk.get("/admin/desk/")
    editor.moderator.sections.add(SectionFactory(slug="sport"))
    assert "You may read it, not change it." in desk.get(path_of(article)).content.decode()
    assert send(desk, article, max_links=1).status_code == 403
    editor.moderator.sections.add(article.section)
    assert send(desk, article, max_links=1).status_code == 302
    assert send(desk, article.site, max_links=1).status_code == 403
    assert Policy.objects.count() == 1
    assert scope_of("section", article.pk) is None
