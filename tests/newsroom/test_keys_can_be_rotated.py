"""Old keys still read, new keys write; tokens fit one comment and one purpose."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import InvalidToken
from django.core.exceptions import ImproperlyConfigured

from newsroom import crypto
from newsroom.crypto import (
    address_hash,
    address_hashes,
    comment_token,
    decrypt_address,
    encrypt_address,
    is_comment_token,
    is_signed,
    keyed_digest,
    network_pseudonym,
    parse_key_ring,
    sign,
)


def entry(kid: str, filler: bytes = b"k") -> str:
    return f"{kid}:{base64.urlsafe_b64encode((filler * 32)[:32]).decode()}"


@pytest.fixture
def ring(settings: Any) -> Iterator[Callable[[str, str], None]]:
    def set_ring(name: str, value: str) -> None:
        setattr(settings, name, value)
        crypto._ring.cache_clear()
        crypto._fernet.cache_clear()

    yield set_ring
    crypto._ring.cache_clear()
    crypto._fernet.cache_clear()


Ring = Callable[[str, str], None]


def test_an_address_is_read_after_its_key_was_rotated(ring: Ring) -> None:
    ring("NEWSROOM_EMAIL_KEYS", entry("a", b"a"))
    written, known_by = encrypt_address("Ada@example.org"), address_hash("Ada@example.org")

    ring("NEWSROOM_EMAIL_KEYS", f"{entry('b', b'b')},{entry('a', b'a')}")

    assert decrypt_address(written) == "Ada@example.org"
    assert known_by in address_hashes("ada@EXAMPLE.org ")
    assert address_hash("ada@example.org") != known_by


def test_an_address_is_lost_with_its_key(ring: Ring) -> None:
    ring("NEWSROOM_EMAIL_KEYS", entry("a", b"a"))
    written = encrypt_address("ada@example.org")

    ring("NEWSROOM_EMAIL_KEYS", entry("b", b"b"))

    with pytest.raises(InvalidToken):
        decrypt_address(written)


def test_the_same_address_is_never_written_twice_alike() -> None:
    assert encrypt_address("ada@example.org") != encrypt_address("ada@example.org")
    assert b"ada" not in encrypt_address("ada@example.org")


@pytest.mark.parametrize(
    "spelling", ["ada@example.org", "ADA@Example.ORG", " ada@example.org\n", "ａda@example.org"]
)
def test_spellings_of_one_address_are_one_mailbox(spelling: str) -> None:
    assert address_hash(spelling) == address_hash("ada@example.org")


def test_another_address_is_another_mailbox() -> None:
    assert address_hash("ada+news@example.org") != address_hash("ada@example.org")


@pytest.mark.parametrize("kid", ["1", "2026-11", "2026.11.b"])
def test_a_token_is_good_under_any_key_of_the_ring_and_any_key_name(ring: Ring, kid: str) -> None:
    comment_id = uuid4()
    ring("NEWSROOM_TOKEN_KEYS", entry(kid, b"a"))
    token = comment_token(comment_id, "author")
    assert is_comment_token(comment_id, "author", token)

    ring("NEWSROOM_TOKEN_KEYS", f"{entry('next', b'b')},{entry(kid, b'a')}")
    assert is_comment_token(comment_id, "author", token)

    ring("NEWSROOM_TOKEN_KEYS", entry("next", b"b"))
    assert not is_comment_token(comment_id, "author", token)


def test_a_token_fits_one_comment_and_one_purpose() -> None:
    comment_id = uuid4()
    token = comment_token(comment_id, "status")

    assert is_comment_token(comment_id, "status", token)
    assert not is_comment_token(comment_id, "author", token)
    assert not is_comment_token(uuid4(), "status", token)


@pytest.mark.parametrize("token", ["", ".", "..", "1", "1.", ".abc", "ü.ü", "1.\udcff", "x" * 10_000])
def test_no_nonsense_is_a_token_and_none_raises(token: str) -> None:
    assert not is_comment_token(uuid4(), "author", token)


def test_a_changed_letter_spoils_a_signature() -> None:
    token = sign("form", "message")
    spoiled = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")

    assert is_signed("form", "message", token)
    assert not is_signed("form", "message", spoiled)
    assert not is_signed("form", "another", token)
    assert not is_signed("other", "message", token)


def test_stored_digests_survive_a_new_key_in_front(ring: Ring) -> None:
    ring("NEWSROOM_TOKEN_KEYS", entry("a", b"a"))
    stored = keyed_digest("api-token", b"nr_secret")

    ring("NEWSROOM_TOKEN_KEYS", f"{entry('b', b'b')},{entry('a', b'a')}")

    assert keyed_digest("api-token", b"nr_secret") == stored


def test_network_pseudonyms_of_two_months_cannot_be_joined() -> None:
    assert network_pseudonym("192.0.2.1", key=b"a" * 32) != network_pseudonym("192.0.2.1", key=b"b" * 32)


@pytest.mark.parametrize("value", ["", " , ", "no-colon", "a:short", f":{entry('x')[2:]}", "a:" + "!" * 43])
def test_a_ring_that_holds_no_good_key_is_refused_in_words(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="NEWSROOM_EMAIL_KEYS"):
        parse_key_ring("NEWSROOM_EMAIL_KEYS", value)
