"""Who looks at which comment, who asks a colleague, and how each moderator likes to work."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Now

from articles.models import Section
from comments.models import Comment
from newsroom.ids import uuid7


class Claim(models.Model):
    """One moderator has this comment in hand until ``until``. Then it is free, whatever became of them."""

    comment = models.OneToOneField(Comment, primary_key=True, on_delete=models.CASCADE, related_name="claim")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.comment_id} until {self.until:%H:%M:%S}"


class Escalation(models.Model):
    """A moderator's question to a colleague about one text. Closed by the next decision about the comment."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="escalations")
    revision = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500)
    at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comment"], condition=models.Q(closed_at=None), name="one_open_escalation"
            )
        ]

    def __str__(self) -> str:
        return f"escalation of {self.comment_id}"


class Moderator(models.Model):
    """How one person works at the desk, for which sections, and when they were last here."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="moderator"
    )
    blur = models.BooleanField(default=True, help_text="Blur harsh texts until they are asked for.")
    sections = models.ManyToManyField(
        Section, blank=True, related_name="+", help_text="Only comments of these sections; empty: all."
    )
    mail_hour = models.PositiveSmallIntegerField(
        "summary by mail at",
        null=True,
        blank=True,
        validators=[MaxValueValidator(23)],
        help_text="Hour of the day, 0 to 23, by the default title's clock; empty: none.",
    )
    mailed_on = models.DateField(null=True, editable=False)
    active_at = models.DateTimeField(db_default=Now(), editable=False)
    left_at = models.DateTimeField(
        null=True, editable=False, help_text="The end of the visit before this one."
    )

    def __str__(self) -> str:
        return f"{self.user}"


class Incident(models.Model):
    """Something waited longer than its limit: told once, and once more when it was over."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, help_text="pending, or the key of a queue.")
    urgency = models.CharField(max_length=10)
    began_at = models.DateTimeField()
    told_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When its letters were written; empty: they wait for the desk to open.",
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(ended_at=None), name="one_open_incident_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} since {self.began_at:%d %b %H:%M}"
