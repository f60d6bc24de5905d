"""Inventory (slots) and demand (advertiser > campaign > line item > creative). Money in integer micros."""

from __future__ import annotations

import ipaddress
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from articles.models import Site
from newsroom.ids import uuid7

https_only = RegexValidator(
    r"^https://[^\s/$.?#][^\s]*$", "Give an address that starts with https://.", code="invalid"
)


def validate_public_target(url: str) -> None:
    """A click leads to a public host: no machine inside, no name without a dot, no login in it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:  # a bracket that is not closed, a port that is no number
        raise ValidationError("This is no web address.", code="invalid") from error
    try:
        is_public = ipaddress.ip_address(host).is_global
    except ValueError:
        labels = host.rstrip(".").split(".")
        # Browsers read names whose last part starts with a digit (127.1, 0x7f.1) as IPv4 addresses.
        is_public = len(labels) > 1 and not labels[-1][:1].isdigit() and labels[-1] not in PRIVATE_ENDINGS
    if parts.username is not None or port == 0 or not is_public:
        raise ValidationError("Ads lead to public addresses only.", code="private_target")


# Source: RFC 6761, RFC 6762, RFC 8375, and ICANN's resolution that reserves .internal.
PRIVATE_ENDINGS = frozenset({"localhost", "local", "internal", "arpa", "invalid", "test", "onion"})
SIZE_PATTERN = r"^(fluid|[1-9][0-9]{0,3}x[1-9][0-9]{0,3})$"
size_format = RegexValidator(SIZE_PATTERN, 'Use "fluid" or a size such as "300x250".', code="invalid")


class Assignment(models.Model):
    """A user works on one site's ads. Who has none works on the default site; a superuser on every one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ad_assignments"
    )
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="ad_assignments")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "site"], name="one_assignment_per_site")]

    def __str__(self) -> str:
        return f"{self.user} at {self.site}"


class AdQuerySet(models.QuerySet[Any]):
    def of_site(self, site: Site) -> Self:
        """What belongs to this site, directly or through what it belongs to."""
        return self.filter(**{self.model.site_path: site})


class AdObject(models.Model):
    """Something that ad managers make and change: ``version`` rises with every change (``ads.services``)."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    site_path: ClassVar[str]
    audited: ClassVar[tuple[str, ...]]

    objects = AdQuerySet.as_manager()

    class Meta:
        abstract = True


class Slot(AdObject):
    """A place for an ad on an article page."""

    site_path = "site"
    audited = ("code", "name", "position", "sizes", "active", "floor_price_micros", "after_n", "every_m")

    class Position(models.TextChoices):
        ARTICLE_TOP = "article_top", "above the article"
        ARTICLE_BOTTOM = "article_bottom", "below the article"
        IN_THREAD = "in_thread", "between comments"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="slots")
    code = models.SlugField(max_length=60, help_text="Short and lasting, such as article-top.")
    name = models.CharField(max_length=120, help_text="As your colleagues call it.")
    position = models.CharField(max_length=20, choices=Position.choices)
    sizes = ArrayField(
        models.CharField(max_length=9, validators=[size_format]),
        default=list,
        help_text='"fluid" or sizes such as "300x250", the preferred one first.',
    )
    active = models.BooleanField(default=True, help_text="Off: nothing is shown here.")
    floor_price_micros = models.BigIntegerField(
        "floor price", default=0, help_text="The lowest price per 1,000 impressions."
    )
    after_n = models.PositiveSmallIntegerField(
        "after n comments", null=True, blank=True, help_text="In a thread: the first ad comes after so many."
    )
    every_m = models.PositiveSmallIntegerField(
        "every m comments", null=True, blank=True, help_text="In a thread: then one more after every so many."
    )

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
            models.CheckConstraint(
                condition=models.Q(position__in=["article_top", "article_bottom", "in_thread"]),
                name="slot_position_known",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Advertiser(AdObject):
    """Who pays, and whom readers see as the sponsor."""

    site_path = "site"
    audited = ("name",)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="advertisers")
    name = models.CharField(max_length=120, help_text="The sponsor as readers see it.")
    demo = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="advertiser_name_per_site")]

    def __str__(self) -> str:
        return self.name


class Campaign(AdObject):
    """What an advertiser ordered for a time."""

    site_path = "advertiser__site"
    audited = ("advertiser_id", "name", "starts_at", "ends_at")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is paused.")

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


class LineItem(AdObject):
    """What was booked: which slots, with what weight, in which tier."""

    site_path = "campaign__advertiser__site"
    audited = ("campaign_id", "name", "type", "status", "weight")

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
    slots = models.ManyToManyField(Slot, related_name="line_items")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(weight__gte=1), name="line_item_weight_positive"),
            models.CheckConstraint(
                condition=models.Q(type__in=["sponsorship", "standard", "bulk", "house"]),
                name="line_item_type_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Creative(AdObject):
    """A structured (native) ad: headline, text, call to action, target. No HTML."""

    site_path = "line_item__campaign__advertiser__site"
    audited = ("line_item_id", "headline", "text", "call_to_action", "target_url", "active")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    line_item = models.ForeignKey(LineItem, on_delete=models.PROTECT, related_name="creatives")
    headline = models.CharField(max_length=90)
    text = models.CharField(max_length=200, blank=True)
    call_to_action = models.CharField(
        max_length=30, blank=True, help_text="The words of the link; empty: the headline."
    )
    target_url = models.CharField(
        "target",
        max_length=500,
        validators=[https_only, validate_public_target],
        help_text="Where a click leads; https only.",
    )
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.headline
