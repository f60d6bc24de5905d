"""What readers and colleagues type (reports, appeals, questions, reasons, names) stays text on every page."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from comments.models import Comment
from comments.reports.models import Report
from comments.rights.models import LegalHold
from moderation.appeals.models import Appeal
from moderation.desk.authors import set_author_flag
from moderation.desk.control import save_policy
from moderation.desk.models import Escalation, Incident, Moderator
from moderation.desk.wordlists import save_word_list
from moderation.lifecycle.models import AuditSample, ModelEvent
from moderation.models import Emergency, ModelVersion, Policy, WordList
from moderation.ports.models import PortKey
from newsroom.access.models import ApiToken
from newsroom.crypto import encrypt_address
from tests.desk.test_browser_the_desk_in_chromium import HOSTILE, get_all_rights
from tests.factories import CommentFactory, SectionFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCRIPT, PICTURE, DRAWING = HOSTILE[:3]
TAKEN = "#content img[src='x'], #content iframe, #content script:not([src]), #content svg[onload]"


def everything_hostile(editor: Any, hold: Any) -> list[str]:
    """A row of everything in which somebody types words, and the pages that show them."""
    comment: Comment = hold(name=SCRIPT, body=f"{PICTURE} {DRAWING}")
    site, now = comment.article.site, timezone.now()
    shown = CommentFactory(article=comment.article, status="published", name=DRAWING, body=SCRIPT)
    refused = CommentFactory(article=comment.article, status="rejected", name=PICTURE)
    Report.objects.create(
        comment=shown, revision=1, reason="illegal", detail=SCRIPT, reporter=b"1" * 16, in_good_faith=True,
        contact=encrypt_address(json.dumps({"name": PICTURE, "email": "a@example.org"})),
    )  # fmt: skip
    Appeal.objects.create(comment=refused, contested_id=refused.decision_id, text=f"{SCRIPT} {PICTURE}")
    Escalation.objects.create(comment=comment, revision=1, by=editor, note=DRAWING)
    mailboxes = [one.private.mailbox_id for one in (comment, shown, refused)]
    for mailbox, flag in zip(mailboxes, ("blocked", "trusted", "premoderated"), strict=True):
        set_author_flag(mailbox_id=mailbox, flag=flag, value=True, actor=editor, reason=SCRIPT)
    words = WordList(
        site=site, section=SectionFactory(name=DRAWING, slug="odd"), kind="suspect", words=[SCRIPT]
    )
    save_word_list(words, actor=editor, reason=PICTURE)
    save_policy(Policy(site=site, max_links=1), actor=editor, reason=PICTURE)
    Emergency.objects.create(
        site=site,
        kind="premoderate",
        reason=SCRIPT,
        by=editor,
        started_at=now,
        until=now + timedelta(hours=1),
    )
    Incident.objects.create(kind="detector", urgency="morning", began_at=now)
    Moderator.objects.create(user=UserFactory(username="odd", first_name=SCRIPT, last_name=PICTURE))
    ApiToken.objects.create(user=editor, name=SCRIPT, digest=b"1" * 32, scopes=["ads:read"])
    PortKey.objects.create(site=site, name=PICTURE, digest=b"2" * 32)
    LegalHold.objects.create(
        comment=comment, reason=SCRIPT, expires_on=now.date() + timedelta(days=9), by=editor
    )
    version = ModelVersion.objects.create(
        name=PICTURE, digest="f" * 64, artifact=b"", manifest={"name": SCRIPT}
    )
    ModelEvent.objects.create(version=version, action="registered", actor=editor, reason=DRAWING)
    AuditSample.objects.create(
        decision_id=refused.decision_id, comment=refused, revision=1, machine_outcome="rejected", share=1.0
    )
    return [
        *(f"/admin/desk/queues/{key}/" for key in ("report", "appeals", "escalated", "rejected")),
        f"/admin/desk/comments/{refused.pk}/",
        f"/admin/desk/comments/{shown.pk}/",
        f"/admin/desk/authors/{mailboxes[0]}/",
        *(f"/admin/desk/authors/?show={flag}" for flag in ("blocked", "trusted", "premoderated")),
        f"/admin/desk/words/{words.pk}/",
        f"/admin/desk/policies/site/{site.pk}/",
        f"/admin/classifier/{version.pk}/",
        *(f"/admin/classifier/{page}" for page in ("", "shadow/", "errors/", "review/", "thresholds/")),
        "/admin/second-factor/",
        f"/admin/prove/?next={SCRIPT}",
        *(
            f"/admin/{page}/"
            for page in (
                "desk/incident", "desk/moderator", "access/apitoken", "access/secondfactor", "outbox/letter",
                "rights/legalhold", "ports/portkey", "moderation/decision", "moderation/modelversion",
                "audit/auditentry", "auth/user",
            )
        ),
    ]  # fmt: skip


def test_words_of_readers_and_colleagues_stay_words(editor, hold, sign_in, live_server):
    """``sign_in`` fails the test on anything that the console calls an error, and on any dialog."""
    get_all_rights(editor)
    paths = everything_hostile(editor, hold)
    page = sign_in(editor.username, "/admin/")
    for path in paths:
        answer = page.goto(live_server.url + path)
        assert answer.status == 200, path
        assert page.title() not in {"taken", "1"}, path
        assert page.locator(TAKEN).count() == 0, path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
