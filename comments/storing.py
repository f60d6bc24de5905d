"""A new comment's five rows in three statements: the ORM's eight cost twice the processor time of a POST.

``benchmarks/comments.py`` measures it. A column that is added without a default makes these statements fail
in every test, so they cannot fall behind the models quietly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from newsroom.ids import uuid7
from newsroom.prepared import one_row_of, run

_MAILBOX = """
INSERT INTO comments_mailbox (id, address_hash, address_ciphertext, trusted, blocked, premoderated, demo)
VALUES (%s, %s, %s, false, false, false, %s)
ON CONFLICT (address_hash) DO UPDATE SET last_used_at = now()
RETURNING id, (SELECT secret FROM comments_networkkey WHERE month = %s)
"""

_IS_DUPLICATE = """
SELECT EXISTS (
    SELECT 1 FROM comments_commentprivate p JOIN comments_comment c ON c.id = p.comment_id
    WHERE p.mailbox_id = %s AND c.article_id = %s AND c.body = %s AND c.status NOT IN ('withdrawn', 'erased')
)
"""

_COMMENT = """
WITH thread AS (
    INSERT INTO comments_thread (article_id, version, published_count) VALUES (%(article)s, 0, 0)
    ON CONFLICT (article_id) DO NOTHING
), comment AS (
    INSERT INTO comments_comment (
        id, article_id, parent_id, ancestors, depth, name, body,
        status, held_by, revision, round, reason_code, created_at,
        reply_count, votes, by_staff, demo, attempts, publish_count, next_attempt_at
    ) VALUES (
        %(id)s, %(article)s, %(parent)s, %(ancestors)s::uuid[], %(depth)s, %(name)s, %(body)s,
        'pending', '', 1, 1, '', %(created_at)s,
        0, 0, %(by_staff)s, %(demo)s, 0, 0, now() + %(first_check_after)s
    )
), revision AS (
    INSERT INTO comments_commentrevision (id, comment_id, revision, name, body, created_at)
    VALUES (%(revision_id)s, %(id)s, 1, %(name)s, %(body)s, %(created_at)s)
)
INSERT INTO comments_commentprivate (
    comment_id, mailbox_id, network, network_key_id, honeypot, form_age_s, disposable
) VALUES (%(id)s, %(mailbox)s, %(network)s, %(network_key)s, %(honeypot)s, %(form_age_s)s, %(disposable)s)
"""


@dataclass(frozen=True, slots=True)
class NewComment:
    """What is stored for a comment that begins its life."""

    article: UUID
    parent: UUID | None
    ancestors: list[UUID]
    depth: int
    name: str
    body: str
    created_at: datetime
    first_check_after: timedelta
    mailbox: UUID
    network: bytes
    network_key: date
    honeypot: bool
    form_age_s: float | None
    disposable: bool
    by_staff: bool
    demo: bool


def lock_mailbox(
    *, address_hash: bytes, ciphertext: bytes, month: date, demo: bool
) -> tuple[UUID, bytes | None]:
    """The id of the mailbox with this hash, made if new, and the month's network key, if there is one yet.

    The mailbox's row stays locked until the transaction ends.
    """
    mailbox_id, secret = one_row_of(_MAILBOX, [uuid7(), address_hash, ciphertext, demo, month])
    return mailbox_id, secret and bytes(secret)


def is_duplicate(*, mailbox_id: UUID, article_id: UUID, body: str) -> bool:
    """Whether this mailbox already has this text under the article. Exact while the mailbox is locked."""
    return bool(one_row_of(_IS_DUPLICATE, [mailbox_id, article_id, body])[0])


def insert_comment(new: NewComment) -> UUID:
    """Thread (once), comment, revision and private part, in one statement; returns the comment's id."""
    comment_id = uuid7()
    fields = {name: getattr(new, name) for name in new.__slots__}
    run(_COMMENT, {**fields, "id": comment_id, "revision_id": uuid7()})
    return comment_id
