"""Inventory: the slots, and the editors' switch over all of them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from ads.models.base import FLUID, AdObject, size_format
from articles.models import Article, Section, Site, Tag
from newsroom.ids import uuid7


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
