"""What a booking would meet and about how often it would be shown, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Min, Q, QuerySet, Sum
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay

from ads.decision import TIERS
from ads.delivery.models import Rollup
from ads.models import Advertiser, LineItem, Slot
from ads.suitability import conflict
from ads.targeting import HOURS, Rules, missed
from articles.models import Article, Site
from articles.selectors import sensitivities_of

LOOKED_BACK = timedelta(days=28)
OPEN_END = timedelta(days=28)  # What is forecast of a campaign without an end.
DAY = timedelta(days=1)
TAKES_PART = ("review", "ready", "paused")
OF_ARTICLES = ("section", "tag", "author")  # The dimensions that last month's views can tell, besides hours.


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody would book; the item and its advertiser need not be stored."""

    item: LineItem
    advertiser: Advertiser
    slots: Sequence[Slot]
    starts_at: datetime
    ends_at: datetime | None

    @property
    def site(self) -> Site:
        return self.advertiser.site

    @property
    def until(self) -> datetime:
        return self.ends_at or self.starts_at + OPEN_END


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
        views_a_day: how often the slot was asked for lately.
        suitable_a_day: those of them that the advertiser accepts and the targeting means.
        impressions: about how often the order would be shown in its time; 0 below the floor price.
    """

    slot: Slot
    neighbours: tuple[Neighbour, ...]
    share: float
    views_a_day: float
    suitable_a_day: float
    impressions: int
    is_below_floor: bool

    @property
    def is_behind(self) -> bool:
        return any(neighbour.is_before for neighbour in self.neighbours)


@dataclass(frozen=True, slots=True)
class Availability:
    """Who else stands in an order's slots, on how many recent articles it may stand, and what that makes."""

    places: tuple[Place, ...]
    articles: int
    suitable: int
    goal: int | None = None

    @property
    def is_short(self) -> bool:
        """Whether the forecast is below the goal."""
        return self.goal is not None and self.impressions < self.goal

    @property
    def impressions(self) -> int:
        return sum(place.impressions for place in self.places)


def availability(wanted: Wanted, *, at: datetime) -> Availability:
    """A fixed number of queries, however much is booked.

    Devices, countries and conversations are not in the forecast: what was read lately does not tell them.
    """
    articles = list(
        Article.objects.filter(site=wanted.site)
        .published(at=at)
        .filter(published_at__gte=at - LOOKED_BACK)
        .select_related("section")
    )
    items = list(_booked(wanted))
    views = _views(wanted, at=at)
    read = {article_id for _, article_id in views.asked}
    known = {article.pk: article for article in articles}
    older = read - set(known)
    for article in Article.objects.filter(pk__in=older).select_related("section"):
        known[article.pk] = article
    fit = _suitable(known, wanted)
    return Availability(
        places=tuple(_place(slot, items, wanted, views, fit) for slot in wanted.slots),
        articles=len(articles),
        suitable=sum(article.pk in fit for article in articles),
        goal=wanted.item.goal if wanted.item.price_model != LineItem.PriceModel.CPC else None,
    )


def _booked(wanted: Wanted) -> QuerySet[LineItem]:
    overlap = Q(campaign__starts_at__lt=wanted.until) & (
        Q(campaign__ends_at=None) | Q(campaign__ends_at__gt=wanted.starts_at)
    )
    found = LineItem.objects.filter(overlap, slots__in=wanted.slots, status__in=TAKES_PART)
    sold: QuerySet[LineItem] = found.exclude(type=LineItem.Type.HOUSE).exclude(pk=wanted.item.pk)
    return sold.select_related("campaign__advertiser").prefetch_related("slots").distinct()


@dataclass(frozen=True, slots=True)
class _Views:
    """How often slots were asked for on articles, in so many days; ``meant``: in the targeted hours."""

    days: float
    asked: Mapping[tuple[UUID, UUID], int]
    meant: Mapping[tuple[UUID, UUID], int]


def _views(wanted: Wanted, *, at: datetime) -> _Views:
    rows = Rollup.objects.filter(
        site_id=wanted.site.pk,
        slot_id__in=[slot.pk for slot in wanted.slots],
        measure="request",
        hour__gte=at - LOOKED_BACK,
        hour__lt=at,
    )
    oldest = rows.aggregate(first=Min("hour"))["first"]
    days = max(1.0, (at - oldest) / DAY) if oldest else 1.0
    asked = _counted(rows)
    hours = [rule for rule in wanted.item.targeting if rule["dimension"] == "hour"]
    return _Views(days, asked, _in_hours(rows, hours, wanted.site) if hours else asked)


