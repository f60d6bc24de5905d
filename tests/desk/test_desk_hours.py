"""Desk hours: by the clock on the wall, obeyed by readers' pages, the API and workers, changed on record."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from articles.hours import is_staffed, next_staffed
from articles.models import Site
from articles.opening import opening
from moderation.models import ModelVersion
from moderation.policy import LABELS, Thresholds
from moderation.selectors import resolved_policy
from newsroom.audit.models import AuditEntry
from tests.contract.helpers import post_comment, problem
from tests.desk.conftest import held_comment
from tests.factories import ArticleFactory, SectionFactory, SiteFactory

LONDON = ZoneInfo("Europe/London")
WORKDAYS = {str(day): ["07:00", "22:00"] for day in range(5)}
MANIFEST = {"thresholds": {label: {"hold": 0.4, "reject": 0.9} for label in LABELS}, "supported": {}}


def at(text: str, *, fold: int = 0) -> datetime:
    """A time on the wall in London."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON, fold=fold).astimezone(UTC)


# --- the clock (pure) -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T06:59:59", False),
        ("2026-11-23T07:00:00", True),
        ("2026-11-23T21:59:59", True),
        ("2026-11-23T22:00:00", False),
        ("2026-11-22T12:00:00", False),  # a Sunday
        ("2026-06-01T07:00:00", True),  # in summer too, an hour earlier by UTC
        ("2026-06-01T06:59:59", False),
    ],
)
def test_hours_are_those_on_the_wall(moment: str, expected: bool) -> None:
    assert is_staffed(WORKDAYS, at=at(moment), zone=LONDON) is expected


def test_without_hours_somebody_is_always_there() -> None:
    assert is_staffed({}, at=at("2026-11-22T03:00:00"), zone=LONDON)


def test_a_night_shift_and_whole_days_run_over_midnight() -> None:
    night = {"4": ["20:00", "02:00"], "6": ["00:00", "00:00"]}  # Friday, and all of Sunday
    inside = ["2026-11-20T20:00", "2026-11-21T01:59", "2026-11-22T00:00", "2026-11-22T23:59"]
    outside = ["2026-11-20T19:59", "2026-11-21T02:00", "2026-11-21T23:59", "2026-11-23T00:00"]
    assert all(is_staffed(night, at=at(text), zone=LONDON) for text in inside)
    assert not any(is_staffed(night, at=at(text), zone=LONDON) for text in outside)


def test_the_next_hours_begin_where_the_clock_says_across_both_changes() -> None:
    for before, opens in [
        ("2026-03-27T23:00", "2026-03-30T07:00"),  # the clock goes forward between
        ("2026-10-23T23:00", "2026-10-26T07:00"),  # and back
        ("2026-11-23T03:00", "2026-11-23T07:00"),
    ]:
        assert next_staffed(WORKDAYS, at=at(before), zone=LONDON) == at(opens)
    gap = {"6": ["01:30", "05:00"]}  # 1:30 does not exist on 29 March 2026
    begin = next_staffed(gap, at=at("2026-03-29T00:30"), zone=LONDON)
    assert is_staffed(gap, at=begin + timedelta(minutes=1), zone=LONDON)
    twice = {"6": ["01:00", "02:00"]}  # 1:30 comes twice on 25 October
    assert all(is_staffed(twice, at=at("2026-10-25T01:30", fold=fold), zone=LONDON) for fold in (0, 1))


# --- obeyed ---------------------------------------------------------------------------------------------
def never_now() -> dict[str, list[str]]:
    """Hours of one day only, three days from now."""
    return {str((timezone.now().weekday() + 3) % 7): ["10:00", "11:00"]}


def site_with(outside: str) -> Site:
    site = SiteFactory()
    site.desk_hours, site.outside_desk_hours = never_now(), outside
    site.save()
    return site


