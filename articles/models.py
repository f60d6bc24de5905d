"""Sites, sections, tags, articles, and how sensitive their topics are."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Self
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from PIL import Image, UnidentifiedImageError

from articles.origins import validate_origins
from articles.signals import site_checked
from newsroom.ids import uuid7

PICTURE_FORMATS = {"JPEG", "PNG", "WEBP"}
MOST_PIXELS = 40_000_000
ADS_TXT_VARIABLE = re.compile(
    r"(CONTACT|SUBDOMAIN|INVENTORYPARTNERDOMAIN|OWNERDOMAIN|MANAGERDOMAIN)=\S.*\Z", re.IGNORECASE
)


def validate_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError("This is no IANA time zone, such as Europe/London.", code="invalid")


def validate_picture(value: File[bytes]) -> None:
    """Rasters that every browser shows and none runs, of a size that a page can carry."""
    try:
        with Image.open(value) as picture:
            kind, (width, height) = picture.format, picture.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ValidationError("This is no picture that can be read.", code="invalid_image") from error
    finally:
        value.seek(0)
    if kind not in PICTURE_FORMATS:
        raise ValidationError("Use a JPEG, PNG or WebP picture.", code="invalid_image")
    if width * height > MOST_PIXELS:
        raise ValidationError(f"Use at most {MOST_PIXELS // 10**6} megapixels.", code="too_large")


def validate_ads_txt(value: str) -> None:
    """Lines as IAB Tech Lab's ads.txt 1.1 has them: records of three or four fields, variables, comments."""
    for number, line in enumerate(value.splitlines(), start=1):
        said = line.partition("#")[0].strip()
        fields = [part.strip() for part in said.split(",")]
        is_record = len(fields) in {3, 4} and all(fields) and fields[2].upper() in {"DIRECT", "RESELLER"}
        if said and not is_record and not ADS_TXT_VARIABLE.match(said):
            raise ValidationError(
                f"Line {number}: write “exchange.example, account, DIRECT” or “CONTACT=ads@example.org”.",
                code="invalid",
            )


class Site(models.Model):
    """One title. Found by ``?site=`` (embeds), else by Host, else the default one."""

    class FourEyes(models.TextChoices):
        """Who lets an ad run: a small paper has one person for everything."""

        REQUIRED = "required", "an editor who did not make it"
        ALONE_WITH_REASON = "alone_with_reason", "an editor, or its maker with a reason"

    class OutsideHours(models.TextChoices):
        """What changes while nobody is at the desk."""

        SAME = "", "nothing changes"
        TIGHTEN = "tighten", "the machine holds from half the score"
        CLOSE = "close", "comments are closed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=40, unique=True, help_text="Short name for ?site= and commands.")
    name = models.CharField(max_length=120)
    tagline = models.CharField(max_length=200, blank=True)
    domain = models.CharField(
        max_length=253, unique=True, help_text="Host name without scheme, such as news.example.org."
    )
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_time_zone])
    currency = models.CharField(
        max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters.")]
    )
    language = models.CharField(max_length=12, default="en")
    ad_label = models.CharField(
        max_length=40, default="Ads", help_text="The network's name over an ad block, beside the disclosure."
    )
    disclosure = models.CharField(
        max_length=60, default="Advertisement", help_text="The words that mark an ad as one."
    )
    four_eyes = models.CharField(
        "ads are approved by", max_length=20, choices=FourEyes.choices, default=FourEyes.REQUIRED
    )
    political_ads = models.BooleanField(default=False, help_text="Off: political ads are refused.")
    political_notice = models.CharField(
        max_length=200,
        blank=True,
        help_text="Shown beside a political ad: what the law asks readers to be told.",
    )
    ads_txt = models.TextField(
        "ads.txt",
        blank=True,
        validators=[validate_ads_txt],
        help_text="Served at /ads.txt: who may sell this title's space. IAB ads.txt 1.1.",
    )
    is_default = models.BooleanField(default=False)
    comments_open = models.BooleanField(
        default=True, help_text="Off closes comments on every article of this site."
    )
    comments_closed_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Closed for now; set by an emergency on the desk."
    )
    close_after_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="Comments close so many days after publication; 0: never. Set by a policy.",
    )
    desk_hours: models.JSONField[Any, Any] = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        editable=False,
        help_text="When somebody is at the desk, by weekday; see articles.hours. Empty: always.",
    )
    outside_desk_hours = models.CharField(
        max_length=8,
        choices=OutsideHours.choices,
        default=OutsideHours.SAME,
        db_default="",
        blank=True,
        editable=False,
    )
    embed_origins = models.TextField(
        blank=True,
        default="",
        db_default="",
        validators=[validate_origins],
        help_text="Other sites whose pages may show these comments, one origin a line: https://news.example.org",
    )
    demo = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="one_default_site"
            ),
            models.CheckConstraint(
                condition=models.Q(political_ads=False) | ~models.Q(political_notice=""),
                name="site_political_ads_have_a_notice",
                violation_error_message="Write the notice that readers see beside political ads.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        site_checked.send(type(self), site=self)


class Topic(models.TextChoices):
    """Sensitive topics. Source: IAB Tech Lab Content Taxonomy 3.x, sensitive topics (brand safety floor)."""

    WAR = "war", "war and conflict"
    TERRORISM = "terrorism", "terrorism"
    CRIME = "crime", "crime and harm to people"
    DEATH = "death", "death and injury"
    DISASTER = "disaster", "disasters and accidents"
    ADULT = "adult", "adult content"
    DRUGS = "drugs", "drugs, tobacco, alcohol"
    HATE = "hate", "hate and discrimination"
    OBSCENITY = "obscenity", "obscenity and profanity"
    PIRACY = "piracy", "piracy"
    POLITICS = "politics", "debated social issues and politics"
    HEALTH = "health", "illness and health scares"


class Risk(models.TextChoices):
    LOW = "low", "low"
    MEDIUM = "medium", "medium"
    HIGH = "high", "high"
    NO_ADS = "no_ads", "no ads"


class Section(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="sections")
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order in the menu.")
    default_topic = models.CharField(max_length=20, choices=Topic.choices, blank=True)
    default_risk = models.CharField(max_length=10, choices=Risk.choices, blank=True)
    comments_open = models.BooleanField(default=True)
    close_after_days = models.PositiveSmallIntegerField(
        null=True, blank=True, editable=False, help_text="Overrides the site's; set by a policy."
    )

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["site", "slug"], name="section_slug_per_site"),
            models.CheckConstraint(
                condition=models.Q(default_topic="", default_risk="")
                | (~models.Q(default_topic="") & ~models.Q(default_risk="")),
                name="section_default_has_topic_and_risk",
                violation_error_message="Give both the default topic and its risk, or neither.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="tags")
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="tag_slug_per_site")]

    def __str__(self) -> str:
        return self.name


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self, *, at: datetime) -> Self:
        """What readers may see at this moment: published, and scheduled whose time has come."""
        return self.filter(
            status__in=[Article.Status.PUBLISHED, Article.Status.SCHEDULED, Article.Status.ARCHIVED],
            published_at__lte=at,
        )

    def newest_first(self) -> Self:
        return self.order_by("-published_at", "-id")


