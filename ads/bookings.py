"""Booking advertiser, campaign, line item and creative in one step; and what is free."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ads.decision import TIERS
from ads.models import AdImage, Advertiser, Campaign, Creative, LineItem, Slot
from ads.services import save_object
from ads.suitability import conflict
from articles.models import Article, Site
from articles.selectors import sensitivities_of
from newsroom.errors import FieldError

LOOKED_BACK = timedelta(days=28)
TAKES_PART = ("review", "ready", "paused")


@dataclass(frozen=True, slots=True)
class Order:
    """What an ad manager types in one form. Days are the site's, both included; money is micros."""

    site: Site
    advertiser: Advertiser | None
    new_advertiser: str
    campaign: str
    first_day: date
    last_day: date
    slots: Sequence[Slot]
    type: str
    price_model: str
    price_micros: int
    creative: dict[str, Any]
    goal: int | None = None
    budget_micros: int | None = None
    image: AdImage | None = None

    @property
    def starts_at(self) -> datetime:
        return _midnight(self.first_day, self.site)

    @property
    def ends_at(self) -> datetime:
        """The first moment after the last day."""
        return _midnight(self.last_day + timedelta(days=1), self.site)

    def unsaved(self) -> Creative:
        """The creative with all that it belongs to, none of it stored: for checks and previews."""
        advertiser = self.advertiser or Advertiser(site=self.site, name=self.new_advertiser)
        campaign = Campaign(
            advertiser=advertiser, name=self.campaign, starts_at=self.starts_at, ends_at=self.ends_at
        )
        item = LineItem(
            campaign=campaign,
            name=self.campaign,
            type=self.type,
            status=LineItem.Status.READY,
            price_model=self.price_model,
            price_micros=self.price_micros,
            goal=self.goal,
            budget_micros=self.budget_micros,
        )
        return Creative(line_item=item, image=self.image, **self.creative)


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


# --- what is free ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another line item that stands in the slot at some of the same time."""

    item: LineItem
    is_before: bool  # of a higher type, so it is served first
    is_competitor: bool


@dataclass(frozen=True, slots=True)
class Place:
    """One slot during the days of an order.

    Attributes:
        share: of the views that no higher type takes, this order's part by weight; 0 to 1.
    """

    slot: Slot
    neighbours: tuple[Neighbour, ...]
    share: float

    @property
    def is_behind(self) -> bool:
        return any(neighbour.is_before for neighbour in self.neighbours)


@dataclass(frozen=True, slots=True)
class Availability:
    """Who else stands in an order's slots, and on how many recent articles it may stand."""

    places: tuple[Place, ...]
    articles: int
    suitable: int


def availability(order: Order) -> Availability:
    """Three queries, however much is booked."""
    creative = order.unsaved()
    advertiser = creative.line_item.campaign.advertiser
    overlap = Q(campaign__starts_at__lt=order.ends_at) & (
        Q(campaign__ends_at=None) | Q(campaign__ends_at__gt=order.starts_at)
    )
    found = LineItem.objects.filter(overlap, slots__in=order.slots, status__in=TAKES_PART).exclude(
        type=LineItem.Type.HOUSE
    )
    items = list(found.select_related("campaign__advertiser").prefetch_related("slots").distinct())
    places = tuple(_place(slot, items, order, advertiser) for slot in order.slots)
    recent = Article.objects.filter(site=order.site).published(at=timezone.now())
    articles = list(recent.filter(published_at__gte=timezone.now() - LOOKED_BACK).select_related("section"))
    suitable = _suitable(articles, advertiser, is_house=order.type == LineItem.Type.HOUSE)
    return Availability(places, len(articles), suitable)


def _place(slot: Slot, items: Collection[LineItem], order: Order, advertiser: Advertiser) -> Place:
    here = [item for item in items if slot in item.slots.all()]
    tier = TIERS.index(order.type)
    neighbours = tuple(
        Neighbour(
            item,
            is_before=TIERS.index(item.type) < tier,
            is_competitor=bool(advertiser.competitor_group)
            and item.campaign.advertiser.competitor_group == advertiser.competitor_group
            and item.campaign.advertiser.pk != advertiser.pk,
        )
        for item in here
    )
    own = LineItem._meta.get_field("weight").get_default()
    beside = sum(item.weight for item in here if item.type == order.type)
    return Place(slot, neighbours, own / (own + beside))


def _suitable(articles: Sequence[Article], advertiser: Advertiser, *, is_house: bool) -> int:
    known = sensitivities_of(articles)
    return sum(
        not conflict(
            known[article.pk],
            "calm",
            tolerances=advertiser.tolerances,
            thread_tolerance=advertiser.thread_tolerance,
            is_house=is_house,
        )
        for article in articles
    )


def _midnight(day: date, site: Site) -> datetime:
    try:
        return datetime.combine(day, time.min, tzinfo=ZoneInfo(site.time_zone))
    except OverflowError as error:
        raise FieldError("last_day", "This day is too far away.") from error
