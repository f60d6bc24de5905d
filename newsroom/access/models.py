"""Who may call the API, and what was already answered."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from newsroom.ids import uuid7


class Scope(models.TextChoices):
    """What a token may do, at most what its user's roles allow."""

    ADS_WRITE = "ads:write", "configure slots and campaigns"
    ADS_READ = "ads:read", "read slots and campaigns"
    ARTICLES_WRITE = "articles:write", "create and update articles"


class ApiToken(models.Model):
    """A bearer token: shown once, stored as a keyed digest."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.BinaryField(unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope.choices))
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name

    def is_live(self, *, at: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class IdempotencyKey(models.Model):
    """One answered creation: its key's digest, its body's fingerprint, and the answer. Kept for 24 h."""

    scope = models.CharField(max_length=120)
    digest = models.BinaryField()
    fingerprint = models.BinaryField()
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "digest"], name="one_answer_per_key")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_by_age")]  # the nightly purge

    def __str__(self) -> str:
        return f"{self.scope} {self.pk}"


class SecondFactor(models.Model):
    """The authenticator app of a staff account, once it has shown a code. Its secret is stored encrypted."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="second_factor"
    )
    secret = models.BinaryField(editable=False)
    last_step = models.BigIntegerField(editable=False, help_text="A code works once: later steps only.")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        permissions = [("reset_secondfactor", "Can reset the second factor of others")]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"second factor of {self.user}"


class RecoveryCode(models.Model):
    """One way in without the app, once. Stored as a keyed digest."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.BinaryField(unique=True, editable=False)
    used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"recovery code of {self.user_id}"
