"""Leases on pending comments: the right to decide one text. By the database's clock: workers' may differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from articles.models import Article
from comments.models import Comment, CommentPrivate, Mailbox
from newsroom.prepared import row_of

FIRST_CHECK_AFTER = timedelta(seconds=3)  # The reconciler leaves a fresh row to the message on its way.
USUALLY_TAKEN_AFTER = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to decide one text of one comment, until it runs out.

    Attributes:
        is_another_waiting: besides this one, for longer than its message should take.
        comment: the text with its article and private part: what judging reads, as it was when the lease was
            taken. Other fields load when touched.
    """

    comment_id: UUID
    token: UUID
    revision: int
    round: int
    attempts: int
    is_another_waiting: bool
    comment: Comment = field(compare=False, repr=False)


# In the models' order, as `Model.from_db` wants it.
_COMMENT = ("id", "article_id", "name", "body", "revision", "created_at", "demo")
_ARTICLE = ("id", "site_id", "section_id")
_PRIVATE = ("comment_id", "mailbox_id", "network", "honeypot", "form_age_s", "disposable")
_MAILBOX = ("id", "verified_at", "trusted", "blocked", "premoderated")

# One statement leases and reads: what is read is the leased revision, and it costs half of two.
_LEASE = """
WITH claimed AS (
    UPDATE comments_comment SET lease_token = %(token)s,
        lease_until = clock_timestamp() + make_interval(secs => %(lease_s)s),
        attempts = attempts + CASE WHEN lease_until IS NULL THEN 0 ELSE 1 END
    WHERE {which}
    RETURNING id, article_id, name, body, revision, created_at, demo, lease_token, round, attempts
)
SELECT c.lease_token, c.round, c.attempts,
    EXISTS (SELECT FROM comments_comment AS other WHERE {waits} AND other.id <> c.id),
    c.id, c.article_id, c.name, c.body, c.revision, c.created_at, c.demo,
    a.id, a.site_id, a.section_id,
    p.comment_id, p.mailbox_id, p.network, p.honeypot, p.form_age_s, p.disposable,
    m.id, m.verified_at, m.trusted, m.blocked, m.premoderated
FROM claimed AS c
JOIN articles_article AS a ON a.id = c.article_id
LEFT JOIN comments_commentprivate AS p ON p.comment_id = c.id
LEFT JOIN comments_mailbox AS m ON m.id = p.mailbox_id
"""
# Never tried, and older than its message usually takes. The time of its first check tells its age by the
# database's clock; what the reconciler has just published again is put off, and left to that message.
_WAITS = (
    "other.status = 'pending' AND other.lease_until IS NULL AND other.attempts = 0"
    " AND other.next_attempt_at < statement_timestamp() + %(usually)s"
)
_CLAIM = _LEASE.format(
    # A value, not a constant: else the index of pending rows looks smaller than the key's, until many wait.
    which="id = %(id)s AND status = %(pending)s AND (lease_until IS NULL OR lease_until < clock_timestamp())",
    waits=_WAITS,
)
_CLAIM_WAITING = _LEASE.format(
    which=f"id = (SELECT other.id FROM comments_comment AS other WHERE {_WAITS}"  # noqa: S608  (constants)
    " ORDER BY other.next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED)",
    waits=_WAITS,
)


def claim_for_moderation(comment_id: UUID, *, token: UUID | None = None) -> Lease | None:
    """Lease a pending comment to this worker, or None if another holds it. Safe to run twice.

    A lease that ran out counts as an attempt.

    Args:
        token: the lease's, for a caller who has to give it back if this process dies; else a new one.

    Raises:
        CommentPrivate.DoesNotExist: nothing private belongs to it, so that it cannot be judged.
    """
    return _lease(_CLAIM, token=token or uuid4(), id=comment_id, pending="pending")


def claim_waiting() -> Lease | None:
    """Lease the pending comment that waits longest, if it waits for longer than its message should take.

    Only what nobody has tried yet: what once broke who judged it is left to its own message.

    Raises:
        CommentPrivate.DoesNotExist: nothing private belongs to it, so that it cannot be judged.
    """
    return _lease(_CLAIM_WAITING, token=uuid4())


def _lease(statement: str, **values: UUID | str) -> Lease | None:
    constants = {
        "lease_s": float(settings.NEWSROOM_LEASE_S),
        "usually": FIRST_CHECK_AFTER - USUALLY_TAKEN_AFTER,
    }
    row = row_of(statement, constants | values)
    if row is None:
        return None
    token, round_, attempts, is_another_waiting, *columns = row
    rest = iter(columns)
    comment = Comment.from_db("default", _COMMENT, [next(rest) for _ in _COMMENT])
    article = Article.from_db("default", _ARTICLE, [next(rest) for _ in _ARTICLE])
    private = CommentPrivate.from_db("default", _PRIVATE, [next(rest) for _ in _PRIVATE])
    mailbox = Mailbox.from_db("default", _MAILBOX, [next(rest) for _ in _MAILBOX])
    if private.pk is None:
        raise CommentPrivate.DoesNotExist
    private.mailbox, comment.article, comment.private = mailbox, article, private
    return Lease(comment.pk, token, comment.revision, round_, attempts, is_another_waiting, comment)


def release_after_timeout(comment_id: UUID, token: UUID, *, retry_after: timedelta) -> None:
    """Give a lease back and count the attempt, to be tried again after ``retry_after``."""
    Comment.objects.filter(pk=comment_id, lease_token=token).update(
        lease_token=None, lease_until=None, attempts=F("attempts") + 1, next_attempt_at=Now() + retry_after
    )
