"""Commenters see, take along, disown and erase what is theirs, by a mailed link that opens once."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comments.models import Comment, CommentPrivate, CommentRevision, Mailbox
from comments.reports.models import Report
from comments.rights import ledger, services
from comments.rights.erasing import (
    disown_comment,
    erase_after_holds,
    erase_author,
    nobody,
    reapply_erasures,
)
from comments.rights.models import AccessLink, LegalHold
from moderation.appeals.models import Appeal
from moderation.appeals.services import file_appeal
from moderation.models import Decision
from newsroom.audit.models import AuditEntry
from newsroom.crypto import address_hash
from newsroom.outbox.models import Letter
from newsroom.outbox.services import deliver_due
from tests.contract.helpers import comments_path
from tests.factories import ArticleFactory, CommentFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db
ANA = "Ana.Canary@example.org"


@pytest.fixture(autouse=True)
def _own_ledger(settings: Any, tmp_path: Any) -> None:
    settings.NEWSROOM_ERASURE_LEDGER_FILE = tmp_path / "erasures.jsonl"
    SiteFactory()


def letter(kind_words: str) -> Any:
    Letter.objects.update(next_attempt_at=timezone.now(), not_before=timezone.now())
    deliver_due()
    return next(one for one in reversed(mail.outbox) if kind_words in one.subject)


def link_in(text: str) -> str:
    found = re.search(r"https?://[^/\s]+(/my/\S+)", text)
    assert found is not None
    return found[1]


def opened(client: Client, email: str = ANA) -> str:
    """The page that the link opens."""
    assert client.post("/my/comments/", {"email": email}).status_code == 303
    return client.post(link_in(letter("My comments").body)).content.decode()


def visit_of(page: str) -> str:
    found = re.search(r'name="visit" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def press(client: Client, visit: str, action: str, **more: Any) -> Any:
    return client.post("/my/comments/act/", {"visit": visit, "action": action, **more})


def hold(**of: Any) -> LegalHold:
    until = timezone.now().date() + timedelta(days=10)
    made: LegalHold = LegalHold.objects.create(
        reason="AZ 1 Js 23/26", expires_on=until, by=UserFactory(), **of
    )
    return made


def test_the_address_of_the_buttons_alone_leads_to_the_first_page(client: Client) -> None:
    assert client.get("/my/comments/act/")["Location"] == "/my/comments/"


# --- the link --------------------------------------------------------------------------------------------
def test_a_link_shows_all_comments_of_the_address_with_states_and_reasons_once(client: Client) -> None:
    shown = CommentFactory(email=ANA, status="published", body="First of mine <b>.")
    CommentFactory(email=ANA.lower(), status="rejected", body="Second of mine.")
    CommentFactory(body="Somebody else's.")
    client.post("/my/comments/", {"email": ANA})
    path = link_in(letter("My comments").body)

    looked, page, again = client.get(path), client.post(path), client.post(path)

    assert "First of mine" not in looked.content.decode()
    text = page.content.decode()
    for part in (
        "First of mine &lt;b&gt;",
        "Second of mine.",
        "published",
        "not published",
        "It insults somebody.",
    ):
        assert part in text
    assert "Somebody else" not in text
    assert f"/comments/{shown.pk}/?token=" in text
    assert page["Cache-Control"] == "no-store"
    assert again.status_code == 410
    assert not client.cookies


def test_a_link_expires(client: Client) -> None:
    CommentFactory(email=ANA)
    client.post("/my/comments/", {"email": ANA})
    AccessLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert client.post(link_in(letter("My comments").body)).status_code == 410


def test_known_and_unknown_addresses_get_the_same_answer_by_the_same_steps(client: Client) -> None:
    CommentFactory(email=ANA, status="published")
    asked = []
    for email in (ANA, "nobody.here@example.org"):
        with CaptureQueriesContext(connection) as steps:
            answer = client.post("/my/comments/", {"email": email})
        statements = [
            re.sub(r"'[^']*'|s\d+_x\d+", "?", query["sql"])[:60]
            for query in steps.captured_queries
            if "articles_site" not in query["sql"]  # Remembered for a second.
        ]
        asked.append((answer.status_code, answer["Location"], answer.content, statements))

    assert asked[0] == asked[1]
    assert not any("mailbox" in statement for statement in asked[0][-1])  # Nobody looks whether it is known.
    Letter.objects.update(next_attempt_at=timezone.now())
    deliver_due()
    bodies = {re.sub(r"token=\S+", "", one.body) for one in mail.outbox if "My comments" in one.subject}
    assert len(bodies) == 1
    unknown = next(one for one in mail.outbox if one.to == ["nobody.here@example.org"])
    assert "No comments are stored" in client.post(link_in(unknown.body)).content.decode()


@pytest.mark.parametrize("email", ["", "x", "a@localhost", "a@b@c", "x" * 250 + "@example.org"])
def test_what_is_no_address_is_said(client: Client, email: str) -> None:
    assert client.post("/my/comments/", {"email": email}).status_code == 400
    assert not AccessLink.objects.exists()


def test_one_address_gets_few_links_whoever_asks(client: Client, settings: Any) -> None:
    settings.NEWSROOM_LIMITS = "default"
    email = f"{uuid4()}@example.org"
    for number in range(5):
        sent = client.post("/my/comments/", {"email": email}, REMOTE_ADDR=f"198.51.100.{number}")
        assert sent.status_code == 303
    assert AccessLink.objects.count() == 3


@pytest.mark.parametrize("visit", ["", "x", "a.b.c", f"{'0' * 8}-0000-0000-0000-{'0' * 12}.1.k1.x"])
def test_nothing_happens_without_a_visit(client: Client, visit: str) -> None:
    assert press(client, visit, "erase_all", sure="on").status_code == 410


def test_a_visit_ends_after_half_an_hour_and_reaches_nobody_elses_comments(client: Client) -> None:
    mine, other = CommentFactory(email=ANA), CommentFactory()
    mailbox, now = mine.private.mailbox_id, timezone.now()

    assert services.visitor(services.visit_token(mailbox, at=now), at=now + timedelta(minutes=31)) is None
    visit = services.visit_token(mailbox, at=now)
    assert press(client, visit, "erase", comment=str(other.pk)).status_code == 404
    other.refresh_from_db()
    assert other.status == "pending"


# --- export ----------------------------------------------------------------------------------------------
def test_all_that_is_stored_can_be_taken_along(client: Client) -> None:
    comment = CommentFactory(email=ANA, status="rejected", body="Mine.")
    file_appeal(comment_id=comment.pk, text="I object.", at=timezone.now())
    Report.objects.create(comment=comment, revision=1, reason="spam", address_hash=address_hash(ANA))

    answer = press(client, visit_of(opened(client)), "export")

    assert "attachment" in answer["Content-Disposition"]
    stored = json.loads(answer.content)
    [exported] = stored["comments"]
    assert (exported["body"], exported["status"], exported["reason"]) == ("Mine.", "rejected", "insult")
    assert exported["appeals"][0]["text"] == "I object."
    assert exported["texts"][0]["body"] == "Mine."
    assert stored["reports"][0]["reason"] == "spam"


# --- erasure ---------------------------------------------------------------------------------------------
def test_erasing_leaves_a_tombstone_and_nothing_personal_anywhere(client: Client) -> None:
    article = ArticleFactory()
    mine = CommentFactory(
        article=article, email=ANA, name="Ana Canary", body="My own words.", status="published"
    )
    CommentFactory(parent=mine, status="published")
    refused = CommentFactory(
        article=article, email=ANA, name="Ana Canary", body="Other words.", status="rejected"
    )
    file_appeal(comment_id=refused.pk, text="My objection.", at=timezone.now())
    client.post(
        f"/api/v1/comments/{mine.pk}/reports/",
        {"reason": "other", "detail": "She says My own words."},
        "application/json",
    )
    visit = visit_of(opened(client))

    assert press(client, visit, "erase_all").status_code == 400  # Not sure yet.
    done = press(client, visit, "erase_all", sure="on")

    assert "are gone" in done.content.decode()
    [root] = client.get(comments_path(article)).json()["results"]
    assert (root["name"], root["body"], root["badges"]) == (None, None, ["removed"])
    assert not Mailbox.objects.filter(address_hash=address_hash(ANA)).exists()
    assert not CommentRevision.objects.filter(comment__in=[mine, refused]).exists()
    assert not Letter.objects.filter(state="waiting", address_hash=address_hash(ANA)).exists()
    for row in CommentPrivate.objects.filter(comment__in=[mine, refused]):
        assert (row.mailbox_id, row.network) == (nobody().pk, None)
    everything = "".join(
        repr(list(model.objects.values()))
        for model in (Comment, CommentRevision, Decision, AuditEntry, Report, Appeal, Letter)
    )
    for words in ("My own words", "Other words", "Ana Canary", "My objection"):
        assert words not in everything
    assert press(client, visit, "export").status_code == 410


def test_an_erasure_is_done_again_after_a_restore(client: Client) -> None:
    comment = CommentFactory(email=ANA, status="published")
    at = timezone.now()
    ledger.note_erasure("comment", comment.pk, at=at)  # As if the backup were from before.
    ledger.note_erasure("mailbox", comment.private.mailbox_id, at=at)

    assert reapply_erasures() == 2
    assert reapply_erasures() == 0

    comment.refresh_from_db()
    assert comment.status == "erased"
    assert not Mailbox.objects.filter(address_hash=address_hash(ANA)).exists()


def test_the_ledger_knows_ids_only_and_survives_a_torn_line(settings: Any) -> None:
    comment = CommentFactory(email=ANA, body="Words.")
    mailbox = comment.private.mailbox_id
    erase_author(mailbox, at=timezone.now())
    with settings.NEWSROOM_ERASURE_LEDGER_FILE.open("a") as file:
        file.write('{"kind": "comm')

    text = settings.NEWSROOM_ERASURE_LEDGER_FILE.read_text()

    assert list(ledger.noted_erasures()) == [("comment", comment.pk), ("mailbox", mailbox)]
    assert "anary" not in text
    assert settings.NEWSROOM_ERASURE_LEDGER_FILE.stat().st_mode & 0o077 == 0


def test_a_legal_hold_hides_and_keeps_until_it_ends(client: Client) -> None:
    kept = CommentFactory(email=ANA, body="Evidence.", status="published")
    other = CommentFactory(email=ANA, status="published")
    stays = hold(comment=kept)

    assert erase_author(kept.private.mailbox_id, at=timezone.now()) == 1

    kept.refresh_from_db()
    other.refresh_from_db()
    assert (kept.status, kept.body, other.status) == ("withdrawn", "Evidence.", "erased")
    assert erase_after_holds(at=timezone.now()) == 0

    LegalHold.objects.filter(pk=stays.pk).update(expires_on=timezone.now().date())
    assert erase_after_holds(at=timezone.now()) == 1

    kept.refresh_from_db()
    assert (kept.status, kept.body) == ("erased", "")
    assert not Mailbox.objects.filter(address_hash=address_hash(ANA)).exists()


def test_a_hold_holds_against_a_single_erasure_and_a_restore(client: Client) -> None:
    comment = CommentFactory(email=ANA, status="published")
    hold(mailbox=comment.private.mailbox)

    said = press(client, visit_of(opened(client)), "erase", comment=str(comment.pk)).content.decode()
    ledger.note_erasure("comment", comment.pk, at=timezone.now())

    assert "legal reasons" in said
    assert reapply_erasures() == 0


# --- not mine --------------------------------------------------------------------------------------------
def test_what_somebody_else_wrote_with_ones_address_is_hidden_without_blame(client: Client) -> None:
    false, mine = CommentFactory(email=ANA, status="published"), CommentFactory(email=ANA, status="published")
    mailbox = mine.private.mailbox_id

    page = press(client, visit_of(opened(client)), "disown", comment=str(false.pk)).content.decode()

    false.refresh_from_db()
    assert false.status == "withdrawn"
    assert "no longer has to do with your address" in page
    assert list(CommentPrivate.objects.filter(mailbox_id=mailbox).values_list("comment", flat=True)) == [
        mine.pk
    ]
    refusals = Decision.objects.filter(comment=false, outcome__in=["rejected", "removed"])
    assert not refusals.exists()
    assert AuditEntry.objects.filter(action="comment.disowned").exists()
    assert not disown_comment(mine.pk, mailbox_id=false.private.mailbox_id, at=timezone.now())


# --- confirming an address, replies ------------------------------------------------------------------------
def published(**given: Any) -> Comment:
    comment: Comment = CommentFactory(status="published", **given)
    return comment


def test_after_the_first_publication_the_address_is_asked_for_once_and_never_quotes(client: Client) -> None:
    published(email=ANA, body="My own words.")
    published(email=ANA)
    Letter.objects.update(next_attempt_at=timezone.now())
    deliver_due()

    [asked] = [one for one in mail.outbox if "Is this address yours" in one.subject]
    path = link_in(asked.body)
    assert "My own words" not in asked.body
    assert Mailbox.objects.get(address_hash=address_hash(ANA)).verified_at is None
    client.get(path)
    assert Mailbox.objects.get(address_hash=address_hash(ANA)).verified_at is None
    assert "confirmed" in client.post(path).content.decode()
    assert Mailbox.objects.get(address_hash=address_hash(ANA)).verified_at is not None
    assert client.get(path + "x").status_code == 410


def confirmed(client: Client, comment: Comment, *, notify: bool = True) -> Mailbox:
    mailbox: Mailbox = comment.private.mailbox
    services.verify_address(mailbox, notify_replies=notify, at=timezone.now())
    return mailbox


def replies_sent() -> list[Any]:
    from comments.rights.notices import send_reply_notices

    send_reply_notices(at=timezone.now())
    Letter.objects.update(next_attempt_at=timezone.now())
    deliver_due()
    return [one for one in mail.outbox if "repl" in one.subject.lower()]


def test_a_published_reply_is_told_with_one_click_to_hear_no_more(client: Client) -> None:
    comment = published(email=ANA)
    confirmed(client, comment)
    reply = published(parent=comment, name="Jon", body="Secret words.")

    [told] = replies_sent()

    assert told.to == [ANA]
    assert f"#comment-{reply.pk}" in told.body
    assert "Jon" in told.body
    assert "Secret words" not in told.body
    headers = told.message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = headers["List-Unsubscribe"].strip("<>")
    path = re.sub(r"^https?://[^/]+", "", stop)
    answer = Client(enforce_csrf_checks=True).post(
        path, {"List-Unsubscribe": "One-Click"}, headers={"Origin": "https://mail.example"}
    )
    assert answer.status_code == 200
    published(parent=comment)
    assert len(replies_sent()) == 1


def test_many_replies_within_the_hour_are_one_letter(client: Client) -> None:
    comment = published(email=ANA)
    mailbox = confirmed(client, comment)
    published(parent=comment)
    assert len(replies_sent()) == 1
    for _ in range(12):
        published(parent=comment)
    assert len(replies_sent()) == 1

    mailbox.preference.refresh_from_db()
    mailbox.preference.last_notice_at = timezone.now() - timedelta(hours=1)
    mailbox.preference.save()

    [_, digest] = replies_sent()
    assert digest.subject.startswith("12 replies")
    assert digest.body.count("#comment-") == 10
    assert "And 2 more." in digest.body


def test_what_is_not_public_or_ones_own_or_not_wanted_is_not_told(client: Client) -> None:
    comment = published(email=ANA)
    mailbox = confirmed(client, comment)
    CommentFactory(parent=comment, status="held")
    published(parent=comment, email=ANA)
    gone = published(parent=comment)
    from tests.factories import decide

    decide(gone, "removed", actor_kind="person", reason_code="insult")
    assert replies_sent() == []

    services.choose_notices(mailbox.pk, notify_replies=False)
    published(parent=comment)
    assert replies_sent() == []


def test_an_address_that_nobody_confirmed_hears_of_nothing(client: Client) -> None:
    comment = published(email=ANA)
    published(parent=comment)

    assert replies_sent() == []


def test_where_mail_is_off_nothing_is_noted(settings: Any) -> None:
    settings.NEWSROOM_MAIL = False
    comment = published(email=ANA)
    published(parent=comment)

    assert not Letter.objects.exists()
