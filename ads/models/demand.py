"""Demand: advertiser > campaign > line item, and who works on it. Money in integer micros."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property

from ads.models.base import AdObject
from ads.models.inventory import Slot
from ads.spent import spent_out
from ads.suitability import TOLERANCES, TOPICS
from articles.models import Site
from newsroom.ids import uuid7

THOUSAND = 1_000  # A CPM is a price per so many impressions.


def validate_tolerances(value: Any) -> None:
    """Known topics with known tolerances, nothing else."""
    if not isinstance(value, dict):
        raise ValidationError("Give a tolerance per topic.", code="invalid")
    for topic, tolerance in value.items():
        if topic not in TOPICS:
            raise ValidationError(f"Use the topics {', '.join(TOPICS)}.", code="unknown_topic")
        if tolerance not in TOLERANCES:
            raise ValidationError(f"Use one of {', '.join(TOLERANCES)}.", code="invalid_choice")


class Assignment(models.Model):
    """A user works on one site's ads. Who has none works on the default site; a superuser on every one.

    Somebody with the role *advertiser* reads what belongs to the advertisers assigned, and nothing else.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ad_assignments"
    )
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="ad_assignments")
    advertiser = models.ForeignKey(
        "Advertiser",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="readers",
        help_text="For the role advertiser: whose campaigns and reports this person reads.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "site", "advertiser"], nulls_distinct=False, name="one_assignment_per_site"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.site}"


class Advertiser(AdObject):
    """Who pays, and whom readers see as the sponsor."""

    site_path = "site"
    advertiser_path = "pk"
    audited = ("name", "category", "competitor_group", "tolerances", "thread_tolerance")

    class ThreadTolerance(models.TextChoices):
        """Nobody but the paper itself stands in an unsafe conversation."""

        CALM = "calm", "calm only"
        HEATED = "heated", "calm or heated"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="advertisers")
    name = models.CharField(max_length=120, help_text="The sponsor as readers see it.")
    category = models.CharField(max_length=60, blank=True, help_text="What it sells: cars, bread, insurance.")
    competitor_group = models.SlugField(
        max_length=60, blank=True, help_text="Two of one group never stand on the same page: car-dealers."
    )
    tolerances = models.JSONField(
        default=dict,
        blank=True,
        validators=[validate_tolerances],
        help_text="The highest risk accepted per sensitive topic: none, low, medium (the default) or high.",
    )
    thread_tolerance = models.CharField(
        "conversations",
        max_length=8,
        choices=ThreadTolerance.choices,
        default=ThreadTolerance.CALM,
        help_text="How heated a conversation may be beside its ads.",
    )
    demo = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="advertiser_name_per_site")]
        permissions = [("read_own_campaigns", "Can read what belongs to the advertisers assigned")]

    def __str__(self) -> str:
        return self.name


