"""All that may be chosen from, as one immutable value, kept by its content for replay."""

from __future__ import annotations

import hashlib
import json
import threading
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from django.db import connection

from ads import fresh
from ads.decision import Candidate, indexed
from ads.delivery import circumstances, ledger
from ads.delivery.loading import Sold, from_row, sold_on
from ads.delivery.models import Snapshot
from ads.delivery.prices import Price
from ads.eligibility import Index
from ads.fresh import Fresh
from ads.models import Creative, Slot
from articles.models import Site


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from at one version of the ads.

    Attributes:
        limited: by account, the line items that it limits, and the spending from which each waits.
        too_small: the line items one of whose limits is below the price of a single event.
        in_thread: the codes of slots between comments.
        ready: by creative and slot, what a page is told of it, as it goes out; filled as it is asked for.
    """

    version: tuple[int, int]
    digest: str
    candidates: tuple[Candidate, ...]
    prices: Mapping[UUID, Price]
    limited: Mapping[str, Sequence[tuple[UUID, int]]]
    too_small: frozenset[UUID]
    index: Index
    winners: Mapping[UUID, Candidate]
    creatives: Mapping[UUID, Creative]
    slots: tuple[Slot, ...]
    slots_by_code: Mapping[str, Slot]
    in_thread: frozenset[str]
    ready: dict[tuple[UUID, UUID], bytes] = field(default_factory=dict)


_current: dict[UUID, Choices] = {}
_sold: dict[UUID, dict[UUID, Sold]] = {}
_loading = threading.Lock()
_versions: Fresh[str, tuple[int, int]] = Fresh()


def choices_of(site: Site) -> Choices:
    """The current ones, picked up by every process within a second: one query then, while nothing changes.

    One thread loads what has changed; the others go on with what they had until it is there.
    """
    version = _versions.get("ads", _version)
    known = _current.get(site.pk)
    if known is not None and known.version == version:
        return known
    if _loading.acquire(blocking=known is None):
        try:
            known = _current.get(site.pk)
            if known is None or known.version != version:
                known = _current[site.pk] = _load(site, version)
        finally:
            _loading.release()
    assert known is not None  # noqa: S101  (only who has one goes on without the lock)
    return known


def forget() -> None:
    """Load again at the next choice; for tests, whose rows and versions are rolled back."""
    _current.clear()
    _sold.clear()
    fresh.forget()
    stored.cache_clear()
    ledger.forget()
    circumstances.forget()


def _version() -> tuple[int, int]:
    """The newest change, and how many there were lately: a number taken early may be committed late."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce((SELECT max(id) FROM delivery_change), 0),"
            " (SELECT count(*) FROM delivery_change WHERE at > now() - interval '10 minutes')"
        )
        newest, lately = cursor.fetchone()
    return newest, lately


def _load(site: Site, version: tuple[int, int]) -> Choices:
    sold = _sold[site.pk] = sold_on(site, _sold.get(site.pk, {}))
    digest = _stored_digest("[" + ",".join(one.text for one in sold.values()) + "]")
    candidates = tuple(one.candidate for one in sold.values())
    prices = {one.candidate.line_item_id: one.price for one in sold.values()}
    slots = tuple(Slot.objects.filter(site=site, active=True).order_by("position", "code"))
    return Choices(
        version=version,
        digest=digest,
        candidates=candidates,
        prices=prices,
        limited=_limited(prices),
        too_small=frozenset(
            item for item, price in prices.items() if any(most < price.each for most in price.limits.values())
        ),
        index=indexed(candidates),
        winners={found.creative_id: found for found in candidates},
        creatives={pk: one.creative for pk, one in sold.items()},
        slots=slots,
        slots_by_code={slot.code: slot for slot in slots},
        in_thread=frozenset(slot.code for slot in slots if slot.every_m),
    )


def _stored_digest(text: str) -> str:
    content = text.encode()
    digest = hashlib.sha256(content).hexdigest()
    if not Snapshot.objects.filter(digest=digest).exists():
        # Quickly rather than small: pages wait for it.
        Snapshot.objects.get_or_create(digest=digest, defaults={"content": zlib.compress(content, level=1)})
    return digest


def _limited(prices: Mapping[UUID, Price]) -> dict[str, list[tuple[UUID, int]]]:
    """By account (a day's ends in ``:day``), the line items that it limits, and at how much each stops."""
    found: dict[str, list[tuple[UUID, int]]] = {}
    for item, price in prices.items():
        for key, most in price.limits.items() if price.each else ():
            found.setdefault(key, []).append((item, most - price.each))
    return found


@lru_cache(maxsize=32)  # Each holds every ad of its moment.
def stored(digest: str) -> Sequence[Candidate]:
    """What a decision chose from, as it was."""
    content = zlib.decompress(bytes(Snapshot.objects.get(pk=digest).content))
    return tuple(from_row(row) for row in json.loads(content))
