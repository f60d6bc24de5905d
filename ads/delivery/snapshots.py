"""All that may be chosen from, as one immutable value, kept by its content for replay."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from ads import fresh
from ads.decision import Candidate, indexed
from ads.delivery import ledger
from ads.delivery.models import Snapshot
from ads.eligibility import Index
from ads.fresh import Fresh
from ads.models import Creative, LineItem, Slot
from ads.pacing import Plan
from ads.selectors import candidate
from articles.models import Site


@dataclass(frozen=True, slots=True)
class Price:
    """What one event of a line item costs, and the limits that it may not cross, in micros.

    Attributes:
        each: of one impression, or of one click where those are paid.
        limits: by the key of a ``Spend``; the key of a day ends in ``:day``.
    """

    model: str
    each: int
    limits: Mapping[str, int]
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from at one version of the ads.

    Attributes:
        limited: by account, the line items that it limits, and the spending from which each waits.
        too_small: the line items one of whose limits is below the price of a single event.
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


_current: dict[UUID, Choices] = {}
_versions: Fresh[str, tuple[int, int]] = Fresh()


def choices_of(site: Site) -> Choices:
    """The current ones, picked up by every process within a second: one query then, while nothing changes."""
    version = _versions.get("ads", _version)
    known = _current.get(site.pk)
    if known is None or known.version != version:
        known = _current[site.pk] = _load(site, version)
    return known


def forget() -> None:
    """Load again at the next choice; for tests, whose rows and versions are rolled back."""
    _current.clear()
    fresh.forget()
    stored.cache_clear()
    ledger.forget()


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
    found = Creative.objects.filter(active=True, line_item__campaign__advertiser__site=site)
    joined = found.select_related("image", "line_item__campaign__advertiser__site").prefetch_related(
        "line_item__slots"
    )
    creatives = list(joined.order_by("id"))
    candidates = tuple(candidate(creative) for creative in creatives)
    prices = {creative.line_item_id: price_of(creative.line_item) for creative in creatives}
    text = json.dumps([_as_json(found) for found in candidates], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    Snapshot.objects.get_or_create(digest=digest, defaults={"content": zlib.compress(text.encode())})
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
        creatives={creative.pk: creative for creative in creatives},
        slots=tuple(Slot.objects.filter(site=site, active=True).order_by("position", "code")),
    )


def _limited(prices: Mapping[UUID, Price]) -> dict[str, list[tuple[UUID, int]]]:
    """By account (a day's ends in ``:day``), the line items that it limits, and at how much each stops."""
    found: dict[str, list[tuple[UUID, int]]] = {}
    for item, price in prices.items():
        for key, most in price.limits.items() if price.each else ():
            found.setdefault(key, []).append((item, most - price.each))
    return found


def price_of(item: LineItem) -> Price:
    """A flat price with a goal is earned impression by impression; without one, not in events."""
    limits: dict[str, int] = {}
    if item.price_model == LineItem.PriceModel.CPM:
        each = item.price_micros // 1_000
    elif item.price_model == LineItem.PriceModel.CPC:
        each = item.price_micros
    else:
        each = item.price_micros // item.goal if item.goal else 0
        limits[f"item:{item.pk}"] = item.price_micros
    if item.budget_micros is not None:
        limits[f"item:{item.pk}"] = min(item.budget_micros, limits.get(f"item:{item.pk}", item.budget_micros))
    if item.daily_cap_micros is not None:
        limits[f"day:{item.pk}:day"] = item.daily_cap_micros
    if item.campaign.budget_micros is not None:
        limits[f"campaign:{item.campaign_id}"] = item.campaign.budget_micros
    return Price(item.price_model, each, limits, _plan(item, limits.get(f"item:{item.pk}")))


def _plan(item: LineItem, most: int | None) -> Plan | None:
    """How a limit is spread over the campaign's time; None where it is spent as it comes."""
    campaign = item.campaign
    is_flat = item.price_model == LineItem.PriceModel.FLAT  # It has its slots for the whole time.
    if most is None or campaign.ends_at is None or is_flat or item.pacing == LineItem.Pacing.ASAP:
        return None
    return Plan(item.pacing, most, campaign.starts_at, campaign.ends_at)


@lru_cache(maxsize=32)  # Each holds every ad of its moment.
def stored(digest: str) -> Sequence[Candidate]:
    """What a decision chose from, as it was."""
    content = zlib.decompress(bytes(Snapshot.objects.get(pk=digest).content))
    return tuple(_from_json(row) for row in json.loads(content))


def _as_json(found: Candidate) -> dict[str, Any]:
    row = asdict(found)
    for name in ("creative_id", "line_item_id"):
        row[name] = str(row[name])
    for name in ("starts_at", "ends_at"):
        row[name] = row[name].isoformat() if row[name] else None
    return row | {"slots": sorted(row["slots"])}


def _from_json(row: dict[str, Any]) -> Candidate:
    ids = {name: UUID(row[name]) for name in ("creative_id", "line_item_id")}
    ends_at = datetime.fromisoformat(row["ends_at"]) if row["ends_at"] else None
    dates = {"starts_at": datetime.fromisoformat(row["starts_at"]), "ends_at": ends_at}
    return Candidate(**{**row, **ids, **dates, "slots": frozenset(row["slots"])})
