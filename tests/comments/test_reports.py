"""Readers report comments: once each, never shown to authors, decided by people, answered by mail."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from comments.models import Comment, CommentSettings
from comments.reports.models import Report
from comments.reports.selectors import has_open_report, with_open_reports
from comments.reports.services import forget_reporters
from comments.services import withdraw_comment
from moderation.desk.queues import QUEUES, Wanted, ordered_ids, queue_tallies
from moderation.models import Decision
from moderation.reported import NothingReported, StillHeld, dismiss_reports
from moderation.services import decide_by_person, undo_decision
from newsroom.outbox.models import Letter
from newsroom.outbox.services import deliver_due
from tests.contract.helpers import UNKNOWN, comments_path, fields, problem
from tests.factories import CommentFactory, UserFactory

pytestmark = pytest.mark.django_db
NOTICE = {
    "reason": "illegal",
    "detail": "It is a forgery of my signature.",
    "name": "Canary Reporter",
    "email": "canary.reporter@example.org",
    "good_faith": True,
}


def send(client: Client, comment: Comment, *, network: str = "192.0.2.1", **sent: Any) -> Any:
    path = f"/api/v1/comments/{comment.pk}/reports/"
    return client.post(path, json.dumps(sent), "application/json", REMOTE_ADDR=network)


def shown() -> Comment:
    comment: Comment = CommentFactory(status="published")
    return comment


def decide(comment: Comment, outcome: str, *, reason: str = "", actor: Any = None) -> None:
    comment.refresh_from_db()
    decide_by_person(
        comment_id=comment.pk,
        actor=actor or UserFactory(username="editor"),
        outcome=outcome,
        seen_revision=comment.revision,
        seen_decision_id=comment.decision_id,
        reason_code=reason,
    )


def letters() -> list[Any]:
    """What went to reporters, with what waits for the minute of undoing."""
    Letter.objects.update(next_attempt_at=timezone.now(), not_before=timezone.now())
    deliver_due()
    return [letter for letter in mail.outbox if not letter.to[0].startswith("commenter-")]


def test_a_reader_reports_once(client: Client) -> None:
    comment = shown()

    first, again = send(client, comment, reason="spam"), send(client, comment, reason="hate", detail="x")

    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json() == again.json() == {"id": str(Report.objects.get().pk)}
    assert Report.objects.get().reason == "spam"
    assert has_open_report(comment.pk)
    assert with_open_reports([comment.pk]) == {comment.pk}


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        ({}, {"reason": "required"}),
        ({"reason": "boring"}, {"reason": "invalid_choice"}),
        ({"reason": 1}, {"reason": "invalid_choice"}),
        ({"reason": None}, {"reason": "null"}),
        ({"reason": "spam", "detail": "x" * 2001}, {"detail": "max_length"}),
        ({"reason": "spam", "detail": 5}, {"detail": "invalid"}),
        ({"reason": "spam", "email": "nobody"}, {"email": "invalid"}),
        ({"reason": "spam", "revision": "1"}, {"revision": "unknown_field"}),
        ({"reason": "other"}, {"detail": "required"}),
        ({"reason": "other", "detail": " \u200b "}, {"detail": "required"}),
        (
            {"reason": "illegal"},
            {"name": "required", "email": "required", "detail": "required", "good_faith": "required"},
        ),
        (NOTICE | {"good_faith": False}, {"good_faith": "required"}),
        (NOTICE | {"good_faith": "yes"}, {"good_faith": "invalid"}),
    ],
)
def test_what_is_missing_or_wrong_is_named(client: Client, sent: dict[str, Any], refused: Any) -> None:
    assert fields(send(client, shown(), **sent)) == refused
    assert not Report.objects.exists()


def test_who_reports_abuse_of_a_child_need_not_say_who_they_are(client: Client) -> None:
    sent = {"reason": "illegal", "detail": "A picture.", "good_faith": True, "child_abuse": True}

    assert send(client, shown(), **sent).status_code == 202


@pytest.mark.parametrize("status", ["pending", "held", "rejected", "removed", "withdrawn", "erased"])
def test_only_what_readers_see_can_be_reported(client: Client, status: str) -> None:
    problem(send(client, CommentFactory(status=status), reason="spam"), 404, "not_found")


def test_a_report_about_nothing_is_not_found(client: Client) -> None:
    problem(client.post(f"/api/v1/comments/{UNKNOWN}/reports/", "{}", "application/json"), 404, "not_found")


def test_reports_of_one_network_are_limited(client: Client, settings: Any) -> None:
    settings.NEWSROOM_LIMITS = "strict"
    answers = [send(client, shown(), network="198.51.100.78", reason="spam") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_by_default_reports_hide_nothing(client: Client) -> None:
    comment = shown()
    for number in range(5):
        send(client, comment, network=f"192.0.2.{number}", reason="abuse")

    comment.refresh_from_db()
    assert comment.status == "published"


def test_enough_readers_hide_a_comment_until_a_person_decides(client: Client) -> None:
    comment = shown()
    CommentSettings.objects.create(site=comment.article.site, reports_hide_after=3)
    for number in range(3):
        assert client.get(comments_path(comment.article)).json()["count"] == 1
        send(client, comment, network=f"192.0.2.{number}", reason="abuse")

    comment.refresh_from_db()
    assert (comment.status, comment.held_by, comment.reason_code) == ("held", "report", "reported")
    assert client.get(comments_path(comment.article)).json()["count"] == 0

    decide(comment, "published")
    send(client, comment, network="192.0.2.9", reason="abuse")  # Those before were answered.

    comment.refresh_from_db()
    assert comment.status == "published"


def test_the_author_learns_nothing_of_reports(client: Client) -> None:
    from comments.tokens import status_token

    comment = shown()
    send(client, comment, **NOTICE)
    decide(comment, "removed", reason="illegal")
    token = status_token(comment.pk)

    for path in (f"/api/v1/comments/{comment.pk}/status/", f"/comments/{comment.pk}/"):
        text = client.get(path, {"token": token}).content.decode()
        assert "anary" not in text
        assert "forgery" not in text


def test_a_notice_is_acknowledged_and_its_decision_told_with_reasons(client: Client) -> None:
    comment = shown()
    send(client, comment, **NOTICE)
    [receipt] = letters()

    decide(comment, "removed", reason="illegal")
    [_, answer] = letters()

    assert receipt.to == answer.to == [NOTICE["email"]]
    assert f"#comment-{comment.pk}" in receipt.body
    assert "no longer shown" in answer.body
    assert "the law forbids" in answer.body
    assert comment.body not in answer.body + receipt.body
    report = Report.objects.get()
    assert (report.state, report.settled_by) == ("upheld", Decision.objects.get(pk=report.decision_id).actor)


def test_letting_it_stand_settles_reports_and_tells_who_asked_to_hear(client: Client) -> None:
    comment, editor = shown(), UserFactory()
    send(client, comment, reason="off_topic", email="curious@example.org")
    send(client, comment, network="192.0.2.2", reason="abuse")

    assert dismiss_reports(comment_id=comment.pk, seen_revision=1, actor=editor) == 2

    [answer] = letters()
    assert answer.to == ["curious@example.org"]
    assert "It stays" in answer.body
    assert set(Report.objects.values_list("state", "settled_by")) == {("dismissed", editor.pk)}
    with pytest.raises(NothingReported):
        dismiss_reports(comment_id=comment.pk, seen_revision=1, actor=editor)


def test_what_is_hidden_is_approved_and_not_just_let_stand(client: Client) -> None:
    comment = shown()
    CommentSettings.objects.create(site=comment.article.site, reports_hide_after=1)
    send(client, comment, reason="abuse")

    with pytest.raises(StillHeld):
        dismiss_reports(comment_id=comment.pk, seen_revision=1, actor=UserFactory())


def test_undoing_a_decision_opens_its_reports_and_calls_the_letter_back(client: Client) -> None:
    comment, editor = shown(), UserFactory(username="editor")
    send(client, comment, reason="abuse", email="curious@example.org")
    decide(comment, "removed", reason="insult", actor=editor)

    undo_decision(comment_id=comment.pk, actor=editor)

    assert has_open_report(comment.pk)
    assert letters() == []


def test_a_comment_that_its_author_takes_back_needs_no_decision(client: Client) -> None:
    comment = shown()
    send(client, comment, reason="abuse", email="curious@example.org")

    withdraw_comment(comment_id=comment.pk)

    assert Report.objects.get().state == "moot"
    assert "took it back" in letters()[0].body


def test_the_desks_queue_has_notices_first_then_what_most_readers_reported(client: Client) -> None:
    once, twice, notice = shown(), shown(), shown()
    send(client, once, reason="abuse")
    for network in ("192.0.2.1", "192.0.2.2"):
        send(client, twice, network=network, reason="abuse")
    send(client, notice, **NOTICE)
    shown()
    now = timezone.now()

    assert ordered_ids(QUEUES["report"], wanted=Wanted(), now=now) == [notice.pk, twice.pk, once.pk]
    assert queue_tallies(now=now)["report"].count == 3


def test_reporters_are_forgotten_after_their_day(client: Client) -> None:
    send(client, shown(), reason="abuse")
    Report.objects.update(at=timezone.now() - timedelta(days=3))

    assert forget_reporters() == 1
    assert Report.objects.get().reporter is None


def test_on_the_desk_reports_stand_beside_the_comment_without_any_address(client: Client) -> None:
    comment = shown()
    send(client, comment, **NOTICE)
    send(client, comment, network="192.0.2.2", reason="other", detail="<script>alert(1)</script>")
    staff = Client()
    staff.force_login(UserFactory(permissions=["moderation.add_decision"]))

    page = staff.get(f"/admin/desk/comments/{comment.pk}/").content.decode()
    assert "Reported by 2 readers" in page
    assert "Canary Reporter" in page
    assert "canary.reporter@" not in page
    assert "<script>alert" not in page
    assert "Let it stand" in page

    seen = f"{comment.pk}:1:{comment.decision_id}"
    answer = staff.post(f"/admin/desk/comments/{comment.pk}/dismiss/", {"seen": seen})
    assert answer.status_code == 302
    assert not has_open_report(comment.pk)


def test_outsiders_settle_nothing(client: Client) -> None:
    comment = shown()
    send(client, comment, reason="abuse")
    client.force_login(UserFactory())

    answer = client.post(f"/admin/desk/comments/{comment.pk}/dismiss/", {"seen": f"{comment.pk}:1:"})

    assert answer.status_code == 403
    assert has_open_report(comment.pk)


# --- the page -------------------------------------------------------------------------------------------
def test_reporting_works_without_script(client: Client) -> None:
    comment = shown()
    path = f"/comments/{comment.pk}/report/"
    assert path in client.get(comment.article.get_absolute_url()).content.decode()
    assert "What is wrong?" in client.get(path).content.decode()

    answer = client.post(path, {"reason": "hate", "detail": "Look at the second line."})

    assert (answer.status_code, answer["Location"]) == (303, f"{path}?thanks=1")
    assert "Thank you" in client.get(answer["Location"]).content.decode()
    assert Report.objects.get().detail == "Look at the second line."
    assert not client.cookies


def test_choosing_illegal_content_leads_to_the_notice_with_what_was_typed(client: Client) -> None:
    comment = shown()
    path = f"/comments/{comment.pk}/report/"

    page = client.post(path, {"reason": "illegal", "detail": "A <b>forgery</b>."})
    text = page.content.decode()
    assert page.status_code == 400
    assert "Notice of illegal content" in text
    assert f"#comment-{comment.pk}" in text
    assert "A &lt;b&gt;forgery" in text
    for field in ("name", "email", "good_faith"):
        assert f'href="#report-{field}"' in text

    sent = {name: value for name, value in NOTICE.items() if name != "good_faith"} | {"good_faith": "on"}
    assert client.post(path, sent).status_code == 303
    assert Report.objects.get().in_good_faith


def test_another_sites_page_reports_nothing(client: Client) -> None:
    path = f"/comments/{shown().pk}/report/"

    assert client.post(path, {"reason": "spam"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert (
        client.post(path, {"reason": "spam"}, headers={"Origin": "https://evil.example"}).status_code == 403
    )
    assert not Report.objects.exists()