def _counted(rows: QuerySet[Rollup]) -> dict[tuple[UUID, UUID], int]:
    found = rows.values_list("slot_id", "article_id").annotate(views=Sum("number"))
    return {(slot, article): int(views) for slot, article, views in found}


def _in_hours(rows: QuerySet[Rollup], rules: Rules, site: Site) -> dict[tuple[UUID, UUID], int]:
    zone = ZoneInfo(site.time_zone)
    by_hour = rows.annotate(
        weekday=ExtractIsoWeekDay("hour", tzinfo=zone), clock=ExtractHour("hour", tzinfo=zone)
    ).values_list("slot_id", "article_id", "weekday", "clock")
    found: dict[tuple[UUID, UUID], int] = {}
    for slot, article, weekday, clock, views in by_hour.annotate(views=Sum("number")):
        if not missed(rules, {"hour": [HOURS[(weekday - 1) * 24 + clock]]}):
            found[slot, article] = found.get((slot, article), 0) + int(views)
    return found


def _suitable(articles: Mapping[UUID, Article], wanted: Wanted) -> set[UUID]:
    """The articles that the advertiser accepts and the targeting means."""
    rules = [rule for rule in wanted.item.targeting if rule["dimension"] in OF_ARTICLES]
    known = sensitivities_of(list(articles.values()))
    tags = _tags(articles) if any(rule["dimension"] == "tag" for rule in rules) else {}
    return {
        pk
        for pk, article in articles.items()
        if not missed(rules, _audience(article, tags.get(pk, [])))
        and not conflict(
            known[pk],
            "calm",
            tolerances=wanted.advertiser.tolerances,
            thread_tolerance=wanted.advertiser.thread_tolerance,
            is_house=wanted.item.type == LineItem.Type.HOUSE,
        )
    }


def _tags(articles: Mapping[UUID, Article]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    pairs: Any = Article.tags.through.objects.filter(article__in=list(articles))
    for pk, slug in pairs.values_list("article", "tag__slug"):
        found.setdefault(pk, []).append(slug)
    return found


def _audience(article: Article, tags: Sequence[str]) -> dict[str, Sequence[str]]:
    return {
        "section": [article.section.slug],
        "tag": tags,
        "author": [article.byline] if article.byline else [],
    }


def _place(slot: Slot, items: Sequence[LineItem], wanted: Wanted, views: _Views, fit: set[UUID]) -> Place:
    here = [item for item in items if slot in item.slots.all()]
    tier = TIERS.index(wanted.item.type)
    group = wanted.advertiser.competitor_group
    neighbours = tuple(
        Neighbour(
            item,
            is_before=TIERS.index(item.type) < tier,
            is_competitor=bool(group)
            and item.campaign.advertiser.competitor_group == group
            and item.campaign.advertiser.pk != wanted.advertiser.pk,
        )
        for item in here
    )
    beside = sum(item.weight for item in here if item.type == wanted.item.type)
    share = wanted.item.weight / (wanted.item.weight + beside)
    asked = sum(number for (pk, _), number in views.asked.items() if pk == slot.pk) / views.days
    meant = (
        sum(n for (pk, article), n in views.meant.items() if pk == slot.pk and article in fit) / views.days
    )
    price = wanted.item.per_thousand_micros
    is_below = price is not None and price < slot.floor_price_micros
    days = max(0.0, (wanted.until - wanted.starts_at) / DAY)
    before = [neighbour.item for neighbour in neighbours if neighbour.is_before]
    left = _left(before, wanted, expected=asked * days)
    impressions = 0 if is_below else round(meant * days * left * share)
    return Place(slot, neighbours, share, asked, meant, impressions, is_below)


def _left(before: Sequence[LineItem], wanted: Wanted, *, expected: float) -> float:
    """The share of a slot's views that those who come first leave; nothing where one of them has no limit."""
    taken = 0.0
    for item in before:
        booked = _impressions(item)
        if booked is None:
            return 0.0
        starts_at, ends_at = item.campaign.starts_at, item.campaign.ends_at
        if ends_at is not None:  # The part of its time that lies in the order's.
            common = min(ends_at, wanted.until) - max(starts_at, wanted.starts_at)
            booked = round(booked * common / (ends_at - starts_at))
        taken += booked
    return max(0.0, 1 - taken / expected) if expected else 1.0


def _impressions(item: LineItem) -> int | None:
    """Most impressions that a line item takes: its goal, else what its budget pays; None: no limit."""
    if item.goal is not None and item.price_model != LineItem.PriceModel.CPC:
        return item.goal
    if item.budget_micros is not None and item.price_model == LineItem.PriceModel.CPM and item.price_micros:
        return item.budget_micros * 1_000 // item.price_micros
    return None
