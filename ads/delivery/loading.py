"""What may be chosen from, read from the database: only what has changed since the last time.

A row's ``xmin`` and ``ctid`` are others after every change of it, whoever makes it and however. So one cheap
query says which creatives to load again with all that they belong to; the rest is what it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from ads.decision import Candidate
from ads.delivery.prices import Price, price_of
from ads.models import Creative
from ads.selectors import candidate
from articles.models import Site

_MARKS = """
SELECT creative.id, concat_ws(' ', creative.xmin, creative.ctid, item.xmin, item.ctid, campaign.xmin,
    campaign.ctid, advertiser.xmin, advertiser.ctid, site.xmin, site.ctid, image.xmin, image.ctid,
    slots.codes)
FROM ads_creative creative
JOIN ads_lineitem item ON item.id = creative.line_item_id
JOIN ads_campaign campaign ON campaign.id = item.campaign_id
JOIN ads_advertiser advertiser ON advertiser.id = campaign.advertiser_id
JOIN articles_site site ON site.id = advertiser.site_id
LEFT JOIN ads_adimage image ON image.id = creative.image_id
LEFT JOIN (
    SELECT own.lineitem_id, string_agg(slot.code, ',' ORDER BY slot.code) AS codes
    FROM ads_lineitem_slots own JOIN ads_slot slot ON slot.id = own.slot_id GROUP BY 1
) slots ON slots.lineitem_id = item.id
WHERE creative.active AND advertiser.site_id = %s ORDER BY creative.id
"""
_NAMES = tuple(field.name for field in fields(Candidate))


@dataclass(frozen=True, slots=True)
class Sold:
    """One creative with what decides about it, and what it costs.

    Attributes:
        mark: what its rows were marked with.
        text: the candidate as its snapshot has it.
    """

    mark: str
    creative: Creative
    candidate: Candidate
    price: Price
    text: str


def sold_on(site: Site, known: Mapping[UUID, Sold]) -> dict[UUID, Sold]:
    """All active creatives of a site by id, in its order; from ``known`` where nothing has changed."""
    with connection.cursor() as cursor:
        cursor.execute(_MARKS, [site.pk])
        marks: dict[UUID, str] = dict(cursor.fetchall())
    changed = [pk for pk, mark in marks.items() if pk not in known or known[pk].mark != mark]
    found = {creative.pk: _sold(creative, marks[creative.pk]) for creative in _creatives(changed, of=marks)}
    return {pk: found.get(pk) or known[pk] for pk in marks if pk in found or pk in known}


def _creatives(changed: list[UUID], *, of: Mapping[UUID, str]) -> list[Creative]:
    if not changed:
        return []
    rows = Creative.objects.filter(pk__in=changed)
    joined = rows.select_related("image", "line_item__campaign__advertiser__site")
    return list(joined.prefetch_related("line_item__slots"))


def _sold(creative: Creative, mark: str) -> Sold:
    found = candidate(creative)
    return Sold(mark, creative, found, price_of(creative.line_item), as_text(found))


# --- as snapshots have it ----------------------------------------------------------------------------------
def as_text(found: Candidate) -> str:
    row = {name: getattr(found, name) for name in _NAMES}
    for name in ("creative_id", "line_item_id"):
        row[name] = str(row[name])
    for name in ("starts_at", "ends_at"):
        row[name] = row[name].isoformat() if row[name] else None
    row["slots"] = sorted(row["slots"])
    return json.dumps(row, sort_keys=True, separators=(",", ":"))


def from_row(row: dict[str, Any]) -> Candidate:
    ids = {name: UUID(row[name]) for name in ("creative_id", "line_item_id")}
    ends_at = datetime.fromisoformat(row["ends_at"]) if row["ends_at"] else None
    dates = {"starts_at": datetime.fromisoformat(row["starts_at"]), "ends_at": ends_at}
    return Candidate(**{**row, **ids, **dates, "slots": frozenset(row["slots"])})
