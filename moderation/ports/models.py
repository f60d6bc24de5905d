"""Keys of other people's clients. What they send is scored and forgotten: there is no row for a text."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
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
