"""The month in the columns of Implementing Regulation (EU) 2024/2835: names, counts, the same twice."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from comments.reports.models import Report as Notice
from moderation.appeals.models import Appeal
from moderation.lifecycle.eu_templates import parts
from moderation.lifecycle.transparency import report_of
from moderation.models import Decision
from moderation.services import decide_by_person
from tests.factories import CommentFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return UserFactory(username="kerensa", permissions=["moderation.add_decision"])


def tables(*, until=None):
    month = timezone.now().date().replace(day=1)
    report = report_of(month, zone=UTC, judged_until=until or timezone.now())
    return parts(report, zone=UTC, service="The Tribune")


def by(rows, *columns):
    return {
        tuple(row[rows[0].index(name)] for name in columns): dict(zip(rows[0], row, strict=True))
        for row in rows[1:]
    }


def test_refusals_stand_in_their_categories_by_who_detected_them(editor):
    CommentFactory(status="rejected"), CommentFactory(status="rejected")  # insult, by the machine
    held = CommentFactory(status="held")
    decide_by_person(
        comment_id=held.pk, actor=editor, outcome="rejected", seen_revision=1, reason_code="spam"
    )
    rows = tables()["6_own_initiative_TC"]
    assert len(rows[0]) == 37
    found = by(rows, "Category of incompatibility with the provider's terms and conditions")
    total, insults = found["TOTAL",], found["STATEMENT_CATEGORY_CYBER_VIOLENCE",]
    assert total["Number of measures taken at the provider's own initiative "] == "3"
    assert total["Number of measures taken after detection with solely automated means "] == "2"
    assert total["Visibility restriction Other"] == "3"
    assert insults["Number of measures taken at the provider's own initiative "] == "2"
    start = timezone.now().date().replace(day=1)
    assert total["Reporting period"].startswith(f"{start:%Y-%m-%d}/{start:%Y-%m-}")
    automated = by(tables()["8_automated_means"], "Indicator", "Scope")
    assert automated["Number of measures solely taken by automated means ", "Total number"]["Value"] == 2
    assert automated["Number of measures not taken by automated means", "Total number"]["Value"] == 1


def test_a_notice_counts_as_a_notice_and_not_as_ones_own_measure(editor):
    comment = CommentFactory(status="published")
    decide_by_person(
        comment_id=comment.pk, actor=editor, outcome="removed", seen_revision=1, reason_code="illegal"
    )
    made = Decision.objects.get(comment=comment, outcome="removed")
    now = timezone.now()
    Notice.objects.create(
        comment=comment, revision=1, reason="illegal", state="upheld", decision_id=made.pk,
        at=now, settled_at=now + timedelta(hours=2),
    )  # fmt: skip
    rows = tables(until=now + timedelta(hours=3))["4_notices"]
    assert len(rows[0]) == 25
    total = by(rows, "Category of illegal content")["TOTAL",]
    assert total["Number of notices received "] == 1
    assert total["Number of actions taken on the basis of the law"] == 1
    assert total["Median time to take action"] == "2.00"
    measures = tables()["6_own_initiative_TC"]
    assert measures[1][5] == "0"
    assert tables()["5_own_initiative_illegal"][1][5] == "0"
    automated = by(tables()["8_automated_means"], "Indicator", "Scope")
    name = "Number of measures not taken by automated means"
    assert [automated[name, scope]["Value"] for scope in ("Total number", "Own-initiative ")] == [1, 0]


def test_what_editors_found_illegal_themselves_is_a_part_of_its_own(editor):
    held = CommentFactory(status="held")
    decide_by_person(
        comment_id=held.pk, actor=editor, outcome="rejected", seen_revision=1, reason_code="illegal"
    )
    found = tables()
    illegal = found["5_own_initiative_illegal"]
    assert illegal[0][3] == "Category of illegal content"
    assert [row[3:6] for row in illegal[1:]] == [["TOTAL", "", "1"]]
    assert [row[5] for row in found["6_own_initiative_TC"][1:]] == ["0"]


def test_what_was_settled_later_does_not_count_at_an_earlier_moment(editor):
    comment, now = CommentFactory(status="published"), timezone.now()
    Notice.objects.create(
        comment=comment,
        revision=1,
        reason="illegal",
        state="upheld",
        at=now,
        settled_at=now + timedelta(hours=2),
    )
    before = by(tables(until=now + timedelta(hours=1))["4_notices"], "Category of illegal content")["TOTAL",]
    assert before["Number of actions taken on the basis of the law"] == 0


def test_appeals_and_reversals(editor):
    now = timezone.now()
    for state in ("upheld", "reversed", "reversed"):
        comment = CommentFactory(status="rejected")
        Appeal.objects.create(
            comment=comment, contested_id=comment.decision_id, state=state,
            at=now, decided_at=now + timedelta(hours=3),
        )  # fmt: skip
    found = by(tables(until=now + timedelta(hours=4))["7_appeals_and_recidivism"], "Indicator", "Scope")
    name = "Number of complaints submitted to the internal-complaints mechanism"
    assert [
        found[name, scope]["Value"] for scope in ("Total number", "Decisions upheld", "Decisions reversed")
    ] == [
        3,
        1,
        2,
    ]
    assert found[name, "Median time"]["Value"] == "3.00"


def test_it_is_downloaded_as_csv_files_in_one_archive(editor):
    CommentFactory(status="rejected")
    client = Client()
    client.force_login(editor)
    answer = client.get(f"/admin/desk/transparency/?month={timezone.now():%Y-%m}&format=eu")
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        rows = list(csv.reader(io.StringIO(archive.read("8_automated_means.csv").decode())))
    assert names == [
        "4_notices.csv",
        "5_own_initiative_illegal.csv",
        "6_own_initiative_TC.csv",
        "7_appeals_and_recidivism.csv",
        "8_automated_means.csv",
    ]
    assert rows[0][:3] == ["Applicability", "Service", "Reporting period"]
    assert all(len(row) == 8 for row in rows)
