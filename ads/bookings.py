"""Booking advertiser, campaign, line item and creative in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from ads.models import AdImage, Advertiser, Campaign, Creative, LineItem, Slot
from ads.services import save_object
from ads.targeting import Rules
from articles.models import Site
from newsroom.errors import FieldError


@dataclass(frozen=True, slots=True)
class Order:
    """What an ad manager types in one form. Days are the site's, both included; money is micros.

    Attributes:
        about: of a new advertiser, besides its name.
        paper: of the campaign, besides its name and time.
        item: of the line item.
    """

    site: Site
    advertiser: Advertiser | None
    new_advertiser: str
    campaign: str
    first_day: date
    last_day: date
    slots: Sequence[Slot]
    item: dict[str, Any]
    creative: dict[str, Any]
    about: dict[str, Any] = field(default_factory=dict)
    paper: dict[str, Any] = field(default_factory=dict)
    image: AdImage | None = None
    targeting: Rules = ()

    @property
    def starts_at(self) -> datetime:
        return _midnight(self.first_day, self.site)

    @property
    def ends_at(self) -> datetime:
        """The first moment after the last day."""
        return _midnight(self.last_day + timedelta(days=1), self.site)

    def unsaved(self) -> Creative:
        """The creative with all that it belongs to, none of it stored: for checks and previews."""
        new = {"site": self.site, "name": self.new_advertiser} | self.about
        campaign = Campaign(
            advertiser=self.advertiser or Advertiser(**new),
            name=self.campaign,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            **self.paper,
        )
        item = LineItem(
            campaign=campaign,
            name=self.campaign,
            status=LineItem.Status.READY,
            targeting=list(self.targeting),
            **self.item,
        )
        return Creative(line_item=item, image=self.image, **self.creative)

    def never_in(self) -> tuple[list[Slot], list[Slot]]:
        """The chosen slots whose floor is above this price, and those that have no room for the picture."""
        creative = self.unsaved()
        price = creative.line_item.per_thousand_micros
        too_dear = [slot for slot in self.slots if price is not None and price < slot.floor_price_micros]
        return too_dear, [slot for slot in self.slots if not slot.has_room_for(creative.size)]


@transaction.atomic
def book(order: Order, *, actor: Any) -> Creative:
    """Store all four objects, the line item ready, the creative waiting for its approval.

    Raises:
        FieldError: a value does not fit; nothing is kept.
    """
    creative = order.unsaved()
    item, campaign = creative.line_item, creative.line_item.campaign
    if order.advertiser is None:
        campaign.advertiser = save_object(campaign.advertiser, actor=actor)
    item.campaign = save_object(campaign, actor=actor)
    creative.line_item = save_object(item, actor=actor, related={"slots": order.slots})
    return save_object(creative, actor=actor)


def _midnight(day: date, site: Site) -> datetime:
    try:
        return datetime.combine(day, time.min, tzinfo=ZoneInfo(site.time_zone))
    except OverflowError as error:
        raise FieldError("last_day", "This day is too far away.") from error
