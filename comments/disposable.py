"""Throw-away email addresses: by a kept public list of their domains, and by what the site says itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from uuid import UUID

from comments.site_settings import comment_settings


def is_disposable(address: str, *, site_id: UUID) -> bool:
    """Whether an address belongs to a domain of throw-away mail. The address itself is not kept."""
    added, lifted = _own(comment_settings(site_id).disposable_domains)
    domain = address.rpartition("@")[2].strip().rstrip(".").lower()
    for candidate in _with_parents(domain):
        if candidate in lifted:
            return False
        if candidate in added or candidate in _listed():
            return True
    return False


def _with_parents(domain: str) -> Iterator[str]:
    """``a.b.example``, ``b.example``: never the top level alone."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])


@cache
def _listed() -> Collection[str]:
    """Some ten thousand names; read when the first comment comes."""
    from disposable_email_domains import blocklist

    return frozenset(blocklist)


@lru_cache(maxsize=64)
def _own(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """What a site adds to the list, and what it takes off it."""
    lines = {line.strip().lower() for line in text.splitlines() if line.strip()}
    lifted = {line[1:].strip() for line in lines if line.startswith("-")}
    return frozenset(line for line in lines if not line.startswith("-")), frozenset(lifted)
