"""Pressing the desk's buttons: each a decision about exactly the text that was shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from comments.models import Comment
from comments.services import edit_comment
from moderation.models import Decision
from moderation.services import decide_by_person
from newsroom.audit.models import AuditEntry
from tests.desk.conftest import seen
from tests.factories import CommentFactory

pytestmark = pytest.mark.django_db


def state(comment):
    return Comment.objects.values_list("status", flat=True).get(pk=comment.pk)


def test_approving_publishes_and_says_so(press, desk, hold, editor):
    comment = hold(name="Moss")
    answer = press(comment, "approve")
    assert answer.status_code == 302
    assert state(comment) == "published"
    made = Decision.objects.get(pk=Comment.objects.get(pk=comment.pk).decision_id)
    assert (made.actor, made.outcome, made.is_bulk) == (editor, "published", False)
    assert AuditEntry.objects.filter(
        object_id=str(comment.pk), actor=editor, action="comment.published"
    ).exists()
    assert "Comment by Moss: published." in desk.get(answer["Location"]).content.decode()


def test_rejecting_needs_a_reason(press, hold):
    comment = hold()
    press(comment, "reject")
    assert state(comment) == "held"
    press(comment, "reject", reason="threat")
    assert state(comment) == "rejected"
    assert Comment.objects.get(pk=comment.pk).reason_code == "threat"


def test_a_reason_for_holding_is_no_reason_for_refusing(press, hold):
    comment = hold()
    press(comment, "reject", reason="wave")
    assert state(comment) == "held"


def test_a_text_that_was_edited_after_it_was_shown_is_not_published(press, desk, hold):
    comment = hold(body="A mild text.")
    shown = seen(comment)
    edit_comment(comment_id=comment.pk, body="A wild text.", at=timezone.now())
    answer = press(comment, "approve", as_seen=shown)
    assert state(comment) == "pending"
    page = desk.get(answer["Location"]).content.decode()
    assert "Nothing was decided: the comment has changed since you saw it." in page
    assert "A wild text." in page


def test_with_script_the_refusal_brings_the_new_text_at_once(press, hold):
    comment = hold(body="A mild text.")
    shown = seen(comment)
    edit_comment(comment_id=comment.pk, body="A wild text.", at=timezone.now())
    answer = press(comment, "approve", as_seen=shown, fragment=True)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()
    assert "A wild text." in answer.content.decode()


def test_of_two_editors_the_second_is_told(press, hold, person):
    comment = hold()
    shown = seen(comment)
    decide_by_person(
        comment_id=comment.pk,
        actor=person("editor", "bess"),
        outcome="rejected",
        seen_revision=1,
        reason_code="spam",
    )
    assert press(comment, "approve", as_seen=shown, fragment=True).status_code == 409
    assert state(comment) == "rejected"


def test_one_can_take_back_ones_own_decision_for_a_minute(press, hold):
    comment = hold()
    press(comment, "approve")
    comment.refresh_from_db()
    answer = press(comment, "undo", fragment=True)
    assert answer.status_code == 200
    comment.refresh_from_db()
    assert (comment.status, comment.held_by) == ("held", "person")


def test_after_a_minute_it_stands(press, hold):
    comment = hold()
    press(comment, "approve")
    comment.refresh_from_db()
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert press(comment, "undo", fragment=True).status_code == 409
    assert state(comment) == "published"


def test_nobody_takes_back_anothers_decision(press, hold, person):
    comment = hold()
    decide_by_person(
        comment_id=comment.pk,
        actor=person("editor", "bess"),
        outcome="published",
        seen_revision=comment.revision,
    )
    comment.refresh_from_db()
    assert press(comment, "undo", fragment=True).status_code == 409
    assert state(comment) == "published"


def test_checking_again_starts_another_round(press, hold):
    comment = hold()
    press(comment, "check_again")
    comment.refresh_from_db()
    assert (comment.status, comment.round) == ("pending", 2)


def test_a_published_comment_is_taken_down_with_a_reason(press):
    comment = CommentFactory(status="published")
    press(comment, "remove", reason="illegal")
    assert state(comment) == "removed"


def test_the_strip_of_the_last_minute_offers_to_take_back(press, desk, hold):
    comment = hold(name="Moss")
    press(comment, "approve")
    comment.refresh_from_db()
    page = desk.get("/admin/desk/queues/all/").content.decode()
    assert "Decided in the last minute:" in page
    assert f'value="{seen(comment)}"' in page


def test_several_are_decided_each_for_itself_and_the_changed_one_is_refused(desk, hold):
    comments = [hold() for _ in range(3)]
    shown = [seen(comment) for comment in comments]
    edit_comment(comment_id=comments[1].pk, body="Something else by now.", at=timezone.now())
    answer = desk.post(
        "/admin/desk/decide-many/",
        {"seen": shown, "read": shown, "action": "approve", "next": "/admin/desk/queues/all/"},
    )
    assert answer["Location"] == "/admin/desk/queues/all/"
    assert [state(comment) for comment in comments] == ["published", "pending", "published"]
    made = Decision.objects.filter(actor_kind="person")
    assert [decision.is_bulk for decision in made] == [True, True]
    page = desk.get("/admin/desk/queues/all/").content.decode()
    assert "2 approved." in page
    assert "1 refused, nothing was decided: the comment has changed since it was looked at." in page


def test_several_can_be_taken_back_at_once(desk, hold):
    comments = [hold() for _ in range(3)]
    desk.post(
        "/admin/desk/decide-many/",
        {"seen": [seen(c) for c in comments], "action": "reject", "reason": "spam"},
    )
    shown = [seen(Comment.objects.get(pk=comment.pk)) for comment in comments]
    desk.post("/admin/desk/decide-many/", {"seen": shown, "action": "undo"})
    assert {state(comment) for comment in comments} == {"held"}


@pytest.mark.parametrize("nonsense", ["", "x", "1:2:3", "::", "0:0:0:0", "\x00"])
def test_nonsense_decides_nothing_and_is_no_error_of_ours(desk, hold, nonsense):
    hold()
    assert desk.post("/admin/desk/decide/", {"seen": nonsense, "action": "approve"}).status_code == 302
    assert (
        desk.post(
            "/admin/desk/decide-many/", {"seen": [nonsense], "read": [nonsense], "action": "approve"}
        ).status_code
        == 302
    )
    assert not Decision.objects.filter(actor_kind="person").exists()


def test_a_comment_that_never_was_is_not_found(desk):
    gone = "01890000-0000-7000-8000-000000000000:1:"
    assert desk.post("/admin/desk/decide/", {"seen": gone, "action": "approve"}).status_code == 404


def test_the_way_back_leads_nowhere_else(press, hold):
    assert press(hold(), "approve", next="https://evil.example/")["Location"] == "/admin/desk/queues/all/"
