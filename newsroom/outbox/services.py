"""Mail as part of the transaction that it tells of, and its delivery: at least once, never in a request.

When the mail server is away, letters wait: nothing else does. Each failed attempt doubles the pause (30 s to
an hour); after three days, at the letter's own end, or when the server refuses the address for good, it is
given up, counted, and shown in the admin. A process that dies between the server's yes and our commit makes
the letter go out again, under the same Message-ID.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from email.utils import formataddr
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now
from django.template import Context, engines
from django.utils import timezone, translation

from newsroom import metrics
from newsroom.crypto import address_hash, address_hashes, decrypt_address, encrypt_address, keyed_digest
from newsroom.ids import uuid7
from newsroom.outbox.models import Letter
from newsroom.outbox.selectors import is_mail_on

logger = logging.getLogger("newsroom.outbox")

LEASE_S = 60  # More than the mail server's time-out (settings.EMAIL_TIMEOUT) for each of its steps.
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 30, 3600
GIVE_UP_AFTER = timedelta(days=3)
DELIVERS_FOR_S = 10.0  # Well below a task's soft time limit: one letter may take a time-out longer.
KEPT_FOR = timedelta(days=30)  # A settled row, so that its key is not used twice.


# --- writing -------------------------------------------------------------------------------------------
def send(
    *,
    kind: str,
    to: str,
    context: Mapping[str, Any],
    key: str,
    language: str = "",
    sender: str = "",
    headers: Mapping[str, str] | None = None,
    at: datetime | None = None,
    expires_at: datetime | None = None,
) -> bool:
    """Have a mail sent after the caller's transaction commits; whether it is a new one. Safe to run twice.

    Where mail is switched off nothing is stored.

    Args:
        kind: its template is ``mail/<kind>.txt``: the subject, an empty line, the text.
        to: the address, as typed.
        context: what the template needs, as JSON; kept encrypted until the letter is settled.
        key: what makes this letter one of its kind ("verify:<mailbox id>"); a second one is not stored.
        sender: the name that it comes from, such as the site's; the address is the installation's.
        at: not before this time.
        expires_at: not after this time.
    """
    if not is_mail_on():
        return False
    content = json.dumps(
        {
            "to": to,
            "context": dict(context),
            "language": language,
            "sender": sender,
            "headers": dict(headers or {}),
        }
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbox_letter"
            " (id, kind, key_digest, content, address_hash, state, attempts, last_error,"
            " not_before, next_attempt_at, expires_at)"
            " VALUES (%s, %s, %s, %s, %s, 'waiting', 0, '', coalesce(%s, now()), coalesce(%s, now()), %s)"
            " ON CONFLICT (key_digest) DO NOTHING",
            [
                uuid7(),
                kind,
                _key_digest(kind, key),
                encrypt_address(content),
                address_hash(to),
                at,
                at,
                expires_at,
            ],
        )
        return bool(cursor.rowcount == 1)


def _key_digest(kind: str, key: str) -> bytes:
    return keyed_digest("letter", f"{kind}:{key}".encode())


def recall(*, kind: str, key: str) -> bool:
    """Cancel the one letter of this kind and key, if it still waits; whether it did."""
    waiting = Letter.objects.filter(state=Letter.State.WAITING, key_digest=_key_digest(kind, key))
    return waiting.update(**_settled(Letter.State.CANCELLED)) == 1


def cancel(*, to: str, kinds: Collection[str] | None = None) -> int:
    """Empty and cancel what still waits for this address; returns how many letters."""
    return cancel_hashes(address_hashes(to), kinds=kinds)


def cancel_hashes(hashes: Collection[bytes], *, kinds: Collection[str] | None = None) -> int:
    """The same by the address's keyed hashes (``newsroom.crypto.address_hashes``)."""
    waiting = Letter.objects.filter(state=Letter.State.WAITING, address_hash__in=list(hashes))
    if kinds is not None:
        waiting = waiting.filter(kind__in=kinds)
    return waiting.update(**_settled(Letter.State.CANCELLED))


def forget_letters(*, kept: timedelta = KEPT_FOR) -> int:
    """Delete settled rows that are older; returns how many."""
    return Letter.objects.filter(settled_at__lt=Now() - kept).delete()[0]


