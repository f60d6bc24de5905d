"""Each kind of data goes in its time, every night, unless it must be kept; the admin shows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from comments.models import Comment, Mailbox, Vote
from comments.reports.models import Report
from comments.retention import KINDS, kept_for
from comments.rights.models import AccessLink, KeptText, LegalHold, RetentionRun
from moderation.appeals.models import Appeal
from moderation.appeals.services import file_appeal
from moderation.models import Decision
from moderation.retention import enforce
from newsroom.audit.models import AuditEntry
from tests.factories import CommentFactory, UserFactory, bring_to, decide

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_ledger(settings: Any, tmp_path: Any) -> None:
    settings.NEWSROOM_ERASURE_LEDGER_FILE = tmp_path / "erasures.jsonl"


def later(**wait: float) -> dict[str, int]:
    """What a night does that comes so much later."""
    return enforce(at=timezone.now() + timedelta(**wait))


def test_an_address_goes_ninety_days_after_the_last_decision() -> None:
    comment = CommentFactory(status="published")

    assert later(days=89)["addresses"] == 0
    assert later(days=91)["addresses"] == 1

    mailbox = Mailbox.objects.get(pk=comment.private.mailbox_id)
    assert mailbox.address_ciphertext is None
    assert mailbox.address_hash


def test_an_address_stays_while_something_is_open_or_letters_are_wanted() -> None:
    CommentFactory(status="held")
    refused = CommentFactory(status="rejected")
    file_appeal(comment_id=refused.pk, text="No.", at=timezone.now())
    subscribed = CommentFactory(status="published").private.mailbox
    from comments.rights.services import choose_notices

    choose_notices(subscribed.pk, notify_replies=True)

    assert later(days=100)["addresses"] == 0


def test_rejected_spam_loses_its_author_and_then_its_text() -> None:
    comment = bring_to(CommentFactory(name="Spammer", body="Buy pills now, my friends."), "pending")
    decide(comment, "rejected", reason_code="spam")

    assert later(days=14)["spam_authors"] == 0
    assert later(days=16)["spam_authors"] == 1

    comment.refresh_from_db()
    assert (comment.status, comment.name) == ("erased", "")
    kept = KeptText.objects.get()
    assert (kept.body, kept.label) == ("Buy pills now, my friends.", "spam")
    assert later(days=364)["spam_texts"] == 0
    assert later(days=366)["spam_texts"] == 1


def test_what_is_on_legal_hold_stays() -> None:
    comment = CommentFactory()
    decide(comment, "rejected", reason_code="spam")
    until = (timezone.now() + timedelta(days=400)).date()
    LegalHold.objects.create(comment=comment, reason="AZ 1", expires_on=until, by=UserFactory())

    done = later(days=200)

    assert (done["spam_authors"], done["addresses"], done["networks"]) == (0, 0, 0)
    comment.refresh_from_db()
    assert comment.body


def test_networks_votes_reporters_words_and_links_go() -> None:
    comment = CommentFactory(status="rejected")
    now = timezone.now()
    Vote.objects.create(comment=comment, voter=b"x" * 16, value=1)
    Report.objects.create(
        comment=comment, revision=1, reason="other", detail="Hm.", reporter=b"y" * 16, contact=b"z",
        state="dismissed", settled_at=now,
    )  # fmt: skip
    AccessLink.objects.create(digest=b"d", address_hashes=[], expires_at=now)
    Appeal.objects.create(
        comment=comment,
        contested=Decision.objects.get(),
        text="Mine.",
        answer="No.",
        state="upheld",
        decided_at=now,
    )

    done = later(days=366)

    for kind in ("networks", "votes", "reporters", "report_contacts", "links", "appeals"):
        assert done[kind] == 1, kind
    assert Report.objects.get().detail == ""
    assert (Appeal.objects.get().text, Appeal.objects.get().answer) == ("", "")
    assert sum(later(days=366).values()) == 0


def test_days_are_a_setting(settings: Any) -> None:
    settings.NEWSROOM_RETENTION = {"networks": 1}
    CommentFactory()

    assert kept_for("networks") == timedelta(days=1)
    assert later(days=2)["networks"] == 1


def test_the_admin_shows_each_kind_and_sets_holds_with_an_audit_row(client: Client) -> None:
    comment = CommentFactory()
    later(days=1)
    client.force_login(UserFactory(username="chief", is_superuser=True))

    page = client.get("/admin/rights/retentionrun/").content.decode()
    assert RetentionRun.objects.count() == len(KINDS)
    assert "Email address of a commenter" in page
    until = (timezone.now() + timedelta(days=3)).date().isoformat()
    sent = {"comment": str(comment.pk), "mailbox": "", "reason": "AZ 2", "expires_on": until}
    assert client.post("/admin/rights/legalhold/add/", sent).status_code == 302
    assert LegalHold.objects.get().by.username == "chief"
    assert AuditEntry.objects.filter(action="legal_hold.set", object_id=str(comment.pk)).exists()
    assert Comment.objects.count() == 1


def test_editors_see_what_retention_does_and_set_holds(client: Client) -> None:
    editor = UserFactory()
    editor.groups.add(Group.objects.get(name="editor"))
    client.force_login(editor)

    assert client.get("/admin/rights/retentionrun/").status_code == 200
    assert client.get("/admin/rights/legalhold/add/").status_code == 200
