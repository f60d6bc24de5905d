"""Rendered threads are kept up to a size, the least used go first, and encodings are those asked for."""

from __future__ import annotations

import pytest

from comments.front import _GZIP
from comments.rendering import BytesCache


def test_the_least_recently_used_goes_first() -> None:
    cache = BytesCache(30)
    for name in ("a", "b", "c"):
        cache.put((name,), b"x" * 10)
    cache.get(("a",))

    cache.put(("d",), b"x" * 10)

    assert [name for name in "abcd" if cache.get((name,)) is not None] == ["a", "c", "d"]


def test_replacing_a_value_counts_its_bytes_once() -> None:
    cache = BytesCache(30)
    for _ in range(10):
        cache.put(("a",), b"x" * 20)
    cache.put(("b",), b"x" * 10)

    assert cache.get(("a",)) is not None
    assert cache.get(("b",)) is not None


def test_what_is_larger_than_the_cache_is_not_kept_and_breaks_nothing() -> None:
    cache = BytesCache(30)
    cache.put(("huge",), b"x" * 31)
    cache.put(("small",), b"x")

    assert cache.get(("huge",)) is None
    assert cache.get(("small",)) == b"x"


@pytest.mark.parametrize(
    ("header", "accepts"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("gzip;q=1.0, *;q=0", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("br, gzip;q=0 ,deflate", False),
    ],
)
def test_gzip_is_sent_to_those_who_accept_it(header: str, accepts: bool) -> None:
    assert (_GZIP.search(header) is not None) is accepts
