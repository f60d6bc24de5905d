"""Who is refused learns why, may appeal once within six months, and somebody else decides."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from comments.models import Comment, CommentSettings
from comments.services import withdraw_comment
from comments.tokens import status_token
from moderation.appeals.models import Appeal
from moderation.appeals.services import (
    AlreadyAppealed,
    AppealIsFinal,
    AppealWindowClosed,
    NotAppealable,
    NotYoursToDecide,
    decide_appeal,
    file_appeal,
    invite_reviewer,
)
from moderation.desk.queues import QUEUES, Wanted, ordered_ids, queue_tallies
from moderation.services import Decision, decide_by_person, undo_decision
from newsroom.audit.models import AuditEntry
from newsroom.outbox.models import Letter
from newsroom.outbox.services import deliver_due
from tests.contract.helpers import comments_path, fields, problem
from tests.factories import CommentFactory, UserFactory

pytestmark = pytest.mark.django_db
MAY = ["moderation.add_decision"]
SUBJECTS = {
    "statement": re.compile("the reasons"),
    "appeal_decided": re.compile("after your appeal|stands"),
    "appeal_review": re.compile("decide an appeal"),
}


@pytest.fixture
def first() -> Any:
    return UserFactory(username="first", permissions=MAY)


@pytest.fixture
def second(first: Any) -> Any:
    return UserFactory(username="second", permissions=MAY)


def person_decides(comment: Comment, actor: Any, outcome: str, reason: str = "") -> Decision:
    comment.refresh_from_db()
    return decide_by_person(
        comment_id=comment.pk,
        actor=actor,
        outcome=outcome,
        seen_revision=comment.revision,
        seen_decision_id=comment.decision_id,
        reason_code=reason,
    )


def refused(by: Any, *, reason: str = "insult", **given: Any) -> Comment:
    comment: Comment = CommentFactory(status="held", **given)
    person_decides(comment, by, "rejected", reason)
    comment.refresh_from_db()
    return comment


def appeal(comment: Comment, text: str = "I only quoted him.", *, at: Any = None) -> Appeal:
    return file_appeal(comment_id=comment.pk, text=text, at=at or timezone.now())


def answer(found: Appeal, actor: Any, *, reverse_it: bool = True, at: Any = None) -> Appeal:
    return decide_appeal(
        appeal_id=found.pk,
        actor=actor,
        reverse_it=reverse_it,
        answer="It was a quotation.",
        at=at or timezone.now(),
    )


def letters(kind: str) -> list[Any]:
    Letter.objects.update(next_attempt_at=timezone.now(), not_before=timezone.now())
    deliver_due()
    return [letter for letter in mail.outbox if SUBJECTS[kind].search(letter.subject)]


# --- the statement of reasons ---------------------------------------------------------------------------
def test_who_is_refused_is_told_what_why_by_whom_and_how_to_appeal(first: Any) -> None:
    comment = refused(first, body="You utter nincompoop, harbour master.", email="ana@example.org")

    [letter] = letters("statement")

    assert letter.to == ["ana@example.org"]
    for part in (
        "It was not published",
        "The rules for comments",
        "It insults somebody",
        "A person decided this",
        "appeal once, until",
        f"/comments/{comment.pk}/?token={status_token(comment.pk)}",
    ):
        assert part in letter.body
    assert "nincompoop" not in letter.body + letter.subject


def test_the_law_is_named_where_it_is_the_ground_and_removal_is_said(first: Any) -> None:
    comment = CommentFactory(status="published")
    person_decides(comment, first, "removed", "illegal")

    [letter] = letters("statement")

    assert "The law" in letter.body
    assert "It was taken down" in letter.body


@pytest.mark.parametrize(("reason", "number"), [("spam", 0), ("insult", 1)])
def test_spam_gets_no_statement(first: Any, reason: str, number: int) -> None:
    refused(first, reason=reason)
    assert len(letters("statement")) == number


def test_no_duties_no_letter_and_no_appeal(first: Any) -> None:
    comment = CommentFactory(status="held")
    CommentSettings.objects.create(site=comment.article.site, obligations="none")
    person_decides(comment, first, "rejected", "insult")

    assert letters("statement") == []
    with pytest.raises(NotAppealable):
        appeal(comment)


def test_a_platform_names_out_of_court_settlement(first: Any) -> None:
    comment = CommentFactory(status="held")
    CommentSettings.objects.create(site=comment.article.site, obligations="platform")
    person_decides(comment, first, "rejected", "insult")

    assert "Art. 21" in letters("statement")[0].body


def test_an_undone_refusal_is_never_told(first: Any) -> None:
    comment = refused(first)
    assert Letter.objects.get().not_before > timezone.now() + timedelta(seconds=60)

    undo_decision(comment_id=comment.pk, actor=first)

    assert letters("statement") == []


# --- filing ---------------------------------------------------------------------------------------------
def test_an_appeal_is_filed_once_over_the_api(client: Client, first: Any) -> None:
    comment = refused(first)
    status = client.get(f"/api/v1/comments/{comment.pk}/status/", {"token": status_token(comment.pk)}).json()
    path = status["appeal_url"]

    made = client.post(path, json.dumps({"text": "I only quoted him."}), "application/json")
    again = client.post(path, json.dumps({"text": "Again."}), "application/json")

    assert (made.status_code, made.json()["state"]) == (202, "open")
    problem(again, 409, "already_appealed")
    assert client.get(path).json()["state"] == "open"
    status = client.get(f"/api/v1/comments/{comment.pk}/status/", {"token": status_token(comment.pk)}).json()
    assert status["appeal_url"] is None


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({}, {"text": "required"}),
        ({"text": " \u200b"}, {"text": "blank"}),
        ({"text": "x" * 2001}, {"text": "max_length"}),
        ({"text": 7}, {"text": "invalid"}),
        ({"text": "x", "more": 1}, {"more": "unknown_field"}),
    ],
)
def test_what_is_wrong_with_an_appeal_is_named(client: Client, first: Any, sent: Any, wrong: Any) -> None:
    comment = refused(first)
    path = f"/api/v1/comments/{comment.pk}/appeal/?token={status_token(comment.pk)}"

    assert fields(client.post(path, json.dumps(sent), "application/json")) == wrong


def test_without_the_token_there_is_nothing_to_appeal(client: Client, first: Any) -> None:
    path = f"/api/v1/comments/{refused(first).pk}/appeal/"
    for token in ("", "x", status_token(CommentFactory().pk)):
        problem(client.post(f"{path}?token={token}", '{"text": "x"}', "application/json"), 404)
        assert client.post(path.replace("/api/v1", "") + f"?token={token}", {"text": "x"}).status_code == 404


@pytest.mark.parametrize("status", ["pending", "published", "held", "withdrawn"])
def test_only_a_refusal_is_appealed_against(status: str) -> None:
    with pytest.raises(NotAppealable):
        appeal(CommentFactory(status=status))


def test_after_six_months_it_is_too_late(client: Client, first: Any) -> None:
    comment = refused(first)
    with pytest.raises(AppealWindowClosed):
        appeal(comment, at=timezone.now() + timedelta(days=184))
    appeal(comment, at=timezone.now() + timedelta(days=182))


# --- deciding -------------------------------------------------------------------------------------------
def test_somebody_else_reverses_and_the_comment_is_published_and_its_author_told(
    client: Client, first: Any, second: Any
) -> None:
    comment = refused(first)
    found = appeal(comment)

    with pytest.raises(NotYoursToDecide):
        answer(found, first)
    answer(found, second)

    comment.refresh_from_db()
    assert comment.status == "published"
    assert client.get(comments_path(comment.article)).json()["count"] == 1
    [*_, letter] = letters("appeal_decided")
    assert "is reversed" in letter.body
    assert "It was a quotation." in letter.body
    assert "did not take the first decision" in letter.body
    page = client.get(f"/comments/{comment.pk}/", {"token": status_token(comment.pk)}).content.decode()
    assert "After your appeal" in page
    assert AuditEntry.objects.filter(action="appeal.reversed", actor=second).exists()
    with pytest.raises(AppealIsFinal):
        undo_decision(comment_id=comment.pk, actor=second)


def test_a_decision_that_stands_is_told_with_its_reason_and_there_is_no_second_appeal(
    client: Client, first: Any, second: Any
) -> None:
    comment = refused(first)
    answer(appeal(comment), second, reverse_it=False)

    comment.refresh_from_db()
    assert comment.status == "rejected"
    assert "stands" in letters("appeal_decided")[-1].body
    with pytest.raises(AlreadyAppealed):
        appeal(comment)
    page = client.get(f"/comments/{comment.pk}/", {"token": status_token(comment.pk)}).content.decode()
    assert "It was a quotation." in page
    assert "Send the appeal" not in page


def test_a_machines_refusal_may_be_decided_by_any_person(first: Any) -> None:
    comment = CommentFactory(status="rejected")

    answer(appeal(comment), first)

    assert not Appeal.objects.get().by_same_person


def test_who_is_alone_waits_a_day_and_the_answer_says_so(first: Any) -> None:
    comment = refused(first)
    found = appeal(comment)
    with pytest.raises(NotYoursToDecide):
        answer(found, first, at=found.at + timedelta(hours=23, minutes=59))

    answer(found, first, reverse_it=False, at=found.at + timedelta(hours=24))

    assert Appeal.objects.get().by_same_person
    assert "only one person" in letters("appeal_decided")[-1].body


def test_publishing_outright_answers_the_appeal_under_the_same_rule(first: Any, second: Any) -> None:
    comment = refused(first)
    appeal(comment)

    with pytest.raises(NotYoursToDecide):
        person_decides(comment, first, "published")
    person_decides(comment, second, "published")

    assert Appeal.objects.get().state == "reversed"


def test_a_reviewer_from_outside_decides_by_a_link_that_opens_once(client: Client, first: Any) -> None:
    comment = refused(first, body="A quotation, I swear.")
    found = appeal(comment)
    link = invite_reviewer(
        appeal_id=found.pk, name="Prof. Out", email="out@example.org", by=first, at=timezone.now()
    )
    asked = next(letter for letter in letters("appeal_review") if letter.to == ["out@example.org"])
    assert link in asked.body
    path = re.sub(r"^https?://[^/]+", "", link)
    page = client.get(path)
    assert "A quotation, I swear." in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert client.post(path, {"outcome": "reverse", "answer": ""}).status_code == 400

    done = client.post(path, {"outcome": "reverse", "answer": "He quoted."})

    assert "it is decided" in done.content.decode()
    assert client.get(path).status_code == 404
    comment.refresh_from_db()
    assert comment.status == "published"
    decided = Appeal.objects.get()
    assert (decided.by_outsider, decided.decided_by.first_name) == (True, "Prof. Out")
    assert not decided.decided_by.is_active
    assert "from outside" in letters("appeal_decided")[-1].body


def test_an_old_invitation_opens_nothing(client: Client, first: Any) -> None:
    found = appeal(refused(first))
    long_ago = timezone.now() - timedelta(days=15)
    link = invite_reviewer(appeal_id=found.pk, name="A", email="a@example.org", by=first, at=long_ago)

    assert client.get(re.sub(r"^https?://[^/]+", "", link)).status_code == 404
    assert client.get("/appeals/review/").status_code == 404


def test_a_comment_taken_back_ends_its_appeal(first: Any) -> None:
    comment = refused(first)
    appeal(comment)
    withdraw_comment(comment_id=comment.pk)

    assert Appeal.objects.get().state == "moot"


# --- pages ----------------------------------------------------------------------------------------------
def test_appealing_works_without_script(client: Client, first: Any) -> None:
    comment = refused(first)
    token = status_token(comment.pk)
    page = client.get(f"/comments/{comment.pk}/", {"token": token}).content.decode()
    assert "It insults somebody." in page
    assert "A person decided this." in page
    path = re.search(r'action="(/comments/[^"]+/appeal/[^"]+)"', page)
    assert path is not None

    empty = client.post(path[1], {"text": ""})
    sent = client.post(path[1], {"text": "Only <i>quoted</i>."})
    twice = client.post(path[1], {"text": "Only <i>quoted</i>."})

    assert (empty.status_code, sent.status_code, twice.status_code) == (400, 303, 409)
    assert "has arrived" in client.get(sent["Location"].partition("#")[0]).content.decode()
    assert not client.cookies


def test_the_desk_has_a_queue_and_shows_who_may_decide(client: Client, first: Any, second: Any) -> None:
    comment = refused(first)
    found = appeal(comment, "<script>alert(1)</script>")
    now = timezone.now()
    assert ordered_ids(QUEUES["appeals"], wanted=Wanted(), now=now) == [comment.pk]
    assert queue_tallies(now=now)["appeals"].count == 1
    path = f"/admin/desk/comments/{comment.pk}/"

    client.force_login(first)
    assert "a colleague decides" in client.get(path).content.decode()
    client.force_login(second)
    page = client.get(path).content.decode()
    assert "Reverse it: publish" in page
    assert "<script>alert" not in page
    client.post(f"/admin/desk/appeals/{found.pk}/", {"outcome": "uphold", "answer": "It is an insult."})

    assert Appeal.objects.get().state == "upheld"


def test_outsiders_decide_nothing(client: Client, first: Any) -> None:
    found = appeal(refused(first))
    client.force_login(UserFactory(username="outsider"))

    sent = {"outcome": "reverse", "answer": "Ha."}
    assert client.post(f"/admin/desk/appeals/{found.pk}/", sent).status_code == 403
    assert Appeal.objects.get().state == "open"


def test_terms_and_privacy_say_what_is_set(client: Client, settings: Any) -> None:
    comment = CommentFactory()
    terms = client.get("/terms/").content.decode()
    assert "A report hides nothing by itself" in terms
    assert "for 15 minutes" in terms
    CommentSettings.objects.create(site=comment.article.site, reports_hide_after=3, obligations="platform")
    settings.NEWSROOM_RETENTION = {"addresses": 7}

    terms, privacy = (client.get(path).content.decode() for path in ("/terms/", "/privacy/"))

    assert "3 readers hide a comment" in terms
    assert "Art. 21" in terms
    assert "7 days after the last decision" in privacy
    page = client.get(comment.article.get_absolute_url()).content.decode()
    form = page[page.index('id="reply-form"') :]
    assert 'href="/terms/"' in form
    assert 'href="/privacy/"' in form
