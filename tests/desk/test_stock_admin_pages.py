"""Django's own pages: what may be changed there, by whom, and what leaves a trace."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article, Sensitivity
from comments.models import Comment
from moderation.models import Decision, ModelVersion
from newsroom.access.models import ApiToken
from newsroom.access.services import token_digest
from newsroom.audit.models import AuditEntry
from newsroom.audit.services import record
from tests.factories import ArticleFactory, CommentFactory, SectionFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_desk():
    """A client signed in as somebody with every right."""
    client = Client()
    client.force_login(UserFactory(username="ada", is_superuser=True))
    return client


def audit(action):
    return AuditEntry.objects.filter(action=action)


# --- comments, decisions, audit: to read ------------------------------------------------------------
@pytest.mark.parametrize(
    "path", ["comments/comment", "moderation/decision", "audit/auditentry", "moderation/modelversion"]
)
def test_even_a_superuser_adds_none_of_them(admin_desk, path):
    assert admin_desk.get(f"/admin/{path}/add/").status_code == 403


def test_a_comment_opens_on_the_desk_and_a_posted_body_changes_nothing(admin_desk):
    comment = CommentFactory(status="published", body="As it was sent.")
    path = f"/admin/comments/comment/{comment.pk}/change/"
    assert admin_desk.get(path)["Location"] == f"/admin/desk/comments/{comment.pk}/"
    admin_desk.post(path, {"body": "As an editor would like it.", "status": "held"})
    comment.refresh_from_db()
    assert (comment.body, comment.status) == ("As it was sent.", "published")


@pytest.mark.parametrize("path", ["comments/comment", "moderation/decision", "audit/auditentry"])
def test_nobody_deletes_them(admin_desk, path):
    comment = CommentFactory(status="published")
    ids = {
        "comments/comment": comment.pk,
        "moderation/decision": comment.decision_id,
        "audit/auditentry": record(action="x", object_type="y", object_id="z", actor_kind="system").pk,
    }
    assert admin_desk.post(f"/admin/{path}/{ids[path]}/delete/", {"post": "yes"}).status_code == 403


def test_comments_are_found_by_their_words(desk):
    CommentFactory(body="Seagrass grows there.")
    CommentFactory(body="Nothing of the sort.")
    page = desk.get("/admin/comments/comment/?q=seagrass").content.decode()
    assert "Seagrass grows there." in page
    assert "Nothing of the sort." not in page


def test_the_history_tells_revisions_decisions_and_audit(desk, press, hold):
    comment = hold(body="You fool", findings=[{"code": "score:insult", "where": "body", "spans": [[4, 8]]}])
    press(comment, "reject", reason="insult", note="Read twice.")
    page = " ".join(desk.get(f"/admin/desk/comments/{comment.pk}/").content.decode().split())
    assert "<b>Sent</b>, revision 1" in page
    assert "<b>Held</b> by machine" in page
    assert "<b>Rejected</b> by kerensa" in page
    assert "Read twice." in page
    assert "comment.rejected" in page


def test_an_erased_comment_has_a_history_and_no_words(desk):
    comment = CommentFactory(status="erased", name="Moss")
    page = desk.get(f"/admin/desk/comments/{comment.pk}/")
    assert page.status_code == 200
    assert "The text was erased." in page.content.decode()


def test_an_author_page_shows_all_comments_of_one_mailbox_and_no_address(desk):
    mine = CommentFactory(email="moss@example.org", body="First of mine, about boats.")
    CommentFactory(email="moss@example.org", status="rejected", body="Second of mine, about cars.")
    CommentFactory(email="other@example.org", body="Somebody else's.")
    page = desk.get(f"/admin/desk/authors/{mine.private.mailbox_id}/").content.decode()
    assert "about boats" in page
    assert "about cars" in page
    assert "Somebody else" not in page
    assert "moss@" not in page


# --- articles ------------------------------------------------------------------------------------------
def form_of(article, **changes):
    published = timezone.localtime(article.published_at) if article.published_at else None
    fields = {
        "headline": article.headline,
        "standfirst": article.standfirst,
        "body": article.body,
        "byline": article.byline,
        "site": article.site_id,
        "section": article.section_id,
        "slug": article.slug,
        "status": article.status,
        "published_at_0": f"{published:%Y-%m-%d}" if published else "",
        "published_at_1": f"{published:%H:%M:%S}" if published else "",
        "comments_open": "on",
        "topic": "",
        "risk": "",
        "sensitivities-TOTAL_FORMS": 0,
        "sensitivities-INITIAL_FORMS": 0,
    }
    return fields | changes


def change(client, article, **changes):
    return client.post(f"/admin/articles/article/{article.pk}/change/", form_of(article, **changes))


def test_an_article_is_scheduled_for_a_time_to_come(desk):
    article = ArticleFactory(status="draft", published_at=None)
    soon = timezone.now() + timedelta(hours=3)
    answer = change(
        desk,
        article,
        status="scheduled",
        published_at_0=f"{soon:%Y-%m-%d}",
        published_at_1=f"{soon:%H:%M:%S}",
    )
    assert answer.status_code == 302
    article.refresh_from_db()
    assert article.status == "scheduled"
    assert not Article.objects.published(at=timezone.now()).filter(pk=article.pk).exists()
    assert Article.objects.published(at=soon + timedelta(seconds=1)).filter(pk=article.pk).exists()
    assert audit("article.update").get().data == {"fields": ["published_at", "status"]}


def test_nothing_is_scheduled_for_the_past(desk):
    article = ArticleFactory(status="draft", published_at=None)
    answer = change(desk, article, status="scheduled", published_at_0="2020-01-01", published_at_1="08:00:00")
    assert "Give the time in the future" in answer.content.decode()


def test_publishing_without_a_time_means_now(desk):
    article = ArticleFactory(status="draft", published_at=None)
    change(desk, article, status="published")
    article.refresh_from_db()
    assert timezone.now() - article.published_at < timedelta(minutes=1)


def test_a_section_of_another_title_is_refused(desk):
    article = ArticleFactory()
    elsewhere = SectionFactory(site=SiteFactory(code="gazette"), slug="elsewhere")
    assert "This section belongs to" in change(desk, article, section=elsewhere.pk).content.decode()


def test_sensitivity_is_noted_with_its_history(desk, editor):
    article = ArticleFactory()
    change(desk, article, topic="war", risk="medium", risk_reason="shelling")
    change(desk, article, topic="war", risk="high")
    rows = list(Sensitivity.objects.filter(article=article).order_by("at"))
    assert [(row.risk, row.set_by, row.reason) for row in rows] == [
        ("medium", editor, "shelling"),
        ("high", editor, ""),
    ]
    page = desk.get(f"/admin/articles/article/{article.pk}/change/").content.decode()
    assert "shelling" in page
    assert audit("article.sensitivity").count() == 2


def test_staff_preview_a_draft_and_nobody_else_does(desk, person):
    draft = ArticleFactory(status="draft", published_at=None, headline="Not out yet")
    answer = desk.get(f"/admin/preview/{draft.pk}/")
    assert "Not out yet" in answer.content.decode()
    assert "A draft: readers do not see this." in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert Client().get(f"/admin/preview/{draft.pk}/").status_code == 302
    assert desk.get(draft.get_absolute_url()).status_code == 404


def test_articles_are_found_and_filtered(desk):
    ArticleFactory(headline="Ferry late again")
    ArticleFactory(headline="Bridge open", status="draft", published_at=None)
    page = desk.get("/admin/articles/article/?q=ferry").content.decode()
    assert "Ferry late again" in page
    assert "Bridge open" not in page
    drafts = desk.get("/admin/articles/article/?status__exact=draft").content.decode()
    assert "Bridge open" in drafts
    assert "Preview" in drafts


def test_classifier_versions_tell_which_is_active_without_loading_artifacts(desk):
    version = ModelVersion.objects.create(
        digest="ab" * 32, name="shipped", artifact=b"not loaded", is_active=True,
        manifest={"thresholds": {"insult": {"hold": 0.5, "reject": 1.0, "hold_achieves": {"recall": 0.77}}}},
    )  # fmt: skip
    assert "shipped" in desk.get("/admin/moderation/modelversion/").content.decode()
    page = desk.get(f"/admin/moderation/modelversion/{version.pk}/change/").content.decode()
    assert "77 %" in page
    assert "never" in page


# --- tokens ------------------------------------------------------------------------------------------------
def test_a_token_is_shown_once_and_works_and_is_revoked(admin_desk):
    user = UserFactory(username="cms")
    answer = admin_desk.post(
        "/admin/access/apitoken/add/", {"name": "CMS", "user": user.pk, "scopes": ["articles:write"]}
    )
    token = ApiToken.objects.get()
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert bytes(token.digest) == token_digest(secret)
    assert secret not in admin_desk.get("/admin/access/apitoken/").content.decode()
    assert audit("token.issue").get().actor.username == "ada"
    admin_desk.post("/admin/access/apitoken/", {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert not token.is_live(at=timezone.now())
    assert audit("token.revoke").count() == 1


def test_an_editor_makes_no_tokens(desk):
    assert desk.get("/admin/access/apitoken/add/").status_code == 403


def test_a_decision_in_the_log_opens_its_comment(desk):
    comment = CommentFactory(status="published")
    decision = Decision.objects.get(pk=comment.decision_id)
    assert Comment.objects.count() == 1
    assert desk.get(f"/admin/moderation/decision/{decision.pk}/change/")["Location"] == (
        f"/admin/desk/comments/{comment.pk}/"
    )
