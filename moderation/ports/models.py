"""Keys of other people's clients. What they send is scored and forgotten: there is no row for a text."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now

from articles.models import Site
from newsroom.ids import uuid7


class PortKey(models.Model):
    """What a client puts into ``?key=``: shown once, stored as a keyed digest."""

    class OnUnscorable(models.TextChoices):
        ERROR = "error", "answer with an error"
        HOLD_SCORE = "hold_score", "answer 1.0, so that the client holds the comment"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="port_keys")
    name = models.CharField(max_length=80)
    digest = models.BinaryField(unique=True, editable=False)
    quota_per_minute = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Calls; empty for no limit."
    )
    on_unscorable = models.CharField(max_length=10, choices=OnUnscorable.choices, default=OnUnscorable.ERROR)
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(on_unscorable__in=["error", "hold_score"]), name="port_on_unscorable_known"
            )
        ]

    def __str__(self) -> str:
        return self.name
