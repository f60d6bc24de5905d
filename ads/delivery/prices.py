"""What an event of a line item costs, and within which limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ads.models import LineItem
from ads.pacing import Plan


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
