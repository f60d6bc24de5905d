"""The desk opens with what happened since one left; and each works as they like."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from moderation.desk.models import Moderator
from moderation.desk.moderators import visit
from tests.factories import ArticleFactory, CommentFactory

pytestmark = pytest.mark.django_db


def test_a_visit_ends_after_half_an_hour_without_a_page(editor):
    start = timezone.now()
    assert visit(editor, now=start).left_at == start - timedelta(days=1)
    visit(editor, now=start + timedelta(minutes=20))
    back = visit(editor, now=start + timedelta(hours=9))
    assert back.left_at == start + timedelta(minutes=20)
    still = visit(editor, now=start + timedelta(hours=9, minutes=5))
    assert still.left_at == start + timedelta(minutes=20)


def test_the_desk_counts_what_happened_meanwhile(desk, editor):
    morning = timezone.now()
    with time_machine.travel(morning - timedelta(hours=10)):
        CommentFactory(at=morning - timedelta(hours=10))
        desk.get("/admin/desk/")
    CommentFactory(status="published"), CommentFactory(status="rejected"), CommentFactory(status="held")
    desk.logout()  # The session of ten hours ago is over.
    desk.force_login(editor)
    told = desk.get("/admin/desk/").context["since"]
    assert (told.sent, told.published_by_machine, told.rejected_by_machine, told.still_waiting) == (
        3,
        1,
        1,
        1,
    )
    assert Moderator.objects.get(user=editor).left_at is not None


def test_articles_that_still_take_comments_come_with_what_waits_there(desk, hold):
    open_one = ArticleFactory(headline="Ferry late again")
    closed = ArticleFactory(headline="Bridge open", comments_close_at=timezone.now() + timedelta(seconds=5))
    hold(article=open_one), hold(article=closed)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        headlines = [row.headline for row in desk.get("/admin/desk/").context["open_articles"]]
    assert headlines == ["Ferry late again"]


def test_harsh_texts_are_blurred_until_one_switches_it_off(desk, hold):
    hold(scores={"threat": 0.93})
    hold(scores={"insult": 0.97})
    assert desk.get("/admin/desk/queues/all/").content.decode().count('class="unblur"') == 1
    desk.post("/admin/desk/settings/", {})
    assert 'class="unblur"' not in desk.get("/admin/desk/queues/all/").content.decode()
    desk.post("/admin/desk/settings/", {"blur": "on"})
    assert 'class="unblur"' in desk.get("/admin/desk/queues/all/").content.decode()
