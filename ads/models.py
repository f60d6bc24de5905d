"""Inventory (slots) and demand (advertiser > campaign > line item > creative). Money in integer micros."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from articles.models import Site
from newsroom.ids import uuid7

https_only = RegexValidator(
    r"^https://[^\s/$.?#][^\s]*$", "Give an address that starts with https://.", code="invalid"
)
size_format = RegexValidator(
    r"^(fluid|[1-9][0-9]{0,3}x[1-9][0-9]{0,3})$", 'Use "fluid" or a size such as "300x250".', code="invalid"
)


class Slot(models.Model):
    """A place for an ad on an article page."""

    class Position(models.TextChoices):
        ARTICLE_TOP = "article_top", "above the article"
        ARTICLE_BOTTOM = "article_bottom", "below the article"
        IN_THREAD = "in_thread", "between comments"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="slots")
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    position = models.CharField(max_length=20, choices=Position.choices)
    sizes = ArrayField(
        models.CharField(max_length=9, validators=[size_format]),
        default=list,
        help_text='"fluid" or "300x250".',
    )
    active = models.BooleanField(default=True)
    floor_price_micros = models.BigIntegerField(default=0)
    after_n = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="In a thread: the first one after this many comments."
    )
    every_m = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="In a thread: then one after every this many."
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="slot_code_per_site"),
            models.CheckConstraint(
                condition=models.Q(floor_price_micros__gte=0), name="slot_floor_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(position="in_thread", after_n__isnull=False, every_m__isnull=False)
                | ~models.Q(position="in_thread") & models.Q(after_n=None, every_m=None),
                name="slot_in_thread_has_spacing",
                violation_error_message="after_n and every_m belong to in_thread slots, which need both.",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Advertiser(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="advertisers")
    name = models.CharField(max_length=120, help_text="The sponsor as readers see it.")
    demo = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="advertiser_name_per_site")]

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gt=models.F("starts_at")),
                name="campaign_ends_after_start",
                violation_error_message="The end lies before the start.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class LineItem(models.Model):
    """What was booked: which slots, with what weight, in which tier."""

    class Type(models.TextChoices):
        SPONSORSHIP = "sponsorship", "sponsorship"
        STANDARD = "standard", "standard"
        BULK = "bulk", "bulk"
        HOUSE = "house", "house"

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        READY = "ready", "ready"
        PAUSED = "paused", "paused"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="line_items")
    name = models.CharField(max_length=120)
    type = models.CharField(max_length=12, choices=Type.choices, default=Type.STANDARD)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    weight = models.PositiveSmallIntegerField(default=100)
    slots = models.ManyToManyField(Slot, related_name="line_items")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(weight__gte=1), name="line_item_weight_positive")
        ]

    def __str__(self) -> str:
        return self.name


class Creative(models.Model):
    """A structured (native) ad: headline, text, call to action, target. No HTML."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    line_item = models.ForeignKey(LineItem, on_delete=models.PROTECT, related_name="creatives")
    headline = models.CharField(max_length=90)
    text = models.CharField(max_length=200, blank=True)
    call_to_action = models.CharField(max_length=30, blank=True)
    target_url = models.CharField(max_length=500, validators=[https_only])
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.headline
