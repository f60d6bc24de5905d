"""Staff's second factor: codes of an authenticator app (RFC 6238), and recovery codes for when it is lost.

Secrets are encrypted under ``NEWSROOM_EMAIL_KEYS``, recovery codes are keyed digests. A code works once:
the row's last step moves by a conditional update, so of two tries with the same code one loses.
"""

from __future__ import annotations

import base64
import secrets
import unicodedata
from datetime import datetime
from hmac import compare_digest
from typing import Any

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.db import transaction

from newsroom.access.models import RecoveryCode, SecondFactor
from newsroom.access.sessions import end_sessions_of
from newsroom.audit.services import record
from newsroom.crypto import decrypt_address, encrypt_address, keyed_digest

STEP_S, DIGITS, SECRET_BYTES = 30, 6, 20  # What every authenticator app takes without asking.
RECOVERY_CODES = 10
RECOVERY_LENGTH = 16  # Of 32 letters and digits: 80 bits, beyond guessing even without a limit.
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def is_required() -> bool:
    return bool(settings.STAFF_SECOND_FACTOR == "required")


def has_second_factor(user: Any) -> bool:
    return SecondFactor.objects.filter(user=user.pk).exists()


# --- setting up ----------------------------------------------------------------------------------------
def new_secret() -> str:
    """A secret in the letters that one types into an app."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def otpauth_link(secret: str, *, name: str, issuer: str) -> str:
    return _totp(secret).get_provisioning_uri(name.replace(":", " "), issuer.replace(":", " "))


def qr_svg(text: str) -> str:
    """The picture as SVG without style attributes, so that a strict policy shows it; black on white."""
    code = segno.make(text, micro=False, error="m")
    width, height = code.symbol_size(scale=1, border=4)
    path = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(code.matrix_iter(scale=1, border=4))
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" class="qr" role="img"'
        f' aria-label="QR code of the key below" shape-rendering="crispEdges">'
        f'<rect width="{width}" height="{height}" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    )


@transaction.atomic
def set_up(*, user: Any, secret: str, code: str, at: datetime) -> list[str] | None:
    """Store the app that showed this code, in place of an earlier one; new recovery codes, or None: wrong."""
    step = _matching_step(secret, code, at=at)
    if step is None:
        return None
    SecondFactor.objects.update_or_create(
        user=user, defaults={"secret": encrypt_address(secret), "last_step": step, "made_at": at}
    )
    codes = _new_recovery_codes(user)
    _record("set_up", user, actor=user)
    return codes


@transaction.atomic
def renew_recovery_codes(*, user: Any) -> list[str]:
    """New codes; the old ones no longer work. The text is not stored."""
    codes = _new_recovery_codes(user)
    _record("renew_recovery_codes", user, actor=user)
    return codes


@transaction.atomic
def reset(*, user_id: int, actor: Any, reason: str = "", session_key: str | None = None) -> bool:
    """Forget app and recovery codes, so that the next login sets up anew; whether there was one.

    Who held the phone may sit in a session of that person, so all of them end.

    Args:
        session_key: of the session that goes on, where somebody does this for themselves.
    """
    number, _ = SecondFactor.objects.filter(user=user_id).delete()
    RecoveryCode.objects.filter(user=user_id).delete()
    if number:
        end_sessions_of(user_id, but=session_key)
        record(
            action="second_factor.reset",
            object_type="user",
            object_id=user_id,
            actor_kind="person" if actor else "system",
            actor=actor,
            reason=reason,
        )
    return bool(number)


# --- checking ------------------------------------------------------------------------------------------
def is_code_of(user: Any, code: str, *, at: datetime) -> bool:
    """Whether this is the app's code of now, half a minute off at most and not used before; used now."""
    factor = SecondFactor.objects.filter(user=user.pk).first()
    if factor is None:
        return False
    step = _matching_step(decrypt_address(bytes(factor.secret)), code, at=at)
    if step is None:
        return False
    return (
        SecondFactor.objects.filter(user=user.pk, secret=factor.secret, last_step__lt=step).update(
            last_step=step
        )
        == 1
    )


@transaction.atomic
def use_recovery_code(user: Any, code: str, *, at: datetime) -> bool:
    """Whether this recovery code was good; it is used now. Of two tries at once one wins."""
    unused = RecoveryCode.objects.filter(user=user.pk, digest=_recovery_digest(user, code), used_at=None)
    if not unused.update(used_at=at):
        return False
    _record("use_recovery_code", user, actor=user)
    return True


def recovery_codes_left(user: Any) -> int:
    return RecoveryCode.objects.filter(user=user.pk, used_at=None).count()


def _matching_step(secret: str, code: str, *, at: datetime) -> int | None:
    """The time step of this code among the last, this and the next one, or None."""
    typed = "".join(unicodedata.normalize("NFKC", code).split())
    if len(typed) != DIGITS or not typed.isascii() or not typed.isdecimal():
        return None
    totp, now = _totp(secret), int(at.timestamp()) // STEP_S
    found = None
    for step in (now - 1, now, now + 1):
        if compare_digest(totp.generate(step * STEP_S), typed.encode()):
            found = step
    return found


def _totp(secret: str) -> TOTP:
    # SHA-1 and six digits are what apps take when they ignore the link's parameters; many do.
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_S)  # noqa: S303


def _new_recovery_codes(user: Any) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, digest=_recovery_digest(user, code)) for code in codes
    )
    return ["-".join(code[i : i + 4] for i in range(0, RECOVERY_LENGTH, 4)) for code in codes]


def _recovery_digest(user: Any, code: str) -> bytes:
    typed = "".join(c for c in unicodedata.normalize("NFKC", code).lower() if c.isalnum())
    return keyed_digest("recovery-code", f"{user.pk}:{typed}".encode())


def _record(what: str, user: Any, *, actor: Any) -> None:
    record(
        action=f"second_factor.{what}",
        object_type="user",
        object_id=user.pk,
        actor_kind="person",
        actor=actor,
    )
