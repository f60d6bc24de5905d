"""Accepting, editing and withdrawing comments; the only writer of a state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from articles.models import Article
from articles.opening import opening
from comments.disposable import is_disposable
from comments.leases import FIRST_CHECK_AFTER
from comments.limiting import count_comment
from comments.models import MAX_DEPTH, Comment, CommentPrivate, CommentRevision, Mailbox, NetworkKey
from comments.networks import network_key
from comments.retention import kept_for
from comments.signals import comment_changed, comment_edited, comment_submitted
from comments.storing import NewComment, insert_comment, is_duplicate, lock_mailbox
from newsroom import metrics
from newsroom.access.services import answer_once
from newsroom.audit.services import record
from newsroom.crypto import (
    address_hashes,
    encrypt_address,
    network_pseudonym,
)
from newsroom.errors import DomainError, FieldError
from newsroom.prepared import row_of, run

EDIT_WINDOW = timedelta(minutes=15)


class CommentsClosed(DomainError):
    code = "comments_closed"
    status = 403
    title = "Comments are closed"


class DuplicateComment(DomainError):
    code = "duplicate"
    status = 409
    title = "This comment was already sent"


class NotEditable(DomainError):
    code = "not_editable"
    status = 409
    title = "This comment can no longer be edited"


class EditWindowClosed(DomainError):
    code = "edit_window_closed"
    status = 403
    title = "The time to edit has passed"


class StaleDecision(DomainError):
    """The comment is no longer what was decided about: another text, another state, or another's lease."""

    code = "stale_decision"
    status = 409
    title = "The comment has changed since it was looked at"


@dataclass(frozen=True, slots=True)
class Submission:
    """What a reader sent, cleaned (``comments.text``), and how."""

    name: str
    email: str
    body: str
    parent_id: UUID | None = None
    network: str = "0.0.0.0"  # noqa: S104  (of newsroom.limits.client_network; nothing is bound)
    honeypot: bool = False
    form_age_s: float | None = None
    by_staff: bool = False


# --- accepting -----------------------------------------------------------------------------------------
def accept_comment(
    *, article: Article, submission: Submission, idempotency_key: str | None, at: datetime
) -> UUID:
    """Keep a reader's comment and return its id; the same key and body give the same id again.

    Raises:
        RateLimited, CommentsClosed, DuplicateComment, KeyReused, FieldError.
    """
    if not submission.by_staff:
        count_comment(article, network=submission.network, email=submission.email)
    with transaction.atomic():
        answer, _ = answer_once(
            scope=f"comments:{article.pk}",
            key=idempotency_key,
            body=_fingerprint(submission),
            answer=lambda: {"id": str(submit_comment(article=article, submission=submission, at=at))},
        )
    return UUID(answer["id"])


def _fingerprint(submission: Submission) -> dict[str, Any]:
    fields = asdict(submission)
    return {name: str(fields[name]) for name in ("name", "email", "body", "parent_id")}


def submit_comment(*, article: Article, submission: Submission, at: datetime, demo: bool = False) -> UUID:
    """Store a comment as PENDING with its revision and private part, announce it, and return its id.

    Inside the caller's transaction, which it leaves to roll back when it refuses.

    Raises:
        CommentsClosed: the article takes no comments at ``at``.
        DuplicateComment: the same address already sent this text under this article.
        FieldError: the parent is unknown, elsewhere or not published.
    """
    now_open = opening(article, at=at)
    if not now_open.is_open:
        says = "closed for now; please come back later" if now_open.reopens_at else "closed"
        raise CommentsClosed(f"Comments on “{article.headline}” are {says}.")
    parent = _parent(article, submission.parent_id)
    # The mailbox row is locked: of two equal comments sent at once, the second one sees the first.
    month = at.date().replace(day=1)
    mailbox_id, known_key = _mailbox(submission.email, month=month, demo=demo)
    if is_duplicate(mailbox_id=mailbox_id, article_id=article.pk, body=submission.body):
        raise DuplicateComment("You have already sent exactly this text under this article.")
    comment_id = insert_comment(
        NewComment(
            article=article.pk,
            parent=parent.pk if parent else None,
            ancestors=[*parent.ancestors, parent.pk] if parent else [],
            depth=parent.depth + 1 if parent else 0,
            name=submission.name,
            body=submission.body,
            created_at=at,
            first_check_after=FIRST_CHECK_AFTER,
            mailbox=mailbox_id,
            network=network_pseudonym(submission.network, key=known_key or network_key(month)),
            network_key=month,
            honeypot=submission.honeypot,
            form_age_s=submission.form_age_s,
            disposable=is_disposable(submission.email, site_id=article.site_id),
            by_staff=submission.by_staff,
            demo=demo,
        )
    )
    metrics.COMMENTS_ACCEPTED.inc()
    comment_submitted.send(sender=Comment, comment_id=comment_id)
    return comment_id


