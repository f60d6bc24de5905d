"""What waits too long is told once and again when it is over; who wants it gets *since you left* by mail."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone

from moderation.desk.digests import send_digests, set_mail_hour
from moderation.desk.models import Incident, Moderator
from moderation.desk.watch import raise_alarms
from newsroom.outbox.models import Letter
from newsroom.outbox.services import deliver_due
from tests.factories import CommentFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db
CHIEF, NIGHT = "chief@example.org", "night@example.org"


@pytest.fixture(autouse=True)
def told(settings):
    settings.NEWSROOM_MAIL = True
    settings.DESK_ALERTS_TO = [CHIEF, NIGHT]
    settings.DESK_ALERT_QUEUE_MINUTES, settings.DESK_ALERT_PENDING_SECONDS = 240, 120


def letters():
    deliver_due()
    sent = [(message.to[0], message.subject, message.body) for message in mail.outbox]
    mail.outbox.clear()
    return sorted(sent)


def test_a_queue_that_waits_too_long_is_told_once_and_its_end_too(hold, press):
    comment = hold()
    now = comment.created_at + timedelta(hours=5, seconds=30)
    assert raise_alarms(now=now)["incidents_begun"] == 1
    first, second = letters()
    assert [first[0], second[0]] == [CHIEF, NIGHT]
    assert first[1].startswith("[morning] ")
    assert "Held by detector" in first[1]
    assert "5 h 0 min" in first[2]
    assert "What readers notice: " in first[2]
    assert "What to do next: " in first[2]
    assert "/admin/desk/queues/detector/" in first[2]
    assert comment.body not in first[2]
    assert raise_alarms(now=now + timedelta(hours=1)) == {"incidents_begun": 0, "incidents_ended": 0}
    assert letters() == []
    press(comment, "approve")
    assert raise_alarms(now=now + timedelta(minutes=90))["incidents_ended"] == 1
    over = [letter for letter in letters() if letter[0] in {CHIEF, NIGHT}]  # Its author gets one too.
    assert [subject.startswith("[over] ") for _, subject, _ in over] == [True, True]
    assert "It lasted 90 min." in over[0][2]
    assert not Incident.objects.filter(ended_at=None).exists()


def test_what_wavers_around_the_limit_is_one_incident(hold):
    sent_at = hold().created_at
    raise_alarms(now=sent_at + timedelta(hours=5))
    for minutes in (239, 241, 121):
        found = raise_alarms(now=sent_at + timedelta(minutes=minutes))
        assert found == {"incidents_begun": 0, "incidents_ended": 0}
    assert raise_alarms(now=sent_at + timedelta(minutes=120))["incidents_ended"] == 1


@pytest.mark.parametrize(("seconds", "begun"), [(115, 0), (125, 1)])
def test_comments_that_nobody_judges_wake_somebody(seconds, begun):
    CommentFactory(at=timezone.now() - timedelta(seconds=seconds))
    assert raise_alarms(now=timezone.now())["incidents_begun"] == begun
    sent = letters()
    assert len(sent) == 2 * begun
    assert all(subject.startswith("[wake] ") and "/readyz" in body for _, subject, body in sent)


def test_a_limit_of_nothing_is_off_and_ends_what_stood(hold, settings):
    now = hold().created_at + timedelta(hours=5)
    raise_alarms(now=now)
    settings.DESK_ALERT_QUEUE_MINUTES = 0
    assert raise_alarms(now=now) == {"incidents_begun": 0, "incidents_ended": 1}
    assert raise_alarms(now=now) == {"incidents_begun": 0, "incidents_ended": 0}


@pytest.fixture
def moderator():
    SiteFactory(time_zone="Europe/Berlin")
    return UserFactory(email="ada@example.org", permissions=["moderation.add_decision"])


def at(hour, *, day=1):
    """Twenty past this hour in Berlin, so many days from now."""
    local = timezone.now().astimezone(ZoneInfo("Europe/Berlin")) + timedelta(days=day)
    return local.replace(hour=hour, minute=20)


def test_the_summary_comes_once_a_day_at_its_hour_by_the_local_clock(moderator, hold):
    set_mail_hour(moderator, hour=7, now=at(6))
    hold()
    assert send_digests(now=at(6)) == 0
    assert send_digests(now=at(7)) == 1
    assert send_digests(now=at(7)) == 0
    assert send_digests(now=at(23)) == 0
    assert send_digests(now=at(9, day=2)) == 1
    first, _ = letters()
    assert first[0] == "ada@example.org"
    assert "1 comment waits" in first[1]
    assert "Since you left" in first[2]
    assert "waiting now: 1" in first[2]
    assert "Held by detector: 1" in first[2]


def test_an_hour_that_has_gone_by_begins_tomorrow(moderator):
    set_mail_hour(moderator, hour=7, now=at(8))
    assert send_digests(now=at(9)) == 0
    assert send_digests(now=at(7, day=2)) == 1


@pytest.mark.parametrize("change", [{"email": ""}, {"is_active": False}, {"is_staff": False}])
def test_nobody_else_gets_one(moderator, change):
    set_mail_hour(moderator, hour=7, now=at(6))
    for name, value in change.items():
        setattr(moderator, name, value)
    moderator.save()
    assert send_digests(now=at(8)) == 0


def test_who_may_no_longer_decide_gets_none(moderator):
    set_mail_hour(moderator, hour=7, now=at(6))
    moderator.user_permissions.clear()
    assert send_digests(now=at(8)) == 0
    assert not Letter.objects.exists()


@pytest.mark.parametrize(("typed", "hour"), [("7", 7), ("0", 0), ("", None), ("24", 5), ("-1", 5), ("x", 5)])
def test_the_hour_is_chosen_on_the_first_screen(desk, editor, typed, hour):
    editor.email = "kerensa@example.org"
    editor.save()
    Moderator.objects.update_or_create(user=editor, defaults={"mail_hour": 5})
    assert 'name="mail_hour"' in desk.get("/admin/desk/").content.decode()
    desk.post("/admin/desk/settings/", {"blur": "on", "mail_hour": typed})
    assert Moderator.objects.get(user=editor).mail_hour == hour


@pytest.fixture
def closed_until_seven():
    """A title whose desk opens at seven each day, and a moment at night, some days from now."""
    hours = {str(day): ["07:00", "22:00"] for day in range(7)}
    site = SiteFactory(desk_hours=hours, time_zone="Europe/Berlin")
    return site, at(3, day=2)


def test_what_can_wait_is_told_when_the_desk_opens(closed_until_seven, hold):
    _, night = closed_until_seven
    hold()
    assert raise_alarms(now=night)["incidents_begun"] == 1
    assert letters() == []
    raise_alarms(now=night + timedelta(hours=3))
    assert letters() == []
    raise_alarms(now=night + timedelta(hours=4))
    assert [subject.startswith("[morning] ") for _, subject, _ in letters()] == [True, True]
    raise_alarms(now=night + timedelta(hours=5))
    assert letters() == []


def test_what_is_over_before_the_desk_opens_is_told_to_nobody(closed_until_seven, hold, press):
    _, night = closed_until_seven
    comment = hold()
    raise_alarms(now=night)
    press(comment, "approve")
    assert raise_alarms(now=night + timedelta(hours=4))["incidents_ended"] == 1
    assert [letter for letter in letters() if letter[0] in {CHIEF, NIGHT}] == []


def test_what_wakes_does_not_wait(closed_until_seven):
    _, night = closed_until_seven
    CommentFactory(status="held", held_by="failure")
    raise_alarms(now=night)
    assert [subject.startswith("[wake] ") for _, subject, _ in letters()] == [True, True]
