"""Links that prove an address: to confirm it, to see one's comments, to hear no more."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse

from articles.models import Site
from comments.limiting import count_letter
from comments.models import Mailbox
from comments.rights.models import AccessLink, Preference
from newsroom.audit.services import record
from newsroom.crypto import address_hashes, is_signed, keyed_digest, sign
from newsroom.limits import RateLimited
from newsroom.outbox.services import send

LINK_LASTS = timedelta(hours=1)
VISIT_LASTS = timedelta(minutes=30)
VERIFY_WITHIN = timedelta(days=30)


def ask_for_link(*, email: str, site: Site, at: datetime) -> None:
    """Mail a link to "My comments" to this address, without looking whether it is known here.

    The letter does not say either; only the page that the link opens does, once.
    """
    try:
        count_letter(email, site_id=site.pk)
    except RateLimited:
        return  # Without a word: who asks need not be who gets the letters.
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        link = AccessLink.objects.create(
            digest=_digest(token), address_hashes=address_hashes(email), expires_at=at + LINK_LASTS
        )
        send(
            kind="my_comments",
            to=email,
            key=str(link.pk),
            context={"site": site.name, "link": _address("pages:my_comments_open", token=token)},
            language=site.language,
            sender=site.name,
            expires_at=link.expires_at,
        )


def is_link_open(token: str, *, at: datetime) -> bool:
    """Whether this link would open, without using it up: a preview in a mail program must not."""
    return AccessLink.objects.filter(digest=_digest(token), used_at=None, expires_at__gt=at).exists()


def use_link(token: str, *, at: datetime) -> tuple[bool, UUID | None]:
    """Use a link up: whether it opened, and whose mailbox it opens, if the address is known here."""
    digest = _digest(token)
    opened = AccessLink.objects.filter(digest=digest, used_at=None, expires_at__gt=at).update(used_at=Now())
    if not opened:
        return False, None
    hashes = AccessLink.objects.values_list("address_hashes", flat=True).get(digest=digest)
    known = Mailbox.objects.filter(address_hash__in=[bytes(each) for each in hashes])
    return True, known.values_list("pk", flat=True).first()


def visit_token(mailbox_id: UUID, *, at: datetime) -> str:
    """Carried by the forms of "My comments" for half an hour, in place of a cookie."""
    return _timed("my-comments", mailbox_id, at=at)


def visitor(token: str, *, at: datetime) -> UUID | None:
    """Whose comments a visit token shows, or None if it is forged or over."""
    return _read_timed("my-comments", token, at=at, lasts=VISIT_LASTS)


# --- confirming an address, hearing of replies -------------------------------------------------------------
def verification_link(mailbox_id: UUID, *, at: datetime) -> str:
    return _address("pages:verify", token=_timed("verify", mailbox_id, at=at))


def mailbox_to_verify(token: str, *, at: datetime) -> Mailbox | None:
    mailbox_id = _read_timed("verify", token, at=at, lasts=VERIFY_WITHIN)
    return Mailbox.objects.filter(pk=mailbox_id).first() if mailbox_id else None


@transaction.atomic
def verify_address(mailbox: Mailbox, *, notify_replies: bool, at: datetime) -> None:
    """The owner of the address says that it is theirs. Safe to run twice."""
    Mailbox.objects.filter(pk=mailbox.pk, verified_at=None).update(verified_at=at)
    choose_notices(mailbox.pk, notify_replies=notify_replies)
    record(action="author.verified", object_type="mailbox", object_id=mailbox.pk, actor_kind="commenter")


def choose_notices(mailbox_id: UUID, *, notify_replies: bool) -> None:
    Preference.objects.update_or_create(mailbox_id=mailbox_id, defaults={"notify_replies": notify_replies})


def unsubscribe_link(mailbox_id: UUID) -> str:
    """Works for ever, and does nothing but stop mail about replies."""
    return _address("pages:unsubscribe", token=f"{mailbox_id}.{sign('unsubscribe', str(mailbox_id))}")


def unsubscriber(token: str) -> UUID | None:
    text, _, mac = token.partition(".")
    mailbox_id = _uuid(text)
    return mailbox_id if mailbox_id and is_signed("unsubscribe", str(mailbox_id), mac) else None


# --- tokens ----------------------------------------------------------------------------------------------
def _timed(purpose: str, mailbox_id: UUID, *, at: datetime) -> str:
    issued = int(at.timestamp())
    return f"{mailbox_id}.{issued}.{sign(purpose, f'{mailbox_id}:{issued}')}"


def _read_timed(purpose: str, token: str, *, at: datetime, lasts: timedelta) -> UUID | None:
    text, _, rest = token.partition(".")
    issued, _, mac = rest.partition(".")
    mailbox_id = _uuid(text)
    if mailbox_id is None or not (issued.isascii() and issued.isdigit()) or len(issued) > 12:
        return None
    if not is_signed(purpose, f"{mailbox_id}:{issued}", mac):
        return None
    return mailbox_id if at - datetime.fromtimestamp(int(issued), tz=UTC) <= lasts else None


def _address(name: str, **query: str) -> str:
    return f"{settings.NEWSROOM_BASE_URL}{reverse(name)}?{urlencode(query)}"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _digest(token: str) -> bytes:
    return keyed_digest("my-comments", token.encode(errors="replace"))