def accepts_comments(article: Article, *, at: datetime) -> bool:
    """Whether the switches of site, section and article, and the times, let comments in at ``at``."""
    return opening(article, at=at).is_open


def _parent(article: Article, parent_id: UUID | None) -> Comment | None:
    if parent_id is None:
        return None
    parent = Comment.objects.published().filter(article=article, pk=parent_id).first()
    if parent is None:
        raise FieldError(
            "parent", "There is no published comment with this id under this article.", code="does_not_exist"
        )
    if parent.depth >= MAX_DEPTH:
        return parent.parent  # A reply to the deepest level becomes its sibling.
    return parent


def _mailbox(address: str, *, month: date, demo: bool) -> tuple[UUID, bytes | None]:
    """The address's mailbox, locked until the transaction ends; the month's network key, if there is one."""
    current, *older = address_hashes(address)
    if older:  # Keys were rotated: a mailbox under an earlier one moves to the current.
        Mailbox.objects.filter(address_hash__in=older).update(address_hash=current)
    return lock_mailbox(address_hash=current, ciphertext=encrypt_address(address), month=month, demo=demo)


# --- the commenter's own changes --------------------------------------------------------------------------
@transaction.atomic
def edit_comment(*, comment_id: UUID, body: str, at: datetime) -> Comment:
    """Replace the text by a new revision, which is pending until decided.

    Raises:
        NotEditable: rejected, removed, withdrawn or erased; or a published reply stands below it.
        EditWindowClosed: more than 15 minutes after it was sent.
    """
    comment = lock_comment(comment_id)
    editable = {Comment.Status.PENDING, Comment.Status.PUBLISHED, Comment.Status.HELD}
    if comment.status not in editable or comment.reply_count > 0:
        raise NotEditable("It was already answered, refused or taken down.")
    if at - comment.created_at > EDIT_WINDOW:
        raise EditWindowClosed("A comment can be edited for 15 minutes.")
    if comment.body == body:
        return comment
    count_change(comment.article_id, comment.ancestors, old=comment.status, new=Comment.Status.PENDING)
    comment.body = body
    comment.revision += 1
    Comment.objects.filter(pk=comment.pk).update(
        body=body,
        revision=comment.revision,
        round=1,
        status=Comment.Status.PENDING,
        held_by="",
        reason_code="",
        decision_id=None,
        edited_at=at,
        attempts=0,
        publish_count=0,
        lease_token=None,
        lease_until=None,
        next_attempt_at=Now() + FIRST_CHECK_AFTER,
    )
    comment.status, comment.edited_at = Comment.Status.PENDING, at
    CommentRevision.objects.create(
        comment=comment, revision=comment.revision, name=comment.name, body=body, created_at=at
    )
    comment_edited.send(sender=Comment, comment_id=comment.pk)
    return comment


@transaction.atomic
def withdraw_comment(*, comment_id: UUID) -> None:
    """Hide a comment for good, on its author's word; under replies stays a tombstone. Safe to run twice."""
    comment = lock_comment(comment_id)
    if comment.status in {Comment.Status.WITHDRAWN, Comment.Status.ERASED}:
        return
    count_change(comment.article_id, comment.ancestors, old=comment.status, new=Comment.Status.WITHDRAWN)
    Comment.objects.filter(pk=comment.pk).update(
        status=Comment.Status.WITHDRAWN, held_by="", reason_code="", lease_token=None, lease_until=None
    )
    record(action="comment.withdraw", object_type="comment", object_id=comment.pk, actor_kind="commenter")
    comment_changed.send(sender=Comment, comment_id=comment.pk, status=Comment.Status.WITHDRAWN)


# --- retention ---------------------------------------------------------------------------------------------
@transaction.atomic
def forget_networks(
    *, kept: timedelta | None = None, at: datetime | None = None, but: QuerySet[Comment] | None = None
) -> int:
    """Empty network pseudonyms of comments older than ``kept``, and delete expired keys; how many went.

    Args:
        but: comments that must be kept as they are.
    """
    now = at or timezone.now()
    old = CommentPrivate.objects.filter(
        network__isnull=False, comment__created_at__lt=now - (kept or kept_for("networks"))
    )
    if but is not None:
        old = old.exclude(comment__in=but)
    forgotten = old.update(network=None)
    NetworkKey.objects.filter(expires_on__lt=now.date()).delete()
    return forgotten


# --- the only writer of a state ------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Verdict:
    """What a decision makes of one text. ``decision_id`` is already written, in the same transaction."""

    decision_id: UUID
    status: str
    revision: int
    held_by: str = ""
    reason_code: str = ""
    lease_token: UUID | None = None  # a machine's; people need none


