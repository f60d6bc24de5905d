"""Keys, addresses and tokens. Nothing here is derived from ``SECRET_KEY``: each ring rotates alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from uuid import UUID

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, slots=True)
class Key:
    kid: str
    secret: bytes


def parse_key_ring(name: str, value: str) -> tuple[Key, ...]:
    """The keys of ``kid:base64url,kid:base64url``; the first one is current, the others still read.

    Raises:
        ImproperlyConfigured: an entry is not ``kid:32 bytes in base64url``.
    """
    keys = []
    for entry in filter(None, (part.strip() for part in value.split(","))):
        kid, _, encoded = entry.partition(":")
        try:
            secret = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except ValueError:
            secret = b""
        if not kid or len(secret) != 32:
            raise ImproperlyConfigured(f"{name} needs entries of the form kid:<32 bytes in base64url>.")
        keys.append(Key(kid, secret))
    if not keys:
        raise ImproperlyConfigured(f"{name} holds no key.")
    return tuple(keys)


@cache
def _ring(name: str) -> tuple[Key, ...]:
    return parse_key_ring(name, getattr(settings, name))


@cache
def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key.secret)) for key in _ring("NEWSROOM_EMAIL_KEYS")])


def _mac(key: bytes, purpose: str, message: bytes) -> bytes:
    return hmac.new(key, purpose.encode() + b"\0" + message, hashlib.sha256).digest()


def _token_mac(key: Key, purpose: str, message: bytes, *, digest: str = "sha256") -> bytes:
    """The same under a key that the process has for good: its schedule, half of the work, is kept."""
    keyed = _schedule(key.secret, digest).copy()
    keyed.update(purpose.encode() + b"\0" + message)
    return keyed.digest()


@lru_cache(maxsize=32)
def _schedule(key: bytes, digest: str) -> hmac.HMAC:
    return hmac.new(key, digestmod=digest)


# --- addresses -----------------------------------------------------------------------------------
def normalise_address(address: str) -> str:
    """One spelling per mailbox for lookups: NFKC, trimmed, lower case."""
    return unicodedata.normalize("NFKC", address).strip().lower()


def encrypt_address(address: str) -> bytes:
    """The address as typed, encrypted under the current email key (Fernet)."""
    return _fernet().encrypt(address.strip().encode())


def decrypt_address(ciphertext: bytes) -> str:
    return _fernet().decrypt(bytes(ciphertext)).decode()


def address_hash(address: str) -> bytes:
    """A keyed hash (32 bytes) of the normalised address, under the current email key."""
    return _mac(_ring("NEWSROOM_EMAIL_KEYS")[0].secret, "mailbox", normalise_address(address).encode())


def address_hashes(address: str) -> list[bytes]:
    """The hashes of this address under every key that may have written it, the current one first."""
    message = normalise_address(address).encode()
    return [_mac(key.secret, "mailbox", message) for key in _ring("NEWSROOM_EMAIL_KEYS")]


def network_pseudonym(network: str, *, key: bytes) -> bytes:
    """A keyed hash (16 bytes) of a client network, under a monthly key that is deleted on expiry."""
    return _mac(key, "network", network.encode())[:16]


# --- tokens --------------------------------------------------------------------------------------
def sign(purpose: str, message: str) -> str:
    """``kid.mac`` over the purpose and message, under the current token key."""
    key = _ring("NEWSROOM_TOKEN_KEYS")[0]
    return f"{key.kid}.{_encode(_token_mac(key, purpose, message.encode()))}"


def is_signed(purpose: str, message: str, token: str) -> bool:
    """Whether ``token`` is what :func:`sign` gave, under any key of the ring; in constant time."""
    return _is_right(token, lambda key: _encode(_token_mac(key, purpose, message.encode())))


def sign_parts(purpose: str, message: str) -> tuple[str, ...]:
    """``PARTS`` tokens of the message for as many uses, none of which tells another: a MAC, cut up."""
    key = _ring("NEWSROOM_TOKEN_KEYS")[0]
    return tuple(f"{key.kid}.{part}" for part in _parts(key, purpose, message))


def is_signed_part(purpose: str, message: str, part: int, token: str) -> bool:
    """Whether ``token`` is that part of what :func:`sign_parts` gave, under any key; in constant time."""
    return _is_right(token, lambda key: _parts(key, purpose, message)[part])


def _is_right(token: str, expected: Callable[[Key], str]) -> bool:
    kid, _, mac = token.rpartition(".")  # A key may be named 2026.11; the MAC holds no dot.
    matches = False
    for key in _ring("NEWSROOM_TOKEN_KEYS"):
        if kid == key.kid:
            matches = hmac.compare_digest(mac.encode(errors="replace"), expected(key).encode()) or matches
    return matches


PARTS = 3
_PART_BYTES = 21  # 168 bits each, of 512; no padding in base64, so that each is letters of its own.
_PART_LETTERS = _PART_BYTES * 4 // 3


def _parts(key: Key, purpose: str, message: str) -> tuple[str, ...]:
    mac = _token_mac(key, purpose, message.encode(), digest="sha512")
    text = _encode(mac[: PARTS * _PART_BYTES])
    return text[:_PART_LETTERS], text[_PART_LETTERS : 2 * _PART_LETTERS], text[2 * _PART_LETTERS :]


def comment_token(comment_id: UUID, purpose: str) -> str:
    """The author's (``"author"``) or read-only (``"status"``) token of a comment; nothing is stored."""
    return sign(f"comment-{purpose}", str(comment_id))


def is_comment_token(comment_id: UUID, purpose: str, token: str) -> bool:
    return is_signed(f"comment-{purpose}", str(comment_id), token)


def keyed_digest(purpose: str, message: bytes) -> bytes:
    """A keyed digest (32 bytes) for fingerprints and stored API tokens: useless without the key.

    Uses the oldest key of the ring, so that adding a key in front does not orphan what is stored.
    """
    return _token_mac(_ring("NEWSROOM_TOKEN_KEYS")[-1], purpose, message)


def audit_mac(message: bytes) -> bytes:
    encoded = settings.NEWSROOM_AUDIT_KEY
    key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    return _mac(key, "audit", message)


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
