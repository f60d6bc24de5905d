"""Mail that is to be sent: rows written with the change of state that they tell of."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from newsroom.ids import uuid7


class Letter(models.Model):
    """One mail. Whom it goes to and what it says is one ciphertext, which goes as soon as it is settled.

    After that the row holds no word about anybody: it stays for a while so that its key is not used twice.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        SENT = "sent", "sent"
        GIVEN_UP = "given_up", "given up"
        CANCELLED = "cancelled", "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=40, help_text="Names its template: mail/<kind>.txt.")
    key_digest = models.BinaryField(unique=True, editable=False)
    content = models.BinaryField(null=True, editable=False)
    address_hash = models.BinaryField(null=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=80, blank=True, help_text="A kind of error; never its words.")
    not_before = models.DateTimeField(db_default=Now())
    next_attempt_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Later it would be of no use.")
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="waiting", content__isnull=False, settled_at=None)
                | ~models.Q(state="waiting")
                & models.Q(content=None, address_hash=None, settled_at__isnull=False),
                name="letter_settled_is_empty",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "sent", "given_up", "cancelled"]),
                name="letter_state_known",
            ),
        ]
        indexes = [
            # the sender: what is due; the metrics: what waits
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="waiting"), name="letter_due"),
            # erasure: what waits for one address
            models.Index(
                fields=["address_hash"], condition=models.Q(state="waiting"), name="letter_by_address"
            ),
            # retention: settled rows by age
            models.Index(fields=["settled_at"], name="letter_settled"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