class Article(models.Model):
    """One article. ``archived`` ones stay readable, marked *From the archive*."""

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        SCHEDULED = "scheduled", "scheduled"
        PUBLISHED = "published", "published"
        ARCHIVED = "archived", "archived"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="articles")
    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="articles")
    tags = models.ManyToManyField(Tag, blank=True, related_name="articles")
    headline = models.CharField(max_length=200)
    standfirst = models.CharField(max_length=500, blank=True)
    body = models.TextField(
        blank=True, help_text="Plain text; an empty line starts a new paragraph, ## a heading."
    )
    byline = models.CharField(max_length=120, blank=True)
    slug = models.SlugField(max_length=120)
    canonical_url = models.URLField(max_length=500, blank=True)
    external_id = models.CharField(
        max_length=120, blank=True, help_text="The id in the content management system."
    )
    image = models.ImageField(upload_to="articles/", blank=True, validators=[validate_picture])
    image_alt = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)
    comments_close_at = models.DateTimeField(null=True, blank=True)
    comments_open = models.BooleanField(default=True)
    close_after_days = models.PositiveSmallIntegerField(
        null=True, blank=True, editable=False, help_text="Overrides the section's; set by a policy."
    )
    is_stub = models.BooleanField(
        "not filled yet",
        default=False,
        db_default=False,
        help_text="Made for a page that shows comments, before the content management system sent it: on no "
        "list, comments are read by a person first, house ads only.",
    )
    updated_at = models.DateTimeField(auto_now=True)
    demo = models.BooleanField(default=False, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "slug"], name="article_slug_per_site"),
            models.UniqueConstraint(
                fields=["site", "external_id"],
                condition=~models.Q(external_id=""),
                name="article_external_id_per_site",
            ),
            models.UniqueConstraint(
                fields=["site", "canonical_url"],
                condition=models.Q(is_stub=True),
                name="one_stub_per_address",
            ),
            models.CheckConstraint(
                condition=models.Q(status="draft") | models.Q(published_at__isnull=False),
                name="article_out_of_draft_has_a_date",
                violation_error_message="Give a publication date and time before leaving draft.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["site", "-published_at", "-id"], name="article_newest"
            ),  # front page and list
            models.Index(fields=["section", "-published_at"], name="article_newest_in_section"),
            # embeds: the article of a page elsewhere
            models.Index(
                fields=["site", "canonical_url"],
                condition=~models.Q(canonical_url=""),
                name="article_by_address",
            ),
        ]

    def __str__(self) -> str:
        return self.headline

    def get_absolute_url(self) -> str:
        return f"/articles/{self.slug}/"

    def is_readable(self, *, at: datetime) -> bool:
        """Whether readers may see it at ``at``; the same condition as ``ArticleQuerySet.published``."""
        return self.status != self.Status.DRAFT and self.published_at is not None and self.published_at <= at

    @property
    def is_from_archive(self) -> bool:
        return self.status == self.Status.ARCHIVED


class Sensitivity(models.Model):
    """How risky one topic of an article is, by whom, since when. The latest row holds; history stays."""

    class Source(models.TextChoices):
        EDITOR = "editor", "set by an editor"
        PROPOSED = "proposed", "proposed by the machine"
        CMS = "cms", "sent by the content management system"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="sensitivities")
    topic = models.CharField(max_length=20, choices=Topic.choices)
    risk = models.CharField(max_length=10, choices=Risk.choices)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.EDITOR)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "sensitivities"
        ordering = ["-at"]
        indexes = [models.Index(fields=["article", "topic", "-at"], name="sensitivity_latest")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.risk}"
