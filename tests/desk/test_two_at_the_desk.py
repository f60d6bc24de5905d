"""Two moderators: never on one comment, each for their own sections, and they can ask each other."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from comments.models import Comment
from comments.services import edit_comment
from moderation.desk import claims
from moderation.desk.models import Claim, Escalation, Moderator
from newsroom.audit.models import AuditEntry
from tests.desk.conftest import seen
from tests.factories import ArticleFactory, SectionFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(person):
    return person("editor", "bess")


@pytest.fixture
def colleagues_desk(colleague):
    client = Client()
    client.force_login(colleague)
    return client


def take(client, comment):
    return client.post("/admin/desk/claim/", {"comment": str(comment.pk)}).json()["by"]


def status(comment):
    return Comment.objects.values_list("status", flat=True).get(pk=comment.pk)


# --- in hand -----------------------------------------------------------------------------------------
def test_what_a_colleague_has_in_hand_is_shown_so_and_refused(desk, colleagues_desk, hold, press):
    comment = hold()
    assert take(colleagues_desk, comment) == ""
    assert take(desk, comment) == "bess"
    assert "bess has this in hand." in desk.get("/admin/desk/queues/all/").content.decode()
    answer = press(comment, "approve", fragment=True)
    assert answer.status_code == 409
    assert "Nothing was decided: bess has this comment in hand." in answer.content.decode()
    assert status(comment) == "held"


def test_ones_own_hand_is_no_hindrance_and_is_empty_afterwards(desk, hold, press):
    comment = hold()
    assert take(desk, comment) == ""
    assert take(desk, comment) == ""
    press(comment, "approve")
    assert status(comment) == "published"
    assert not Claim.objects.exists()


def test_a_hand_that_has_gone_away_lets_go_after_a_while(desk, colleagues_desk, hold):
    comment = hold()
    take(colleagues_desk, comment)
    Claim.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert take(desk, comment) == ""
    assert take(colleagues_desk, comment) == "kerensa"


def test_nonsense_takes_nothing_in_hand(desk):
    assert desk.post("/admin/desk/claim/", {"comment": "x"}).status_code == 400
    assert (
        desk.post("/admin/desk/claim/", {"comment": "01890000-0000-7000-8000-000000000000"}).status_code
        == 200
    )
    assert not Claim.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_eight_hands_at_once_one_gets_it(hold):
    comment = hold()
    people = [UserFactory() for _ in range(8)]
    start, got = Barrier(8), []

    def reach(user):
        start.wait()
        got.append(claims.claim(comment_id=comment.pk, user=user).user_id == user.pk)
        connection.close()

    threads = [Thread(target=reach, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


# --- asking -------------------------------------------------------------------------------------------
def ask(client, comment, note="Is this libel?", *, as_seen=""):
    data = {"seen": as_seen or seen(comment), "note": note}
    return client.post("/admin/desk/escalate/", data, headers={"X-Desk-Fragment": "1"})


def test_a_question_stands_in_its_queue_until_somebody_decides(desk, colleagues_desk, hold, editor):
    comment = hold()
    assert ask(desk, comment).status_code == 200
    page = colleagues_desk.get("/admin/desk/queues/escalated/").content.decode()
    assert "<b>kerensa asks:</b> Is this libel?" in page
    assert AuditEntry.objects.filter(action="comment.escalate", actor=editor).exists()
    colleagues_desk.post("/admin/desk/decide/", {"seen": seen(comment), "action": "approve"})
    assert status(comment) == "published"
    assert "Is this libel?" not in colleagues_desk.get("/admin/desk/queues/escalated/").content.decode()
    assert Escalation.objects.get().closed_at is not None


def test_a_second_question_replaces_the_first(desk, hold):
    comment = hold()
    ask(desk, comment)
    ask(desk, comment, "Or is it satire?")
    assert Escalation.objects.get(closed_at=None).note == "Or is it satire?"


def test_a_question_needs_words_and_the_text_it_is_about(desk, hold):
    comment = hold()
    assert ask(desk, comment, "").status_code == 400
    shown = seen(comment)
    edit_comment(comment_id=comment.pk, body="Another text.", at=timezone.now())
    assert ask(desk, comment, as_seen=shown).status_code == 409
    assert not Escalation.objects.exists()


# --- sections ---------------------------------------------------------------------------------------------
@pytest.fixture
def sport_only(editor):
    moderator = Moderator.objects.create(user=editor)
    moderator.sections.add(SectionFactory(slug="sport"))
    return moderator


def test_a_moderator_of_one_section_sees_and_decides_only_its_comments(desk, press, hold, sport_only):
    mine = hold(article=ArticleFactory(section=SectionFactory(slug="sport")), body="About the derby.")
    other = hold(body="About the bridge.")
    page = desk.get("/admin/desk/queues/all/").content.decode()
    assert "About the derby." in page
    assert "About the bridge." not in page
    assert press(other, "approve", fragment=True).status_code == 403
    press(mine, "approve")
    assert (status(mine), status(other)) == ("published", "held")


def test_the_count_on_the_desk_is_of_ones_own_sections(desk, hold, sport_only):
    hold(), hold()
    assert desk.get("/admin/desk/").context["waiting"] == 0


def test_who_moderates_what_is_set_in_the_admin(hold, editor, desk):
    chief = Client()
    chief.force_login(UserFactory(username="ada", is_superuser=True))
    section = SectionFactory(slug="sport")
    chief.post("/admin/desk/moderator/add/", {"user": editor.pk, "sections": [section.pk], "blur": "on"})
    assert list(Moderator.objects.get(user=editor).sections.all()) == [section]
    assert "Sport" in chief.get("/admin/desk/moderator/").content.decode()
    assert desk.get("/admin/desk/moderator/").status_code == 403
