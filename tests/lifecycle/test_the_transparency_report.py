"""The month's report: decisions by ground, automated share, errors with intervals, times; the same twice."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from comments.reports.models import Report as Notice
from moderation.appeals.models import Appeal
from moderation.lifecycle.models import AuditSample
from moderation.lifecycle.transparency import bounds, csv_rows, report_of
from moderation.models import Decision
from moderation.services import decide_by_person, undo_decision
from tests.factories import CommentFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return UserFactory(username="kerensa", permissions=["moderation.add_decision"])


def report(*, until=None):
    month = timezone.now().date().replace(day=1)
    return report_of(month, zone=UTC, judged_until=until or timezone.now())


def judged(comment, verdict, reviewer, *, at):
    decision = Decision.objects.get(pk=comment.decision_id)
    return AuditSample.objects.create(
        decision=decision, comment=comment, revision=1, machine_outcome=decision.outcome, share=0.02,
        verdict=verdict, reviewer=reviewer, reviewed_at=at,
    )  # fmt: skip


def test_decisions_are_counted_by_ground_and_by_who_decided(editor):
    for _ in range(2):
        CommentFactory(status="rejected")  # by machine, for insult
    CommentFactory(status="published")
    held = CommentFactory(status="held")
    decide_by_person(
        comment_id=held.pk, actor=editor, outcome="rejected", seen_revision=1, reason_code="insult"
    )
    found = report()
    assert [(g.code, g.machine, g.person, g.system) for g in found.grounds] == [("insult", 2, 1, 0)]
    assert (found.sent, found.published_by_machine, found.published_by_people) == (4, 1, 0)
    assert (found.automated.hits, found.automated.of) == (2, 3)
    assert (found.automated_of_all.hits, found.automated_of_all.of) == (3, 4)


def test_what_was_taken_back_within_its_minute_does_not_count(editor):
    held = CommentFactory(status="held")
    decide_by_person(
        comment_id=held.pk, actor=editor, outcome="rejected", seen_revision=1, reason_code="spam"
    )
    undo_decision(comment_id=held.pk, actor=editor)
    assert report().refused == 0


def test_errors_come_from_the_audit_sample_with_n_and_interval(editor):
    now = timezone.now()
    for verdict in ("violation", "violation", "ok"):
        judged(CommentFactory(status="rejected"), verdict, editor, at=now)
    rows = {row[2]: row for row in csv_rows(report(until=now))}
    _, part, _, n, of, value, low, high = rows["precision"]
    assert (part, n, of, value) == ("shares", "2", "3", "0.666667")
    assert 0 < float(low) < 2 / 3 < float(high) < 1


def test_the_same_moment_gives_the_same_numbers_after_more_was_judged(editor):
    then = timezone.now()
    judged(CommentFactory(status="rejected"), "ok", editor, at=then)
    first = list(csv_rows(report(until=then)))
    judged(CommentFactory(status="published"), "violation", editor, at=then + timedelta(hours=1))
    again = list(csv_rows(report(until=then)))
    counted = [row for row in first if row[1] == "shares" and row[2] in {"precision", "missed"}]
    assert [row for row in again if row[2] in {"precision", "missed"}] == counted
    assert list(csv_rows(report(until=then))) == again


def test_the_median_is_from_sending_to_the_first_decision(editor):
    sent = timezone.now() - timedelta(seconds=90)
    held = CommentFactory(status="held", at=sent)
    decide_by_person(comment_id=held.pk, actor=editor, outcome="published", seen_revision=1)
    median = report().medians["person"]
    assert median.count == 1
    assert median.seconds is not None
    assert median.seconds >= 90


def notice(reason, state="open", *, at, settled_at=None):
    comment = CommentFactory(status="published")
    return Notice.objects.create(
        comment=comment, revision=1, reason=reason, state=state, at=at, settled_at=settled_at
    )


def test_notices_are_counted_by_reason_and_how_they_ended(editor):
    now = timezone.now()
    soon, late = now + timedelta(hours=1), now + timedelta(hours=9)
    notice("spam", "dismissed", at=now, settled_at=soon)
    notice("spam", at=now)
    notice("illegal", "upheld", at=now, settled_at=soon)
    notice("illegal", "upheld", at=now, settled_at=late)
    until = now + timedelta(hours=2)
    illegal, spam = report(until=until).notices
    assert (illegal.reason, illegal.received, illegal.upheld, illegal.open) == ("illegal", 2, 1, 1)
    assert (spam.received, spam.dismissed, spam.open, spam.median_s) == (2, 1, 1, 3600)
    assert report(until=late).notices[0].upheld == 2
    told = {(row[1], row[2]): row[5] for row in csv_rows(report(until=until))}
    assert told["notices by reason", "illegal/received"] == "2"
    assert told["median seconds to settle a notice", "spam"] == "3600.000"


def test_appeals_are_counted_and_refusals_that_a_person_reversed(editor):
    now = timezone.now()
    for state in ("upheld", "reversed", "open"):
        comment = CommentFactory(status="rejected")
        appeal = Appeal.objects.create(comment=comment, contested_id=comment.decision_id, at=now)
        if state == "reversed":
            publish(comment, editor)  # Settles the appeal.
        elif state == "upheld":
            Appeal.objects.filter(pk=appeal.pk).update(state=state, decided_at=timezone.now())
    Appeal.objects.exclude(state="open").update(decided_at=now + timedelta(hours=3))
    publish(CommentFactory(status="held"), editor)
    found = report(until=now + timedelta(hours=4))
    appeals, reversals = found.appeals, found.reversals
    assert (appeals.received, appeals.upheld, appeals.reversed, appeals.open) == (3, 1, 1, 1)
    assert (appeals.median_s, appeals.reversal_rate.hits, appeals.reversal_rate.of) == (10_800, 1, 2)
    assert (reversals.of_machine, reversals.of_people, reversals.on_appeal) == (1, 0, 1)
    told = {(row[1], row[2]): row for row in csv_rows(found)}
    assert told["appeals", "reversed"][5] == "1"
    assert told["shares", "appeals_reversed"][3:6] == ("1", "2", "0.500000")
    assert report(until=now).appeals.open == 3


def publish(comment, editor):
    return decide_by_person(
        comment_id=comment.pk,
        actor=editor,
        outcome="published",
        seen_revision=1,
        seen_decision_id=comment.decision_id,
    )


@pytest.mark.parametrize(
    ("month", "ends"), [(date(2026, 12, 1), "2027-01-01"), (date(2026, 2, 1), "2026-03-01")]
)
def test_a_month_ends_where_the_next_begins(month, ends):
    assert f"{bounds(month, zone=UTC)[1]:%Y-%m-%d}" == ends


def test_the_page_and_the_csv_say_the_same(editor):
    CommentFactory(status="rejected")
    client = Client()
    client.force_login(editor)
    path = f"/admin/desk/transparency/?month={timezone.now():%Y-%m}"
    page = client.get(path)
    assert page.context["report"].refused == 1
    answer = client.get(f"{path}&format=csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = {row[2]: row[5] for row in csv.reader(io.StringIO(answer.content.decode()))}
    assert rows["refused"] == "1"
    assert rows["insult/machine"] == "1"


@pytest.mark.parametrize("query", ["month=2026-13", "month=x", "judged_until=yesterday"])
def test_what_cannot_be_read_is_not_found(editor, query):
    client = Client()
    client.force_login(editor)
    assert client.get(f"/admin/desk/transparency/?{query}").status_code == 404


def test_an_outsider_gets_nothing():
    assert Client().get("/admin/desk/transparency/").status_code == 302