@pytest.mark.django_db
def test_comments_close_outside_and_say_when_they_open() -> None:
    site = site_with("close")
    article = ArticleFactory(site=site)
    problem(post_comment(Client(), article), 403, "comments_closed")
    page = Client().get(article.get_absolute_url()).content.decode()
    assert "They open again at" in page
    reopens = opening(article, at=timezone.now()).reopens_at
    assert reopens is not None
    assert opening(article, at=reopens).is_open
    site.comments_closed_until = reopens + timedelta(minutes=5)
    assert opening(article, at=reopens).reopens_at == reopens + timedelta(minutes=5)


@pytest.mark.django_db
def test_thresholds_tighten_outside_and_only_then() -> None:
    article = ArticleFactory(site=site_with("tighten"))
    resolved = resolved_policy(article, manifest=MANIFEST)
    assert resolved.tightened
    assert resolved.thresholds["insult"] == Thresholds(0.2, 0.9)
    Site.objects.update(desk_hours={str(day): ["00:00", "00:00"] for day in range(7)})
    assert resolved_policy(article, manifest=MANIFEST).thresholds["insult"].hold == 0.4
    assert opening(article, at=timezone.now()).is_open


# --- the page -------------------------------------------------------------------------------------------
def send(desk: Client, do: str = "save", **fields: str) -> Any:
    site = SiteFactory()
    seen = json.dumps([site.desk_hours, site.outside_desk_hours])
    data = {"do": do, "reason": "Nights are rough", "seen": seen, "outside": "tighten"}
    hours = {"from_0": "07:00", "until_0": "22:00"}
    return desk.post(f"/admin/desk/hours/{site.pk}/", data | hours | fields)


@pytest.mark.django_db
def test_hours_are_saved_with_a_reason_and_a_history(desk: Client, editor: Any) -> None:
    assert send(desk).status_code == 302
    site = Site.objects.get()
    assert (site.desk_hours, site.outside_desk_hours) == ({"0": ["07:00", "22:00"]}, "tighten")
    entry = AuditEntry.objects.get(action="site.desk_hours")
    assert (entry.actor, entry.reason) == (editor, "Nights are rough")
    assert "Mon 07:00-22:00" in desk.get("/admin/desk/hours/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"until_0": ""}, "Give both, from and until"),
        ({"from_0": "25:00"}, "Write times such as 07:00"),
        ({"from_0": "", "until_0": ""}, "at least one day"),
        ({"outside": "panic"}, "choose one of the three"),
        ({"reason": ""}, "Write why"),
        ({"seen": '[{"1": ["07:00", "08:00"]}, ""]'}, "Somebody else has changed"),
        ({"seen": "null"}, "such as 07:00"),
        ({"seen": "[1, 2]"}, "Open the page anew"),
    ],
)
def test_hours_that_make_no_sense_are_refused_in_words(
    desk: Client, fields: dict[str, str], says: str
) -> None:
    answer = send(desk, **fields)
    assert answer.status_code in {400, 409}
    assert says in answer.content.decode()
    assert Site.objects.get().desk_hours == {}


@pytest.mark.django_db
def test_the_page_tells_what_came_outside_before_it_is_saved(desk: Client) -> None:
    version = ModelVersion.objects.create(
        name="en-news", digest="2" * 64, manifest=MANIFEST, artifact=b"", is_active=True
    )
    for score in (0.05, 0.3, 0.7):
        held_comment(model_version=version, scores=dict.fromkeys(LABELS, score))
    day = next(iter(never_now()))
    fields = {f"from_{day}": "10:00", f"until_{day}": "11:00"}
    effect = send(desk, "look", from_0="", until_0="", **fields).context["effect"]
    assert (effect.comments, effect.outside, effect.published, effect.held_more) == (3, 3, 2, 1)
    assert Site.objects.get().desk_hours == {}


@pytest.mark.django_db
def test_hours_are_changed_by_editors_of_the_whole_site(desk: Client, editor: Any, person: Any) -> None:
    outsider = Client()
    outsider.force_login(person("ad manager"))
    assert send(outsider).status_code == 403
    desk.get("/admin/desk/")
    editor.moderator.sections.add(SectionFactory())
    assert send(desk).status_code == 403
    assert "You may read it" in desk.get("/admin/desk/hours/").content.decode()
