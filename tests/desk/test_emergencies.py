"""The three big switches: obeyed at once, shown while they are on, ended by one click or by time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ads.models import PolicyOverride
from ads.selectors import surroundings
from comments.models import Comment
from comments.services import accepts_comments
from moderation.emergencies import AlreadyStands, begin_emergency, end_emergency, standing
from moderation.models import Emergency, ModelVersion
from moderation.selectors import resolved_policy
from moderation.services import judge
from newsroom.audit.models import AuditEntry
from newsroom.errors import FieldError
from tests.contract.helpers import post_comment, problem
from tests.factories import ArticleFactory, CommentFactory, SectionFactory, SiteFactory

pytestmark = pytest.mark.django_db
XSS = "<img src=x onerror=alert(1)>"


def press(desk: Client, kind: str, **fields: Any) -> Any:
    data = {"site": SiteFactory().pk, "kind": kind, "reason": "A raid", "lasts": "2"} | fields
    return desk.post("/admin/desk/emergencies/", data, follow=True)


def begin(kind: str, actor: Any, **fields: Any) -> Emergency:
    now = fields.pop("now", timezone.now())
    given = {"site": SiteFactory(), "reason": "A raid", "until": now + timedelta(hours=2)} | fields
    return begin_emergency(kind=kind, actor=actor, now=now, **given)


def test_comments_close_on_every_article_and_open_again_by_themselves(desk: Client, editor: Any) -> None:
    article = ArticleFactory()
    press(desk, "close_comments")
    problem(post_comment(Client(), article), 403, "comments_closed")
    page = Client().get(article.get_absolute_url()).content.decode()
    assert "Comments are closed for now. They open again at" in page
    assert not Comment.objects.exists()

    Emergency.objects.all().delete()
    site = SiteFactory()
    site.comments_closed_until = timezone.now() - timedelta(seconds=1)
    site.save()
    assert post_comment(Client(), article).status_code == 202


def test_another_title_goes_on(desk: Client) -> None:
    press(desk, "close_comments")
    elsewhere = SiteFactory(code="gazette")
    article = ArticleFactory(site=elsewhere, section=SectionFactory(site=elsewhere))
    assert accepts_comments(article, at=timezone.now())


def test_everything_is_read_first_even_where_a_policy_says_otherwise(editor: Any) -> None:
    comment = CommentFactory(body="The bearing came at last, and it held.")
    assert not resolved_policy(comment.article, manifest=None).premoderate
    begin("premoderate", editor)
    assert resolved_policy(comment.article, manifest=None).premoderate
    assert "premoderated" in {finding.code for finding in judge(comment).findings}


def test_it_ends_by_itself(editor: Any) -> None:
    article = ArticleFactory()
    begin("premoderate", editor, now=timezone.now() - timedelta(hours=3))
    assert not resolved_policy(article, manifest=None).premoderate
    assert not standing(now=timezone.now()).exists()


def test_ads_go_off_with_the_editors_own_switch_and_come_back(editor: Any) -> None:
    article = ArticleFactory()
    emergency = begin("ads_off", editor)
    later = timezone.now() + timedelta(seconds=1)
    assert surroundings(article, at=later).override == "none"
    end_emergency(emergency_id=emergency.pk, actor=editor, now=later)
    assert surroundings(article, at=later + timedelta(seconds=1)).override == ""
    assert PolicyOverride.objects.get(pk=emergency.pk).expires_at == later


def test_who_why_and_until_when_are_on_record(desk: Client, editor: Any) -> None:
    press(desk, "premoderate", reason="The verdict is out")
    emergency = Emergency.objects.get()
    desk.post(f"/admin/desk/emergencies/{emergency.pk}/end/")
    desk.post(f"/admin/desk/emergencies/{emergency.pk}/end/")
    began, ended = AuditEntry.objects.filter(object_id=str(emergency.pk)).order_by("pk")
    assert (began.action, began.actor, began.reason) == ("emergency.begin", editor, "The verdict is out")
    assert (ended.action, ended.actor) == ("emergency.end", editor)
    assert began.data["kind"] == "premoderate"


def test_the_banner_stands_on_every_page_and_its_reason_is_text(desk: Client) -> None:
    page = press(desk, "premoderate", reason=XSS).content.decode()
    assert "A person reads every comment first</b> on The Tribune until" in page
    assert XSS not in page
    for path in ("/admin/", "/admin/desk/queues/all/", "/admin/articles/article/"):
        assert "emergency-banner" in desk.get(path).content.decode()
    desk.post(f"/admin/desk/emergencies/{Emergency.objects.get().pk}/end/", follow=True)
    assert "emergency-banner" not in desk.get("/admin/").content.decode()


@pytest.mark.parametrize(
    "fields", [{"reason": ""}, {"reason": "x" * 301}, {"lasts": "9999"}, {"kind": "all"}, {"site": "x"}]
)
def test_without_a_reason_or_with_nonsense_nothing_is_switched(desk: Client, fields: dict[str, str]) -> None:
    kind = fields.pop("kind", "premoderate")
    assert "Nothing was switched" in press(desk, kind, **fields).content.decode()
    assert not Emergency.objects.exists()


def test_the_same_twice_is_refused_and_a_week_is_the_longest(editor: Any) -> None:
    begin("premoderate", editor)
    with pytest.raises(AlreadyStands):
        begin("premoderate", editor)
    with pytest.raises(FieldError):
        begin("ads_off", editor, until=timezone.now() + timedelta(days=8))


def test_it_is_for_editors_of_the_whole_site(desk: Client, editor: Any, person: Any) -> None:
    outsider = Client()
    outsider.force_login(person("ad manager"))
    assert press(outsider, "premoderate").status_code == 403
    assert "In an emergency" in desk.get("/admin/desk/").content.decode()
    begin("premoderate", editor)
    assert "End it now" in desk.get("/admin/").content.decode()
    editor.moderator.sections.add(SectionFactory())
    page = desk.get("/admin/").content.decode()
    assert "emergency-banner" in page
    assert "End it now" not in page
    assert press(desk, "ads_off").status_code == 403
    assert "In an emergency" not in desk.get("/admin/desk/").content.decode()
    assert Emergency.objects.count() == 1


def test_the_first_screen_says_which_language_the_classifier_reads(desk: Client) -> None:
    assert "No classifier is active" in desk.get("/admin/desk/").content.decode()
    ModelVersion.objects.create(
        name="en-news", digest="0" * 64, manifest={"language": "en"}, artifact=b"", is_active=True
    )
    SiteFactory(code="zeitung", language="de")
    page = desk.get("/admin/desk/").content.decode()
    assert "The classifier reads English." in page
    assert "The Zeitung is written in another language" in page