def apply_decision(
    *, comment_id: UUID, verdict: Verdict, allowed_from: Collection[str], at: datetime
) -> None:
    """Move a comment to the state that a decision gives it, inside the caller's transaction.

    Raises:
        StaleDecision: another text, another state, or (for a machine) no longer its lease; the caller's
            transaction must roll back, so that the decision is not kept either.
    """
    values: dict[str, Any] = {
        "id": comment_id,
        "status": str(verdict.status),
        "held_by": str(verdict.held_by),
        "reason_code": str(verdict.reason_code),
        "decision_id": verdict.decision_id,
        "at": at,
        "first_check_after": FIRST_CHECK_AFTER,
        "revision": verdict.revision,
        "allowed_from": [str(status) for status in allowed_from],
        "lease_token": verdict.lease_token,
    }
    if row_of(_APPLY, values) is None:
        raise StaleDecision
    comment_changed.send(sender=Comment, comment_id=comment_id, status=verdict.status)


# What a change of a comment under an article, of those above it, means for the counts.
_COUNTED = """above AS (
    UPDATE comments_comment AS comment SET reply_count = comment.reply_count + applied.delta
    FROM applied WHERE comment.id = ANY(applied.ancestors) AND applied.delta <> 0
), counted AS (
    UPDATE comments_thread AS thread SET version = thread.version + 1,
        published_count = thread.published_count + applied.delta
    FROM applied WHERE thread.article_id = applied.article_id AND applied.delta <> 0
)"""
# One statement, since it runs for every decision: the ORM needs five and ten times the processor time. The
# thread is locked before the comment, as everywhere (`lock_comment`); what it had to wait for is then seen,
# since PostgreSQL reads rows that it locks or updates in their newest version.
_APPLY = f"""
WITH thread AS MATERIALIZED (
    SELECT thread.article_id FROM comments_thread AS thread
    JOIN comments_comment AS comment ON comment.article_id = thread.article_id
    WHERE comment.id = %(id)s FOR UPDATE OF thread
), before AS MATERIALIZED (
    SELECT comment.id, comment.status FROM comments_comment AS comment
    JOIN thread ON thread.article_id = comment.article_id
    WHERE comment.id = %(id)s FOR UPDATE OF comment
), applied AS (
    UPDATE comments_comment AS comment SET
        status = %(status)s, held_by = %(held_by)s, reason_code = %(reason_code)s,
        decision_id = %(decision_id)s, lease_token = NULL, lease_until = NULL,
        published_at = CASE WHEN %(status)s = 'published' THEN coalesce(comment.published_at, %(at)s)
                            ELSE comment.published_at END,
        round = comment.round + CASE WHEN %(status)s = 'pending' THEN 1 ELSE 0 END,
        attempts = CASE WHEN %(status)s = 'pending' THEN 0 ELSE comment.attempts END,
        publish_count = CASE WHEN %(status)s = 'pending' THEN 0 ELSE comment.publish_count END,
        next_attempt_at = CASE WHEN %(status)s = 'pending' THEN statement_timestamp() + %(first_check_after)s
                               ELSE comment.next_attempt_at END
    FROM before
    WHERE comment.id = before.id AND comment.id = %(id)s AND comment.revision = %(revision)s
        AND comment.status = ANY(%(allowed_from)s::text[])
        AND (%(lease_token)s::uuid IS NULL OR comment.lease_token = %(lease_token)s::uuid)
    RETURNING comment.article_id, comment.ancestors,
        (%(status)s = 'published')::int - (before.status = 'published')::int AS delta
), {_COUNTED}
SELECT delta FROM applied
"""  # noqa: S608  (a constant)
_COUNT = f"""
WITH applied AS (
    SELECT %(article_id)s::uuid AS article_id, %(ancestors)s::uuid[] AS ancestors, %(delta)s AS delta
), {_COUNTED}
SELECT delta FROM applied
"""  # noqa: S608  (a constant)


def lock_comment(comment_id: UUID) -> Comment:
    """The comment with its thread, then its row, locked: all keep this order, so counting cannot deadlock."""
    run(
        "SELECT 1 FROM comments_thread AS thread JOIN comments_comment AS comment"
        " ON comment.article_id = thread.article_id WHERE comment.id = %s FOR UPDATE OF thread",
        [comment_id],
    )
    return Comment.objects.select_for_update().get(pk=comment_id)


def count_change(article_id: UUID, ancestors: Sequence[UUID], *, old: str, new: str) -> None:
    """Keep the thread's count and version, and the reply counts above, true to a change of state."""
    delta = (new == Comment.Status.PUBLISHED) - (old == Comment.Status.PUBLISHED)
    if delta == 0:
        return
    run(_COUNT, {"delta": delta, "ancestors": list(ancestors), "article_id": article_id})
