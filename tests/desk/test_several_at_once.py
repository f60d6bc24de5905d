"""Bulk decisions: approving needs reading; near-copies are found and decided together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from comments.models import Comment
from comments.services import edit_comment
from moderation.desk.clusters import Waiting
from moderation.models import Sketch
from moderation.rules import store_sketch
from tests.desk.conftest import seen

pytestmark = pytest.mark.django_db

SPAM = "I was sceptical at first, but then I invested five hundred pounds with her and became rich"


@pytest.fixture
def wave(hold):
    """Makes held near-copies of one text, each by a commenter of its own."""

    def make(number, *, body=SPAM, **given):
        made = []
        for index in range(number):
            one = hold(body=f"{body}{'!' * index}", held_by="rule", reason="wave", **given)
            store_sketch(one)
            made.append(one)
        return made

    return make


@pytest.fixture
def approve(desk):
    def send(comments, *, read=()):
        data = {"seen": [seen(c) for c in comments], "read": [seen(c) for c in read], "action": "approve"}
        return desk.post("/admin/desk/decide-many/", data, follow=True).content.decode()

    return send


def states(comments):
    by_id = dict(Comment.objects.values_list("pk", "status"))
    return [by_id[comment.pk] for comment in comments]


def test_what_was_not_on_the_screen_is_not_approved(approve, hold):
    read, unread = hold(body="A text that was read."), hold(body="Another text that was not.")
    page = approve([read, unread], read=[read])
    assert states([read, unread]) == ["published", "held"]
    assert "1 approved." in page
    assert "1 refused, nothing was decided: its text was not on your screen." in page


def test_one_reading_approves_all_that_read_the_same(approve, hold):
    first, shouted, disguised = hold(body="Well done, harbour!"), hold(body="WELL DONE, HARBOUR!"), hold(
        body="Well d0ne, harbour!"
    )  # fmt: skip
    approve([first, shouted, disguised], read=[first])
    assert states([first, shouted, disguised]) == ["published"] * 3


def test_the_same_text_under_another_name_does_not_read_the_same(approve, hold):
    first, other = (
        hold(name="Moss", body="Well done, harbour!"),
        hold(name="Idiot", body="Well done, harbour!"),
    )
    approve([first, other], read=[first])
    assert states([first, other]) == ["published", "held"]


def test_a_text_that_changed_after_it_was_read_vouches_for_no_other(approve, hold, desk):
    first, other = hold(body="Well done, harbour!"), hold(body="A vile text.")
    shown = seen(first)
    edit_comment(comment_id=first.pk, body="A vile text.", at=timezone.now())
    desk.post("/admin/desk/decide-many/", {"seen": [seen(other)], "read": [shown], "action": "approve"})
    assert states([other]) == ["held"]


def test_rejecting_several_needs_no_reading(desk, wave):
    comments = wave(3)
    desk.post(
        "/admin/desk/decide-many/",
        {"seen": [seen(c) for c in comments], "action": "reject", "reason": "spam"},
    )
    assert states(comments) == ["rejected"] * 3


def test_an_item_tells_how_many_like_it_wait(desk, wave, hold):
    wave(4)
    hold(body="Something else entirely, about the ferry and its late departures in autumn.")
    page = desk.get("/admin/desk/queues/rule/").content.decode()
    assert page.count("3 more like this</a> wait") == 4


def test_it_tells_in_what_time_they_came(desk, wave):
    first, *_ = wave(3)
    Sketch.objects.filter(comment=first).update(at=F("at") - timedelta(hours=3))
    page = desk.get("/admin/desk/queues/rule/").content.decode()
    assert page.count("2 more like this</a> in 3 h") == 3


def test_a_cluster_is_shown_whole_and_decided_in_one_step(desk, wave):
    comments = wave(4)
    page = desk.get(f"/admin/desk/clusters/{comments[0].pk}/").content.decode()
    assert "4 nearly the same" in page
    assert 'name="next" value="/admin/desk/queues/all/"' in page  # Where the undo stands.
    assert all(f'id="c-{comment.pk}"' in page for comment in comments)
    desk.post(
        "/admin/desk/decide-many/",
        {"seen": [seen(c) for c in comments], "action": "reject", "reason": "spam"},
    )
    assert set(states(comments)) == {"rejected"}


def test_the_cluster_of_a_comment_that_no_longer_waits_leads_to_its_history(desk, wave, press):
    comment = wave(3)[0]
    press(comment, "approve")
    answer = desk.get(f"/admin/desk/clusters/{comment.pk}/")
    assert answer["Location"] == f"/admin/desk/comments/{comment.pk}/"


def test_copies_of_another_day_are_another_matter(wave):
    today, last_week = wave(2), wave(2, at=timezone.now() - timedelta(days=6))
    waiting = Waiting.load()
    assert [one.pk for one in waiting.like(today[0].pk)] == [today[1].pk]
    assert [one.pk for one in waiting.like(last_week[0].pk)] == [last_week[1].pk]


def test_waves_are_three_or_more_largest_first_and_each_comment_in_one(wave):
    small = wave(3, body="The council hides the truth about the bridge and everybody here knows it by now")
    large = wave(5)
    wave(2, body="Two people wrote this one about seagrass and its meadows near the western pier")
    found = Waiting.load().waves()
    assert [set(one.members) for one in found] == [{c.pk for c in large}, {c.pk for c in small}]


def test_the_desk_opens_with_its_waves(desk, wave):
    wave(3)
    page = desk.get("/admin/desk/").content.decode()
    assert "Waves first" in page
    assert "3 nearly the same" in page
