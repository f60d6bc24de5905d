"""Tokens that commenters hold: HMACs of (id, purpose, key id). Nothing is stored."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from newsroom.crypto import comment_token, is_comment_token, is_signed, sign

FORM_LIVES_S = 24 * 3600


def author_token(comment_id: UUID) -> str:
    """Lets its holder edit and withdraw this comment."""
    return comment_token(comment_id, "author")


def status_token(comment_id: UUID) -> str:
    """Lets its holder read the state of this comment, and nothing else."""
    return comment_token(comment_id, "status")


def sent_token(comment_id: UUID) -> str:
    """For the address to which the form's sender is led: an address that people copy and pass on.

    Worth an author token while the text can be edited, a status token afterwards (``newsroom.pages``).
    """
    return comment_token(comment_id, "sent")


def is_sent_token(comment_id: UUID, token: str) -> bool:
    return is_comment_token(comment_id, "sent", token)


def is_author_token(comment_id: UUID, token: str) -> bool:
    return is_comment_token(comment_id, "author", token)


def is_status_token(comment_id: UUID, token: str) -> bool:
    """A status or an author token: who may edit may also look."""
    return is_comment_token(comment_id, "status", token) or is_author_token(comment_id, token)


def form_token(article_id: UUID, *, at: datetime) -> str:
    """Carried by the page's form: when it was rendered, for which article, signed."""
    issued = int(at.timestamp())
    return f"{issued}.{sign('comment-form', f'{article_id}:{issued}')}"


def form_age_s(token: str, article_id: UUID, *, at: datetime) -> float | None:
    """Seconds since the form was rendered; None if the token is forged, another article's, or a day old."""
    issued_text, _, mac = token.partition(".")
    if not (issued_text.isascii() and issued_text.isdigit()) or len(issued_text) > 12:
        return None
    issued = int(issued_text)
    if not is_signed("comment-form", f"{article_id}:{issued}", mac):
        return None
    age = (at - datetime.fromtimestamp(issued, tz=UTC)).total_seconds()
    return age if age <= FORM_LIVES_S else None
