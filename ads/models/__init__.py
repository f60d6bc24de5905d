"""Inventory (slots) and demand (advertiser > campaign > line item > creative). Money in integer micros."""

from ads.models.base import SIZE_PATTERN, AdObject, AdQuerySet
from ads.models.creatives import AdImage, Approval, Creative
from ads.models.demand import RUNNING, Advertiser, Assignment, Campaign, LineItem, validate_tolerances
from ads.models.inventory import PolicyOverride, Slot
from ads.targets import validate_public_target  # A migration names it so.

__all__ = [
    "RUNNING",
    "SIZE_PATTERN",
    "AdImage",
    "AdObject",
    "AdQuerySet",
    "Advertiser",
    "Approval",
    "Assignment",
    "Campaign",
    "Creative",
    "LineItem",
    "PolicyOverride",
    "Slot",
    "validate_public_target",
    "validate_tolerances",
]
