"""The audit trail: rows written in the deciding transaction, sealed into a keyed chain by the reconciler."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from newsroom.ids import uuid7


class AuditEntry(models.Model):
    """One action. Holds no personal data and no reader's words; triggers refuse all changes but sealing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(db_default=Now())
    actor_kind = models.CharField(max_length=10)  # person, machine, system, commenter, import
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=60)
    reason = models.CharField(max_length=500, blank=True)
    data = models.JSONField(default=dict)
    seq = models.BigIntegerField(null=True, unique=True)
    prev_hash = models.BinaryField(null=True)
    hash = models.BinaryField(null=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_by_object"),  # history of one thing
            models.Index(
                fields=["id"], condition=models.Q(seq=None), name="audit_unsealed"
            ),  # the sealer's queue
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
