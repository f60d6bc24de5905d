"""Money for the impressions that will follow what was just chosen, reserved before they come."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ads.delivery.events import PAID_KIND
from ads.delivery.ledger import Purse, is_provided, take_ahead
from ads.delivery.models import Kind
from ads.delivery.records import Record
from ads.delivery.snapshots import choices_of
from articles.sites import all_sites


def reserve_for(records: Sequence[Record]) -> int:
    """Take the leases that are missing for the impressions of these; how many."""
    missing = [
        record
        for record in records
        if record.line_item is not None
        and PAID_KIND.get(record.price_model) == Kind.IMPRESSION
        and record.price_micros
        and not is_provided(record.line_item)
    ]
    sites = {site.pk: site for site in all_sites()} if missing else {}
    wanted: dict[Purse, int] = {}
    for record in missing:
        site = sites.get(record.site)
        creative = choices_of(site).creatives.get(record.creative) if site and record.creative else None
        if site is not None and creative is not None and record.line_item is not None:
            day = record.at.astimezone(ZoneInfo(site.time_zone)).date()
            wanted[Purse(record.line_item, creative.line_item.campaign_id, day)] = record.price_micros
    return take_ahead(wanted)
