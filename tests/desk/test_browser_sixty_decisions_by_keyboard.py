"""A queue worked off by keyboard alone, at the pace that an editor is promised: 60 decisions in 3 minutes."""

from __future__ import annotations

import time

import pytest

from comments.models import Comment
from moderation.models import Decision
from tests.factories import ArticleFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]

DECISIONS, WITHIN_S = 60, 180.0
MOVED_ON = "id => document.querySelector('[data-item].is-current')?.id !== id"


def test_sixty_decisions_in_three_minutes_by_keyboard(editor, hold, sign_in):
    """Approve, reject with the likeliest reason, reject with another: in turn, and nothing but keys."""
    article = ArticleFactory()
    for number in range(DECISIONS + 5):
        hold(article=article, body=f"The bearing number {number} came in a crate, you fool.")
    page = sign_in(editor.username, "/admin/desk/queues/all/?sort=oldest")
    started = time.monotonic()
    for number in range(DECISIONS):
        current = page.locator("[data-item].is-current").get_attribute("id")
        keys = (["a"], ["r", "Enter"], ["r", "s"])[number % 3]
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_function(
            "id => document.querySelector('[data-item].is-current')?.id !== id", arg=current
        )
    took_s = time.monotonic() - started
    print(f"\n{DECISIONS} decisions in {took_s:.1f} s")

    mine = Decision.objects.filter(actor=editor)
    assert mine.count() == DECISIONS
    assert mine.filter(outcome="published").count() == 20
    assert mine.filter(reason_code="insult").count() == 20
    assert mine.filter(reason_code="spam").count() == 20
    assert Comment.objects.held().count() == 5
    assert took_s <= WITHIN_S