class Campaign(AdObject):
    """What an advertiser ordered for a time."""

    site_path = "advertiser__site"
    advertiser_path = "advertiser"
    audited = (
        "advertiser_id", "name", "starts_at", "ends_at", "budget_micros", "order_number", "billing_contact",
    )  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is paused.")
    budget_micros = models.BigIntegerField(
        "budget", null=True, blank=True, help_text="Most that all its line items spend; empty: as they say."
    )
    order_number = models.CharField(max_length=60, blank=True, help_text="The advertiser's, for statements.")
    billing_contact = models.CharField(
        max_length=200, blank=True, help_text="Who gets the statement: a department, not a private address."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(budget_micros=None) | models.Q(budget_micros__gte=0),
                name="campaign_budget_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gt=models.F("starts_at")),
                name="campaign_ends_after_start",
                violation_error_message="The end lies before the start.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LineItem(AdObject):
    """What was booked: which slots, with what weight, in which tier."""

    site_path = "campaign__advertiser__site"
    advertiser_path = "campaign__advertiser"
    audited = (
        "campaign_id", "name", "type", "status", "weight", "price_model", "price_micros", "goal",
        "budget_micros", "daily_cap_micros", "pacing", "targeting", "per_page", "roadblock",
    )  # fmt: skip

    class Type(models.TextChoices):
        SPONSORSHIP = "sponsorship", "sponsorship"
        STANDARD = "standard", "standard"
        BULK = "bulk", "bulk"
        HOUSE = "house", "house"

    class Status(models.TextChoices):
        """What people say about it; whether it is live or done follows from dates and money (``state``)."""

        DRAFT = "draft", "draft"
        REVIEW = "review", "in review"
        READY = "ready", "ready"
        PAUSED = "paused", "paused"

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        REVIEW = "review", "in review"
        READY = "ready", "ready"
        LIVE = "live", "live"
        PAUSED = "paused", "paused"
        DONE = "done", "done"

    class PriceModel(models.TextChoices):
        CPM = "cpm", "per 1,000 impressions"
        CPC = "cpc", "per click"
        FLAT = "flat", "flat, for the whole time"

    class Pacing(models.TextChoices):
        EVEN = "even", "evenly over its time"
        ASAP = "asap", "as soon as possible"
        FRONT = "front_loaded", "more at its start"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="line_items")
    name = models.CharField(max_length=120)
    type = models.CharField(
        max_length=12,
        choices=Type.choices,
        default=Type.STANDARD,
        help_text="Sponsorship comes first, then standard, then bulk; house fills what is left.",
    )
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.DRAFT, help_text="Only ready ones are shown."
    )
    weight = models.PositiveSmallIntegerField(
        default=100, help_text="Its share beside others of the same type: 200 is shown twice as often as 100."
    )
    price_model = models.CharField(max_length=4, choices=PriceModel.choices, default=PriceModel.CPM)
    price_micros = models.BigIntegerField("price", default=0, help_text="In what the price model counts.")
    goal = models.PositiveIntegerField(
        null=True, blank=True, help_text="Impressions that were booked; clicks where they are what is paid."
    )
    budget_micros = models.BigIntegerField(
        "budget", null=True, blank=True, help_text="Most that it spends; empty: no limit of its own."
    )
    daily_cap_micros = models.BigIntegerField(
        "daily cap", null=True, blank=True, help_text="Most that it spends on one day in the site's zone."
    )
    pacing = models.CharField(max_length=12, choices=Pacing.choices, default=Pacing.EVEN)
    targeting = models.JSONField(
        default=list, blank=True, editable=False, help_text="Rules, all of which must hold: ads.targeting."
    )
    per_page = models.PositiveSmallIntegerField(
        "times on one page",
        null=True,
        blank=True,
        help_text="Most places that it fills on one page; empty: each of its ads once.",
    )
    roadblock = models.BooleanField(
        default=False, help_text="It fills all its slots of a page together, or none of them."
    )
    slots = models.ManyToManyField(Slot, related_name="line_items")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price_micros__gte=0)
                & (models.Q(budget_micros=None) | models.Q(budget_micros__gte=0))
                & (models.Q(daily_cap_micros=None) | models.Q(daily_cap_micros__gte=0)),
                name="line_item_money_not_negative",
            ),
            models.CheckConstraint(
                condition=~models.Q(type="house") | models.Q(price_micros=0),
                name="line_item_house_costs_nothing",
                violation_error_message="House ads cost nothing.",
            ),
            models.CheckConstraint(condition=models.Q(weight__gte=1), name="line_item_weight_positive"),
            models.CheckConstraint(
                condition=models.Q(per_page=None) | models.Q(per_page__gte=1),
                name="line_item_per_page_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(type__in=["sponsorship", "standard", "bulk", "house"]),
                name="line_item_type_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def state(self, *, at: datetime) -> str:
        """Its status as it is at this moment: a ready one is live, then done, by dates and money."""
        campaign = self.campaign
        has_ended = campaign.ends_at is not None and at >= campaign.ends_at
        if self.status in RUNNING and (has_ended or (self.has_limit and self.is_spent)):
            return self.State.DONE
        if self.status == self.Status.READY and at >= campaign.starts_at:
            return self.State.LIVE
        return self.status

    @property
    def has_limit(self) -> bool:
        """Whether there is an amount at which it ends."""
        is_sold_whole = self.price_model == self.PriceModel.FLAT and self.goal is not None
        return is_sold_whole or self.budget_micros is not None or self.campaign.budget_micros is not None

    @cached_property
    def is_spent(self) -> bool:
        """Whether its money has no room for one more event. Lists have it in their query."""
        return LineItem.objects.filter(spent_out(), pk=self.pk).exists()

    @property
    def per_thousand_micros(self) -> int | None:
        """What 1,000 impressions bring, for floor prices; a click is taken for one in 1,000 impressions.

        None where there is nothing to compare: the paper's own ads, and a flat price without a goal.
        """
        if self.type == self.Type.HOUSE:
            return None
        if self.price_model == self.PriceModel.FLAT:
            return self.price_micros * THOUSAND // self.goal if self.goal else None
        return self.price_micros

    @property
    def booked_micros(self) -> int | None:
        """What was sold in money; None where neither a goal nor a budget says so."""
        if self.price_model == self.PriceModel.FLAT:
            return self.price_micros
        if self.goal is None:
            return self.budget_micros
        per = THOUSAND if self.price_model == self.PriceModel.CPM else 1
        booked = self.goal * self.price_micros // per
        return booked if self.budget_micros is None else min(booked, self.budget_micros)


RUNNING = (LineItem.Status.READY, LineItem.Status.PAUSED)  # What an end makes done.
