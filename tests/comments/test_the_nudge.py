"""Asked once, where the site wants it, after a hold for tone: reword before a person reads it?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from comments.models import Comment, CommentSettings
from comments.nudging import TONE, is_nudged
from comments.tokens import status_token
from moderation.models import ReasonCode
from tests.factories import CommentFactory, decide

pytestmark = pytest.mark.django_db


@pytest.fixture
def held() -> Comment:
    """A comment that a detector held for its tone, on a site that nudges."""
    comment: Comment = CommentFactory()
    decide(comment, "held", reason_code="insult")
    CommentSettings.objects.create(site=comment.article.site, nudge=True)
    return comment


def test_it_is_asked_while_the_text_can_be_edited(held):
    assert is_nudged(held, at=held.created_at + timedelta(minutes=15))
    assert not is_nudged(held, at=held.created_at + timedelta(minutes=15, seconds=1))


def test_it_is_off_unless_a_site_switches_it_on(held):
    CommentSettings.objects.update(nudge=False)
    assert not is_nudged(held, at=held.created_at)
    CommentSettings.objects.all().delete()
    assert not is_nudged(held, at=held.created_at)


@pytest.mark.parametrize(
    "change", [{"held_by": "rule"}, {"reason_code": "spam"}, {"status": "pending"}, {"revision": 2}]
)
def test_it_is_for_tone_and_only_once(held, change):
    for name, value in change.items():
        setattr(held, name, value)
    assert not is_nudged(held, at=held.created_at)


def test_the_status_says_so_and_tells_no_reason(client, held):
    path = f"/api/v1/comments/{held.pk}/status/?token={status_token(held.pk)}"
    assert client.get(path).json() == {
        "status": "held",
        "revision": 1,
        "reason": None,
        "appeal_url": None,
        "nudge": True,
    }
    CommentSettings.objects.update(nudge=False)
    assert "nudge" not in client.get(path).json()


def test_its_reasons_are_those_of_moderation():
    assert set(ReasonCode.values) >= TONE