# --- delivering ----------------------------------------------------------------------------------------
def deliver_due(*, for_s: float = DELIVERS_FOR_S) -> int:
    """Send what is due, one leased letter at a time, for at most about ``for_s``; returns how many went.

    Any number of processes may do so at once. It stops at the first sign that the mail server is away.
    """
    ends = time.monotonic() + for_s
    sent = 0
    server: BaseEmailBackend | None = None
    try:
        while time.monotonic() < ends and (letter := _claim()) is not None:
            if letter.expires_at is not None and letter.expires_at <= timezone.now():
                _settle(letter, Letter.State.GIVEN_UP, error="expired")
                continue
            try:
                message = _message(letter)
                if server is None:
                    server = get_connection()
                    server.open()  # Once for all of them; the backend closes what it opens itself after each.
                server.send_messages([message])
            except (SMTPException, OSError) as error:
                if not _is_about_this_letter(error):
                    _put_off(letter, error)
                    return sent
                _settle(letter, Letter.State.GIVEN_UP, error=_name(error))
            except Exception as error:  # A template that is missing or broken must not stop the others.
                logger.exception("a letter of the kind %s cannot be written", letter.kind)
                _put_off(letter, error)
            else:
                sent += _settle(letter, Letter.State.SENT)
    finally:
        if server is not None:
            server.close()
    return sent


def _claim() -> Letter | None:
    """Lease the letter that has been due longest, or None. By the database's clock."""
    token = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_letter SET lease_token = %s, attempts = attempts + 1,"
            " lease_until = clock_timestamp() + make_interval(secs => %s)"
            " WHERE id = (SELECT id FROM outbox_letter WHERE state = 'waiting'"
            " AND next_attempt_at <= clock_timestamp()"
            " AND (lease_until IS NULL OR lease_until < clock_timestamp())"
            " ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
            [token, LEASE_S],
        )
        row = cursor.fetchone()
    return Letter.objects.filter(pk=row[0], lease_token=token).first() if row else None


def _message(letter: Letter) -> EmailMessage:
    """The mail itself: plain text, in its language, recognisable as automatic and as one and the same."""
    content = json.loads(decrypt_address(bytes(letter.content or b"")))
    subject, text = _rendered(letter.kind, content["context"], language=content["language"])
    address = settings.NEWSROOM_MAIL_FROM
    return EmailMessage(
        subject=subject,
        body=text,
        from_email=formataddr((content["sender"], address)) if content["sender"] else address,
        to=[content["to"]],
        headers={
            "Message-ID": f"<{letter.pk}@{urlsplit(settings.NEWSROOM_BASE_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
            **content["headers"],
        },
    )


def _rendered(kind: str, context: Mapping[str, Any], *, language: str) -> tuple[str, str]:
    engine: Any = engines["django"]
    template = engine.engine.get_template(f"mail/{kind}.txt")
    with translation.override(language or None):
        # Plain text: what escaping would protect is not here, and "&amp;" in a link would break it.
        rendered = template.render(Context(dict(context), autoescape=False)).strip()
    subject, _, text = rendered.partition("\n")
    return " ".join(subject.split()), text.strip() + "\n"


def _is_about_this_letter(error: Exception) -> bool:
    """Whether the server refused this address or message for good, rather than being away itself."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, SMTPResponseException) and error.smtp_code in {550, 551, 552, 553, 554}


def _put_off(letter: Letter, error: Exception) -> None:
    """Count the failed attempt and wait longer each time, at last no more. (Errors' words name addresses.)"""
    logger.warning("a letter of the kind %s was not sent: %s", letter.kind, _name(error))
    if timezone.now() - letter.not_before > GIVE_UP_AFTER:
        _settle(letter, Letter.State.GIVEN_UP, error=_name(error))
        return
    metrics.MAIL.labels(letter.kind, "failed").inc()
    pause_s = min(FIRST_BACKOFF_S * 2 ** min(letter.attempts - 1, 12), LONGEST_BACKOFF_S)
    Letter.objects.filter(pk=letter.pk, lease_token=letter.lease_token).update(
        lease_token=None,
        lease_until=None,
        last_error=_name(error),
        next_attempt_at=Now() + timedelta(seconds=pause_s),
    )


def _settle(letter: Letter, state: Letter.State, *, error: str = "") -> bool:
    """End a leased letter and empty it; whether this process still held it."""
    metrics.MAIL.labels(letter.kind, state.value).inc()
    mine = Letter.objects.filter(Q(lease_token=letter.lease_token), pk=letter.pk, state=Letter.State.WAITING)
    return bool(mine.update(**_settled(state), last_error=error))


def _settled(state: Letter.State) -> dict[str, Any]:
    return {
        "state": state,
        "content": None,
        "address_hash": None,
        "lease_token": None,
        "lease_until": None,
        "settled_at": Now(),
    }


def _name(error: Exception) -> str:
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__}{f' {code}' if code else ''}"[:80]
