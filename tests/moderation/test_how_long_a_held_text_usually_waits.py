"""What a held comment's author is told about waiting is measured, and silent where too little was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from moderation.reading_times import FEWEST_READINGS, Reading, UsualWait, usual_wait, wait_from
from tests.factories import CommentFactory, UserFactory

LONDON = ZoneInfo("Europe/London")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def read(*, at_hour: int, after_minutes: float, count: int = 1) -> list[Reading]:
    day = NOON.replace(hour=0)
    moments = [day - timedelta(days=number % 20) + timedelta(hours=at_hour) for number in range(count)]
    return [Reading(moment - timedelta(minutes=after_minutes), moment) for moment in moments]


def all_day(after_minutes: float, *, hours=range(7, 23), each: int = 3) -> list[Reading]:
    return [one for hour in hours for one in read(at_hour=hour, after_minutes=after_minutes, count=each)]


def test_four_of_five_were_read_within_what_is_said():
    fast, slow = all_day(22, each=4), all_day(170, hours=[15], each=10)
    assert wait_from(fast + slow, zone=LONDON, now=NOON) == UsualWait(within_minutes=30)


def test_hours_are_told_as_whole_hours():
    assert wait_from(all_day(95), zone=LONDON, now=NOON) == UsualWait(within_minutes=120)


def test_at_night_it_is_the_hour_at_which_reading_begins():
    for hour in (23, 2, 6):
        assert wait_from(all_day(5), zone=LONDON, now=NOON.replace(hour=hour)) == UsualWait(after_hour=7)


def test_the_hour_is_told_in_the_sites_zone():
    night = wait_from(all_day(5), zone=ZoneInfo("Asia/Tokyo"), now=NOON.replace(hour=2))
    assert night == UsualWait(after_hour=16)


def test_waiting_through_the_night_does_not_count_against_the_day():
    held_at_night = read(at_hour=7, after_minutes=300, count=30)
    assert wait_from(all_day(8) + held_at_night, zone=LONDON, now=NOON) == UsualWait(within_minutes=10)


def test_of_too_few_nothing_is_said():
    assert wait_from(all_day(5, hours=[12], each=FEWEST_READINGS - 1), zone=LONDON, now=NOON) is None
    assert wait_from([], zone=LONDON, now=NOON) is None


def test_only_people_who_read_held_texts_of_this_site_are_counted(db, django_assert_num_queries):
    from moderation.models import Decision
    from moderation.services import decide_by_person

    held = [CommentFactory(status="held") for _ in range(FEWEST_READINGS)]
    site, now = held[0].article.site, Decision.objects.latest("at").at  # The hour in which people read.
    assert usual_wait(site.pk, zone=LONDON, now=now) is None
    editor = UserFactory()
    for comment in held:
        decide_by_person(
            comment_id=comment.pk, actor=editor, outcome=Decision.Outcome.PUBLISHED, seen_revision=1
        )
    with django_assert_num_queries(1):
        assert usual_wait(site.pk, zone=LONDON, now=now) == UsualWait(within_minutes=5)
