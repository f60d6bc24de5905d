"""What a moderator may do about an author: trust, block, read first; and see the address, on record."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from comments.models import Comment, Mailbox
from moderation.desk.items import author_key
from newsroom.audit.models import AuditEntry
from tests.desk.conftest import seen
from tests.factories import CommentFactory

pytestmark = pytest.mark.django_db


def switch(desk, mailbox, wanted, reason="A raid", **fields):
    path = f"/admin/desk/authors/{mailbox.pk}/flag/"
    return desk.post(path, {"switch": wanted, "reason": reason} | fields, follow=True)


def find(desk, **fields):
    return desk.post("/admin/desk/authors/find/", fields, follow=True)


def mailbox_of(comment):
    return Mailbox.objects.get(comments__comment=comment)


def test_approving_and_trusting_are_one_step(press, hold, editor):
    comment = hold()
    press(comment, "approve_and_trust")
    comment.refresh_from_db()
    assert comment.status == "published"
    assert mailbox_of(comment).trusted
    entry = AuditEntry.objects.get(action="author.flags")
    assert (entry.actor, entry.data) == (editor, {"trusted": True})


def test_rejecting_and_blocking_are_one_step_with_a_reason(press, hold):
    comment = hold()
    press(comment, "reject_and_block")
    assert not mailbox_of(comment).blocked
    press(comment, "reject_and_block", reason="threat")
    comment.refresh_from_db()
    assert comment.status == "rejected"
    assert mailbox_of(comment).blocked


def test_a_refused_decision_blocks_nobody(press, hold):
    comment = hold()
    stale = f"{comment.pk}:{comment.revision + 1}:"
    press(comment, "reject_and_block", as_seen=stale, reason="threat", fragment=True)
    assert not mailbox_of(comment).blocked
    assert not AuditEntry.objects.filter(action="author.flags").exists()


def test_blocking_ends_trust(desk):
    mailbox = mailbox_of(CommentFactory())
    for flag in ("trusted", "blocked"):
        switch(desk, mailbox, f"{flag}:on")
    mailbox.refresh_from_db()
    assert (mailbox.trusted, mailbox.blocked) == (False, True)
    switch(desk, mailbox, "blocked:off")
    switch(desk, mailbox, "blocked:off")
    assert AuditEntry.objects.filter(action="author.flags").count() == 3


def test_a_switch_has_a_reason_that_the_page_shows(desk, editor):
    mailbox = mailbox_of(CommentFactory())
    assert "Write why" in switch(desk, mailbox, "blocked:on", reason="").content.decode()
    assert not Mailbox.objects.filter(blocked=True).exists()
    switch(desk, mailbox, "blocked:on", reason="<b>Threats</b>")
    page = desk.get("/admin/desk/authors/").content.decode()
    assert f"<code>{author_key(mailbox)}</code>" in page
    assert "&lt;b&gt;Threats&lt;/b&gt;" in page
    assert "kerensa" in page
    back = switch(desk, mailbox, "blocked:off", reason="Appealed", next="/admin/desk/authors/?show=blocked")
    assert back.redirect_chain[-1][0] == "/admin/desk/authors/?show=blocked"
    assert "Nobody." in back.content.decode()
    history = desk.get(f"/admin/desk/authors/{mailbox.pk}/").content.decode()
    assert "no longer blocked" in history
    assert "Appealed" in history


def test_an_author_is_found_by_key(desk):
    mailbox = mailbox_of(CommentFactory())
    found = find(desk, key=author_key(mailbox))
    assert found.redirect_chain[-1][0] == f"/admin/desk/authors/{mailbox.pk}/"
    assert "No author has that key" in find(desk, key="zz").content.decode()
    assert "No author has that key" in find(desk, key="00000000").content.decode()


def test_an_address_is_searched_on_record_and_shown_nowhere(desk, editor):
    mailbox = mailbox_of(CommentFactory(email="moss@example.org"))
    answer = find(desk, address=" Moss@Example.org ", reason="He wrote to us")
    assert answer.redirect_chain[-1][0] == f"/admin/desk/authors/{mailbox.pk}/"
    assert "moss@" not in answer.content.decode().lower()
    entry = AuditEntry.objects.get(action="author.searched")
    assert (entry.actor, entry.reason, entry.object_id) == (editor, "He wrote to us", str(mailbox.pk))
    assert "Nobody has written" in find(desk, address="new@example.org", reason="x").content.decode()
    assert "Write why" in find(desk, address="new@example.org").content.decode()
    assert "no email address" in find(desk, address="nonsense", reason="x").content.decode()
    assert Mailbox.objects.count() == 1


def test_an_address_is_blocked_before_it_was_ever_used(desk):
    find(desk, address="raider@example.org", switch="blocked", reason="Announced it")
    comment = CommentFactory(email="Raider@example.org")
    assert mailbox_of(comment).blocked
    assert Mailbox.objects.count() == 1


def test_addresses_are_searched_by_those_who_may_see_them(desk, editor, person):
    outsider = Client()
    outsider.force_login(person("ad manager"))
    assert outsider.get("/admin/desk/authors/").status_code == 403
    assert find(outsider, key="00").status_code == 403
    Group.objects.get(name="editor").permissions.remove(Permission.objects.get(codename="view_mailbox"))
    assert find(desk, address="moss@example.org", reason="x").status_code == 403
    assert "Or an address" not in desk.get("/admin/desk/authors/").content.decode()


@pytest.mark.parametrize("query", ["show=nonsense", "page=0", "page=-1", "page=99999999999", "page=²"])
def test_the_list_stands_odd_questions(desk, query):
    assert desk.get(f"/admin/desk/authors/?{query}").status_code == 200


@pytest.fixture
def with_password(editor):
    editor.set_password("correct horse")
    editor.save()
    client = Client()
    client.force_login(editor)
    return client


def reveal(client, mailbox, **fields):
    data = {"reason": "A threat; the police asked.", "password": "correct horse"} | fields
    return client.post(f"/admin/desk/authors/{mailbox.pk}/address/", data, follow=True)


def test_an_address_is_shown_to_whom_says_why_and_is_recorded(with_password, editor):
    mailbox = mailbox_of(CommentFactory(email="moss@example.org"))
    answer = reveal(with_password, mailbox)
    assert "moss@example.org" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    entry = AuditEntry.objects.get(action="author.address_seen")
    assert (entry.actor, entry.object_id, entry.reason) == (
        editor,
        str(mailbox.pk),
        "A threat; the police asked.",
    )
    assert "moss" not in str(entry.data)


@pytest.mark.parametrize("fields", [{"reason": ""}, {"password": "wrong"}, {"password": ""}])
def test_without_a_reason_or_the_password_it_stays_hidden(with_password, fields):
    mailbox = mailbox_of(CommentFactory(email="moss@example.org"))
    assert "moss@example.org" not in reveal(with_password, mailbox, **fields).content.decode()
    assert not AuditEntry.objects.filter(action="author.address_seen").exists()


def test_after_a_wrong_password_the_reason_stands_there_still(with_password):
    mailbox = mailbox_of(CommentFactory(email="moss@example.org"))
    page = reveal(with_password, mailbox, password="wrong").content.decode()
    assert 'value="A threat; the police asked."' in page
    assert "neither your password nor a code of now" in page


def test_from_the_page_with_the_address_one_comes_back_to_the_author(with_password, hold):
    mailbox = mailbox_of(hold(email="moss@example.org"))
    page = f"/admin/desk/authors/{mailbox.pk}/"
    shown = reveal(with_password, mailbox).content.decode()
    assert f'name="next" value="{page}"' in shown
    assert f"{page}address/" not in shown
    assert with_password.get(f"{page}address/")["Location"] == page


def test_without_the_right_nobody_is_even_offered_it(with_password, editor):
    editor.groups.get().permissions.filter(codename="view_mailbox").first()
    group = editor.groups.get()
    group.permissions.remove(*group.permissions.filter(codename="view_mailbox"))
    mailbox = mailbox_of(CommentFactory(email="moss@example.org"))
    assert "Show the address" not in with_password.get(f"/admin/desk/authors/{mailbox.pk}/").content.decode()
    assert reveal(with_password, mailbox).status_code == 403


def test_an_address_that_retention_deleted_is_gone(with_password):
    mailbox = mailbox_of(CommentFactory(email="moss@example.org"))
    Mailbox.objects.update(address_ciphertext=None)
    assert "no longer stored" in reveal(with_password, mailbox).content.decode()


def test_all_that_waits_of_one_author_is_rejected_in_one_step(desk, hold):
    comments = [hold(email="moss@example.org") for _ in range(3)]
    page = desk.get(f"/admin/desk/authors/{comments[0].private.mailbox_id}/").content.decode()
    assert all(f'name="seen" value="{seen(comment)}"' in page for comment in comments)
    data = {"seen": [seen(comment) for comment in comments], "action": "reject", "reason": "spam"}
    desk.post("/admin/desk/decide-many/", data)
    assert set(Comment.objects.values_list("status", flat=True)) == {"rejected"}
