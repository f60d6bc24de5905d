"""Keys of other people's clients, and what is remembered of their texts: counts and digests, never a text."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from articles.models import Site
from newsroom.ids import uuid7


class PortKey(models.Model):
    """What a client puts into ``?key=``: shown once, stored as a keyed digest."""

    class OnUnscorable(models.TextChoices):
        ERROR = "error", _("answer with an error")
        HOLD_SCORE = "hold_score", _("answer 1.0, so that the client holds the comment")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="port_keys")
    name = models.CharField(max_length=80, help_text=_("Which client uses it."))
    digest = models.BinaryField(unique=True, editable=False)
    quota_per_minute = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Texts; empty for no limit.")
    )
    on_unscorable = models.CharField(
        max_length=10,
        choices=OnUnscorable.choices,
        default=OnUnscorable.ERROR,
        verbose_name=_("when a text cannot be scored"),
        help_text=_("Clients that ignore errors let such a text through: have them answered 1.0."),
    )
    threshold = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        default=Decimal("0.80"),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
        verbose_name=_("your client's threshold"),
        help_text=_("For the numbers here only: no answer depends on it."),
    )
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("key")
        verbose_name_plural = _("keys")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(on_unscorable__in=["error", "hold_score"]), name="port_on_unscorable_known"
            ),
            models.CheckConstraint(
                condition=models.Q(threshold__gte=0) & models.Q(threshold__lte=1),
                name="port_threshold_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PortUsage(models.Model):
    """What one key was used for on one day (UTC), as counts: no text, no address, no time of day.

    ``scores`` counts texts by their toxicity in hundredths; what was held unscored counts in ``held`` alone.
    """

    BINS = 101  # 0.00 to 1.00

    key = models.ForeignKey(PortKey, on_delete=models.CASCADE, related_name="usage")
    on = models.DateField()
    requests = models.PositiveBigIntegerField(default=0)
    texts = models.PositiveBigIntegerField(default=0)
    errors = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0, help_text=_("Over the quota."))
    held = models.PositiveBigIntegerField(
        default=0, help_text=_("Answered 1.0, since they could not be scored.")
    )
    scores = ArrayField(models.PositiveBigIntegerField(), size=BINS)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "on"], name="port_usage_once_a_day")]

    def __str__(self) -> str:
        return f"{self.key} {self.on}"


class SeenText(models.Model):
    """That a text was judged for an Akismet client, or marked by its moderators. None of its words are here.

    ``text``, ``author`` and ``network`` are keyed digests, the first two of one site only; ``bands`` and
    ``signature`` find near copies, as those of a comment's sketch do. ``seen.forget`` deletes rows by age.
    """

    class Mark(models.TextChoices):
        NONE = "", "none"
        SPAM = "spam", "spam"
        HAM = "ham", "no spam"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    key = models.ForeignKey(PortKey, on_delete=models.CASCADE, related_name="seen")
    text = models.BinaryField(help_text="Of author and text together.")
    author = models.BinaryField()
    network = models.BinaryField(null=True)
    bands = ArrayField(models.BigIntegerField(), null=True)
    signature = models.BinaryField(null=True)
    outcome = models.CharField(max_length=10, blank=True, help_text="Empty where it was only marked.")
    mark = models.CharField(max_length=4, choices=Mark.choices, default=Mark.NONE, blank=True)
    at = models.DateTimeField(help_text="When the text was written, as far as its client says.")
    noted_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "text"], name="seen_once"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["", "published", "held", "rejected"]),
                name="seen_outcome_known",
            ),
            models.CheckConstraint(condition=models.Q(mark__in=["", "spam", "ham"]), name="seen_mark_known"),
        ]
        indexes = [
            models.Index(fields=["site", "author"], name="seen_by_author"),  # an author's history
            models.Index(fields=["network", "at"], name="seen_by_network"),  # flood
            GinIndex(fields=["bands"], name="seen_bands"),  # near copies
            models.Index(fields=["noted_at"], name="seen_by_age"),  # what is forgotten
        ]

    def __str__(self) -> str:
        return f"seen text {self.pk}"
