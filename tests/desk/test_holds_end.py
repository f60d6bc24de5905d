"""A hold on a closed article ends as not reviewed in time: told to its author, held against nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from comments.models import Comment
from comments.views import status_document
from moderation.circumstances import circumstances
from moderation.desk.items import Viewer, item
from moderation.holds import end_unreviewed_holds
from moderation.lifecycle.own_labels import own_rows
from moderation.models import Decision
from newsroom.audit.models import AuditEntry
from tests.desk.conftest import seen
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db

LATER = timedelta(days=15)


@pytest.fixture
def closed():
    return ArticleFactory(comments_close_at=timezone.now() + timedelta(days=1))


def end(days=LATER):
    return end_unreviewed_holds(now=timezone.now() + days)


def test_it_ends_and_the_author_is_told_why(closed, hold):
    comment = hold(article=closed)
    assert end() == 1
    comment.refresh_from_db()
    assert status_document(comment)["status"] == "rejected"
    assert status_document(comment)["reason"] == "not_reviewed"
    decision = Decision.objects.get(pk=comment.decision_id)
    assert (decision.actor_kind, decision.outcome) == ("system", "rejected")
    assert AuditEntry.objects.filter(object_id=str(comment.pk), action="comment.rejected").count() == 1
    assert end() == 0


def test_it_is_no_label_and_does_not_count_against_its_author(closed, hold):
    comment = hold(article=closed)
    end()
    rows = own_rows()
    assert rows.train == []
    assert rows.held_out == []
    assert item(comment.pk, viewer=Viewer(user_id=1)).author.rejected == 0
    later = hold(email="another@example.org")
    later.private.mailbox_id = comment.private.mailbox_id
    assert circumstances(later, later.private).refused == 0


def test_open_articles_and_young_holds_stay(closed, hold):
    hold(article=ArticleFactory()), hold(article=closed)
    assert end(timedelta(days=2)) == 0
    assert end() == 1
    assert Comment.objects.held().count() == 1


def test_what_a_colleague_was_asked_about_stays(closed, desk, hold):
    comment = hold(article=closed)
    desk.post("/admin/desk/escalate/", {"seen": seen(comment), "note": "Is this so?"})
    assert end() == 0


def test_it_can_be_switched_off(closed, hold, settings):
    settings.NEWSROOM_HOLD_DAYS = 0
    hold(article=closed)
    assert end() == 0
