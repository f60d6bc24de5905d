"""What readers report about comments. Who reported is never part of what anybody but the desk sees."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from comments.models import Comment
from newsroom.ids import uuid7

DETAIL_LENGTH = 2_000


class Report(models.Model):
    """One reader's notice about one comment. ``illegal`` ones follow Art. 16 of Regulation (EU) 2022/2065.

    The reporter is a network's pseudonym of one day, emptied after it; name and address, where given, are one
    ciphertext that goes some time after the report is settled.
    """

    class Reason(models.TextChoices):
        SPAM = "spam", "advertising or spam"
        ABUSE = "abuse", "abuse or insults"
        HATE = "hate", "hate against people for who they are"
        THREAT = "threat", "a threat"
        PERSONAL_DATA = "personal_data", "somebody's personal data"
        ILLEGAL = "illegal", "illegal content"
        OFF_TOPIC = "off_topic", "not about the article"
        OTHER = "other", "something else"

    class State(models.TextChoices):
        OPEN = "open", "open"
        UPHELD = "upheld", "upheld"
        DISMISSED = "dismissed", "dismissed"
        MOOT = "moot", "the comment went otherwise"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="reports")
    revision = models.PositiveIntegerField(help_text="The text that was reported.")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    detail = models.TextField(blank=True, max_length=DETAIL_LENGTH)
    reporter = models.BinaryField(null=True, editable=False)
    contact = models.BinaryField(null=True, editable=False, help_text="Name and address, encrypted.")
    address_hash = models.BinaryField(null=True, editable=False)
    in_good_faith = models.BooleanField(
        default=False, help_text="Stated that the notice is true and complete."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_why = models.CharField(max_length=500, blank=True, help_text="Told to who reported.")
    decision_id = models.UUIDField(
        null=True, blank=True, help_text="The decision that settled it, if one did."
    )
    demo = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "reporter"], name="one_report_per_reader"),
            models.CheckConstraint(
                condition=models.Q(state="open", settled_at=None)
                | ~models.Q(state="open") & models.Q(settled_at__isnull=False),
                name="report_settled_at_some_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "upheld", "dismissed", "moot"]),
                name="report_state_known",
            ),
        ]
        indexes = [
            # the desk's queue; the thread's ads
            models.Index(fields=["comment"], condition=models.Q(state="open"), name="report_open"),
            models.Index(fields=["at"], name="report_by_age"),  # retention
            models.Index(fields=["address_hash"], name="report_by_address"),  # erasure, export
        ]

    def __str__(self) -> str:
        return f"{self.reason} about {self.comment_id}"
