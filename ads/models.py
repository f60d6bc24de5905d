"""Inventory (slots) and demand (advertiser > campaign > line item > creative). Money in integer micros."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import cached_property

from ads.spent import spent_out
from ads.suitability import TOLERANCES, TOPICS
from ads.targets import https_only, validate_public_target
from articles.models import Article, Section, Site, Tag
from newsroom.ids import uuid7

FLUID = "fluid"
SIZE_PATTERN = r"^(fluid|[1-9][0-9]{0,3}x[1-9][0-9]{0,3})$"
THOUSAND = 1_000  # A CPM is a price per so many impressions.
DIGEST_LENGTH = 64  # SHA-256 in hexadecimal.
size_format = RegexValidator(SIZE_PATTERN, 'Use "fluid" or a size such as "300x250".', code="invalid")


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


class AdQuerySet(models.QuerySet[Any]):
    def of_site(self, site: Site) -> Self:
        """What belongs to this site, directly or through what it belongs to."""
        return self.filter(**{self.model.site_path: site})

    def of_advertisers(self, advertisers: Collection[UUID]) -> Self:
        """What belongs to these advertisers; nothing of a kind that belongs to none."""
        path = self.model.advertiser_path
        return self.filter(**{f"{path}__in": advertisers}) if path else self.none()


class AdObject(models.Model):
    """Something that ad managers make and change: ``version`` rises with every change (``ads.services``)."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    site_path: ClassVar[str]
    advertiser_path: ClassVar[str] = ""
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

    def has_room_for(self, size: str) -> bool:
        """Whether a creative of this size may stand here; what is fluid stands everywhere."""
        return size == FLUID or not self.sizes or FLUID in self.sizes or size in self.sizes


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


class AdImage(AdObject):
    """A picture for creatives as it is served: encoded again, named by its content, never changed."""

    site_path = "site"
    audited = ("sha256", "width", "height", "weight_bytes")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="ad_images")
    sha256 = models.CharField(max_length=DIGEST_LENGTH, editable=False)
    file = models.CharField(max_length=120, editable=False, help_text="Its path in the media folder.")
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    weight_bytes = models.PositiveIntegerField(editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "sha256"], name="ad_image_once_per_site")]

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {self.sha256[:12]}"

    @property
    def url(self) -> str:
        return f"{settings.MEDIA_URL}{self.file}"


class Creative(AdObject):
    """What readers see: native (headline, text, picture, call to action) or a picture of one size. No HTML.

    It runs only while ``approved_sha256`` is the digest of exactly what it shows and where it leads.
    """

    site_path = "line_item__campaign__advertiser__site"
    advertiser_path = "line_item__campaign__advertiser"
    audited = (
        "line_item_id", "kind", "headline", "text", "call_to_action", "target_url", "image_id", "image_alt",
        "size", "paid_by", "political", "active", "sha256", "approved_sha256",
    )  # fmt: skip
    # What an approval is bound to.
    content = (
        "line_item_id", "kind", "headline", "text", "call_to_action", "target_url", "image_alt", "size",
        "paid_by", "political",
    )  # fmt: skip

    class Kind(models.TextChoices):
        NATIVE = "native", "native: headline, text, picture"
        IMAGE = "image", "a picture of one size"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    line_item = models.ForeignKey(LineItem, on_delete=models.PROTECT, related_name="creatives")
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.NATIVE)
    headline = models.CharField(
        max_length=90, help_text="Of a picture: its name for colleagues; readers see the picture."
    )
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
    image = models.ForeignKey(
        AdImage, null=True, blank=True, on_delete=models.PROTECT, related_name="creatives"
    )
    image_alt = models.CharField(
        "picture in words", max_length=200, blank=True, help_text="What it shows, for who cannot see it."
    )
    size = models.CharField(max_length=9, default="fluid", validators=[size_format])
    paid_by = models.CharField(
        max_length=120, blank=True, help_text="Who pays, where it is not the sponsor. Readers see it."
    )
    political = models.BooleanField(default=False, help_text="Only where the site takes political ads.")
    active = models.BooleanField(default=True)
    sha256 = models.CharField(max_length=DIGEST_LENGTH, blank=True, editable=False)
    approved_sha256 = models.CharField(max_length=DIGEST_LENGTH, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="native", size="fluid")
                | models.Q(kind="image", image__isnull=False) & ~models.Q(size="fluid"),
                name="creative_is_native_or_a_picture",
                violation_error_message="A native ad is fluid; a picture has a size and its file.",
            )
        ]
        permissions = [("approve_creative", "Can approve what advertisers show")]

    def __str__(self) -> str:
        return self.headline

    @property
    def is_approved(self) -> bool:
        """Whether exactly this content was approved."""
        return bool(self.sha256) and self.sha256 == self.approved_sha256


class Approval(models.Model):
    """Somebody has approved exactly one content of a creative. Never changed, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    creative = models.ForeignKey(Creative, on_delete=models.CASCADE, related_name="approvals")
    sha256 = models.CharField(max_length=DIGEST_LENGTH)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    alone = models.BooleanField(default=False, help_text="By the person who made it, with a reason.")
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["creative", "-at"], name="approvals_of_creative")]  # its page

    def __str__(self) -> str:
        return f"approval of {self.creative_id}"


class PolicyOverride(AdObject):
    """The editors' switch: for a time, only house ads, or none, on a site, section, tag or article."""

    site_path = "site"
    audited = ("section_id", "tag_id", "article_id", "action", "reason", "starts_at", "expires_at")

    class Action(models.TextChoices):
        HOUSE = "house", "house ads only"
        NONE = "none", "no ads at all"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="ad_overrides")
    section = models.ForeignKey(Section, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    tag = models.ForeignKey(Tag, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    article = models.ForeignKey(Article, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    action = models.CharField(max_length=5, choices=Action.choices, default=Action.HOUSE)
    reason = models.CharField(max_length=300)
    starts_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(section=None, tag=None)
                | models.Q(section=None, article=None)
                | models.Q(tag=None, article=None),
                name="override_of_one_scope",
                violation_error_message="Choose a section, a tag or an article, or none for the whole site.",
            ),
            models.CheckConstraint(
                condition=models.Q(action__in=["house", "none"]), name="override_action_known"
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("starts_at")),
                name="override_ends_after_start",
                violation_error_message="It ends before it starts.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.article or self.section or self.tag or self.site}"
