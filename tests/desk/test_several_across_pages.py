"""Holding and rejecting by score, commenter or article across all pages: shown first, undone after."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comments.models import Comment
from comments.services import StaleDecision
from moderation.models import Decision
from moderation.services import decide_by_person
from tests.desk.conftest import seen
from tests.factories import ArticleFactory, CommentFactory, SectionFactory

pytestmark = pytest.mark.django_db


def states(comments):
    by_id = dict(Comment.objects.values_list("pk", "status"))
    return [by_id[comment.pk] for comment in comments]


def rows(client, path):
    return [row.comment.pk for row in client.get(path).context["catch"].rows]


def sweep(client, path, action):
    """Presses the button of the preview, with everything chosen that it shows."""
    chosen = [row.seen for row in client.get(path).context["catch"].rows]
    data = {"seen": chosen, "action": action, "reason": "spam", "next": path}
    return client.post("/admin/desk/decide-many/", data, follow=True).content.decode()


def test_the_preview_catches_a_score_range_on_all_pages_and_decides_nothing(desk, hold):
    high = [hold(scores={"spam": 0.9}) for _ in range(27)]
    hold(scores={"spam": 0.5})
    page = desk.get("/admin/desk/queues/all/several/?score_from=80")
    assert page.context["catch"].total == 27
    assert states(high) == ["held"] * 27


def test_rejecting_what_was_shown_gives_each_its_own_decision_and_undo_takes_all_back(desk, hold, editor):
    waiting = [hold(scores={"spam": 0.9}) for _ in range(3)]
    low = hold(scores={"spam": 0.2})
    path = "/admin/desk/queues/all/several/?score_from=80"
    assert "3 rejected." in sweep(desk, path, "reject")
    assert states([*waiting, low]) == ["rejected"] * 3 + ["held"]
    made = Decision.objects.filter(actor=editor)
    assert {(one.is_bulk, one.reason_code) for one in made} == {(True, "spam")}
    undo = [seen(comment) for comment in Comment.objects.filter(status="rejected")]
    desk.post("/admin/desk/decide-many/", {"seen": undo, "action": "undo", "next": path})
    assert states(waiting) == ["held"] * 3


def test_what_changed_after_the_preview_is_refused(desk, hold, person):
    one, other = hold(), hold()
    shown = [seen(one), seen(other)]
    bess = person("editor", "bess")
    decide_by_person(comment_id=one.pk, actor=bess, outcome="published", seen_revision=1)
    data = {"seen": shown, "action": "reject", "reason": "spam"}
    page = desk.post("/admin/desk/decide-many/", data, follow=True).content.decode()
    assert "1 rejected." in page
    assert states([one, other]) == ["published", "rejected"]


def test_all_of_one_commenter_is_held_again_and_undo_publishes_it(desk):
    mine = [CommentFactory(email="moss@example.org", status="published") for _ in range(3)]
    other = CommentFactory(status="published")
    path = f"/admin/desk/queues/published/several/?author={mine[0].private.mailbox_id}"
    assert "3 held." in sweep(desk, path, "hold")
    assert states([*mine, other]) == ["held"] * 3 + ["published"]
    undo = [seen(comment) for comment in Comment.objects.filter(status="held")]
    desk.post("/admin/desk/decide-many/", {"seen": undo, "action": "undo", "next": path})
    assert states(mine) == ["published"] * 3


def test_holding_needs_a_reason(desk):
    comment = CommentFactory(status="published")
    desk.post("/admin/desk/decide/", {"seen": seen(comment), "action": "hold", "reason": ""})
    assert states([comment]) == ["published"]


def test_a_take_down_is_undone_once_within_a_minute(press):
    comment = CommentFactory(status="published")
    press(comment, "remove", reason="off_topic")
    comment.refresh_from_db()
    press(comment, "undo")
    assert states([comment]) == ["published"]
    comment.refresh_from_db()
    assert press(comment, "undo", fragment=True).status_code == 409


def test_nothing_is_approved_unread(desk, hold):
    hold()
    page = desk.get("/admin/desk/queues/all/several/").content.decode()
    assert 'value="approve"' not in page
    assert desk.get("/admin/desk/queues/rejected/several/").status_code == 404


def test_filters_by_article_and_by_the_authors_key(desk, hold):
    ferry = ArticleFactory(headline="Ferry late again")
    one, _ = hold(article=ferry, email="moss@example.org"), hold()
    assert rows(desk, f"/admin/desk/queues/all/several/?article={ferry.pk}") == [one.pk]
    key = bytes(one.private.mailbox.address_hash)[:4].hex()
    assert rows(desk, f"/admin/desk/queues/all/several/?author={key}") == [one.pk]
    assert "Ferry late again</option>" in desk.get("/admin/desk/queues/all/").content.decode()


def test_an_author_that_nobody_is_catches_nothing(desk, hold):
    hold()
    nobody = "00000000-0000-7000-8000-000000000000"
    assert rows(desk, f"/admin/desk/queues/all/several/?author={nobody}") == []


def test_a_moderator_sweeps_asks_and_reads_in_their_own_sections_only(desk, editor, hold):
    own, foreign = SectionFactory(slug="sport"), SectionFactory(slug="world")
    mine, other = hold(article=ArticleFactory(section=own)), hold(article=ArticleFactory(section=foreign))
    desk.get("/admin/desk/")
    editor.moderator.sections.add(own)
    assert rows(desk, "/admin/desk/queues/all/several/") == [mine.pk]
    assert desk.get(f"/admin/desk/comments/{other.pk}/").status_code == 404
    assert desk.post("/admin/desk/claim/", {"comment": other.pk}).status_code == 403
    asked = desk.post("/admin/desk/escalate/", {"seen": seen(other), "note": "Is this so?"})
    assert asked.status_code == 403


def test_the_preview_of_many_costs_as_many_queries_as_that_of_few(desk, hold):
    path = "/admin/desk/queues/all/several/"
    hold()
    desk.get(path)
    with CaptureQueriesContext(connection) as few:
        desk.get(path)
    for _ in range(12):
        hold()
    with CaptureQueriesContext(connection) as many:
        desk.get(path)
    assert len(many) == len(few)


def test_a_caller_that_saw_no_decision_overrules_the_machine_but_no_colleague(hold, person, editor):
    comment, bess = hold(), person("editor", "bess")
    decide_by_person(comment_id=comment.pk, actor=bess, outcome="published", seen_revision=1)
    with pytest.raises(StaleDecision, match="bess has decided"):
        decide_by_person(
            comment_id=comment.pk, actor=editor, outcome="removed", seen_revision=1, reason_code="spam"
        )
    assert states([comment]) == ["published"]
