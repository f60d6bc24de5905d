"""What readers see, its pictures, and who approved exactly that."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from ads.models.base import AdObject, size_format
from ads.models.demand import LineItem
from ads.targets import https_only, validate_public_target
from articles.models import Site
from newsroom.ids import uuid7

DIGEST_LENGTH = 64  # SHA-256 in hexadecimal.


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
