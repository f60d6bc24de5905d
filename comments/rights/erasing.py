"""Erasing what somebody wrote, and taking one's address off a comment that somebody else wrote."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from comments.models import Comment, CommentPrivate, CommentRevision, Mailbox
from comments.reports.models import Report
from comments.rights.holds import held_comments, held_mailboxes, is_held
from comments.rights.ledger import note_erasure, noted_erasures
from comments.rights.models import ErasureWanted, ReplyNotice
from comments.services import count_change, lock_comment, withdraw_comment
from comments.signals import comment_changed
from newsroom.audit.services import record
from newsroom.crypto import address_hashes, decrypt_address
from newsroom.outbox.services import cancel_hashes

NOBODY_HASH = bytes(32)  # No keyed hash of an address is that.


def nobody() -> Mailbox:
    """The mailbox of whatever has no author any more. It has no address, and nobody can get its mail."""
    return Mailbox.objects.get_or_create(address_hash=NOBODY_HASH)[0]


@transaction.atomic
def erase_comment(comment_id: UUID, *, at: datetime, actor_kind: str = "commenter") -> bool:
    """Empty a comment for good: name, text, revisions and all that is private. Whether it still had any.

    Under replies stays a tombstone. Does not ask whether it must be kept: ``held_comments`` says so.
    """
    comment = lock_comment(comment_id)
    if comment.status == Comment.Status.ERASED:
        return False
    note_erasure("comment", comment_id, at=at)
    count_change(comment.article_id, comment.ancestors, old=comment.status, new=Comment.Status.ERASED)
    Comment.objects.filter(pk=comment_id).update(
        status=Comment.Status.ERASED,
        name="",
        body="",
        held_by="",
        reason_code="",
        is_pick=False,
        by_staff=False,
        lease_token=None,
        lease_until=None,
    )
    CommentRevision.objects.filter(comment_id=comment_id).delete()
    CommentPrivate.objects.filter(comment_id=comment_id).update(
        mailbox=nobody(), network=None, network_key=None, honeypot=False, form_age_s=None, disposable=False
    )
    ReplyNotice.objects.filter(reply_id=comment_id).delete()
    Report.objects.filter(comment_id=comment_id).update(detail="")  # Who reports something may quote it.
    record(action="comment.erase", object_type="comment", object_id=comment_id, actor_kind=actor_kind)
    comment_changed.send(sender=Comment, comment_id=comment_id, status=Comment.Status.ERASED)
    return True


def erase_author(mailbox_id: UUID, *, at: datetime, actor_kind: str = "commenter") -> int:
    """Erase all comments of one address, and the address; returns how many comments stay, hidden, on hold.

    Each comment is a transaction of its own. What must be kept disappears from view and goes after the hold.
    Safe to run twice.
    """
    mine = Comment.objects.filter(private__mailbox_id=mailbox_id)
    held = set(held_comments(at=at).filter(pk__in=mine).values_list("pk", flat=True))
    for comment_id in list(mine.values_list("pk", flat=True)):
        if comment_id in held:
            withdraw_comment(comment_id=comment_id)
        else:
            erase_comment(comment_id, at=at, actor_kind=actor_kind)
    if held_mailboxes(at=at).filter(pk=mailbox_id).exists():
        ErasureWanted.objects.get_or_create(mailbox_id=mailbox_id, defaults={"at": at})
    else:
        forget_mailbox(mailbox_id, at=at, actor_kind=actor_kind)
    return len(held)


@transaction.atomic
def forget_mailbox(mailbox_id: UUID, *, at: datetime, actor_kind: str) -> None:
    """Delete an address with what hangs on it: letters that wait, reports it sent, choices, links."""
    mailbox = Mailbox.objects.select_for_update().filter(pk=mailbox_id).first()
    if mailbox is None or bytes(mailbox.address_hash) == NOBODY_HASH:
        return
    note_erasure("mailbox", mailbox_id, at=at)
    hashes = _hashes_of(mailbox)
    cancel_hashes(hashes)
    Report.objects.filter(address_hash__in=hashes).update(contact=None, address_hash=None, detail="")
    if CommentPrivate.objects.filter(mailbox=mailbox).exists():  # One came meanwhile: the next run has it.
        return
    mailbox.delete()
    record(action="author.erase", object_type="mailbox", object_id=mailbox_id, actor_kind=actor_kind)


def erase_after_holds(*, at: datetime) -> int:
    """Do the erasures that a hold had put off and that nothing holds any more; returns how many."""
    free = ErasureWanted.objects.exclude(mailbox__in=held_mailboxes(at=at))
    wanted = list(free.values_list("mailbox", flat=True))
    for mailbox_id in wanted:
        erase_author(mailbox_id, at=at, actor_kind="system")
    return len(wanted)


@transaction.atomic
def disown_comment(comment_id: UUID, *, mailbox_id: UUID, at: datetime) -> bool:
    """Hide a comment that somebody else wrote with this address, which no longer has to do with it.

    It is no refusal, so it counts against nobody. On legal hold it is hidden, and stays as it is.
    """
    private = CommentPrivate.objects.filter(comment_id=comment_id, mailbox_id=mailbox_id)
    if not private.exists():
        return False
    withdraw_comment(comment_id=comment_id)
    if not is_held(comment_id, at=at):
        private.update(mailbox=nobody())
    record(action="comment.disowned", object_type="comment", object_id=comment_id, actor_kind="commenter")
    return True


def reapply_erasures() -> int:
    """Erase again what the ledger names and a restored backup brought back; returns how much. Holds hold."""
    at, again = timezone.now(), 0
    for kind, identifier in noted_erasures():
        if kind == "comment":
            again += _erase_again(identifier, at=at)
        elif Mailbox.objects.filter(pk=identifier).exists():
            erase_author(identifier, at=at, actor_kind="system")
            again += 1
    return again


def _erase_again(comment_id: UUID, *, at: datetime) -> bool:
    is_there = Comment.objects.filter(pk=comment_id).exclude(status=Comment.Status.ERASED).exists()
    return (
        is_there and not is_held(comment_id, at=at) and erase_comment(comment_id, at=at, actor_kind="system")
    )


def _hashes_of(mailbox: Mailbox) -> Collection[bytes]:
    hashes = {bytes(mailbox.address_hash)}
    if mailbox.address_ciphertext is not None:
        hashes |= set(address_hashes(decrypt_address(bytes(mailbox.address_ciphertext))))
    return hashes
