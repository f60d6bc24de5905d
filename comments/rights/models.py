"""What commenters have chosen, the links they were sent, what must be kept, and what retention did."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from comments.models import Comment, Mailbox
from newsroom.ids import uuid7


class Preference(models.Model):
    """What the owner of a mailbox has chosen. A row means that they were asked once whether it is theirs."""

    mailbox = models.OneToOneField(
        Mailbox, primary_key=True, on_delete=models.CASCADE, related_name="preference"
    )
    notify_replies = models.BooleanField(default=False)
    last_notice_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"choices of {self.mailbox_id}"


class ReplyNotice(models.Model):
    """A published reply of which the author of the comment above is still to hear."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+")
    reply = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "reply"], name="one_notice_per_reply")]

    def __str__(self) -> str:
        return f"notice of {self.reply_id}"


class AccessLink(models.Model):
    """A link to "My comments" that was asked for: opens once, until it expires. Of unknown addresses, too.

    Whether the address is known is looked up when it is opened: who asks for one cannot tell by anything.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.BinaryField(unique=True)
    address_hashes = ArrayField(models.BinaryField(), help_text="Keyed, under each key that may hold.")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link {self.pk}"


class LegalHold(models.Model):
    """Something that must be kept as evidence: suspends erasure and retention of it until it ends."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    comment = models.ForeignKey(
        Comment, null=True, blank=True, on_delete=models.PROTECT, related_name="legal_holds"
    )
    mailbox = models.ForeignKey(
        Mailbox,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="legal_holds",
        help_text="All comments of one author.",
    )
    reason = models.CharField(max_length=300, help_text="Such as a file number; no personal data.")
    expires_on = models.DateField(help_text="The first day on which it no longer holds.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(comment=None, mailbox__isnull=False)
                | models.Q(comment__isnull=False, mailbox=None),
                name="hold_of_one_thing",
                violation_error_message="Choose a comment or an author, not both.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reason} until {self.expires_on}"


class ErasureWanted(models.Model):
    """An erasure that a legal hold has put off: done by the night after it ends."""

    mailbox = models.OneToOneField(Mailbox, primary_key=True, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"erasure of {self.mailbox_id}"


class KeptText(models.Model):
    """The text of rejected spam, without its author, place or comment: for training only."""

    body = models.TextField()
    label = models.CharField(max_length=20)
    at = models.DateTimeField(help_text="When it was decided.")
    moderator = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text="Who read it and said so, if a person did.",
    )

    class Meta:
        indexes = [models.Index(fields=["at"], name="kept_text_by_age")]  # retention

    def __str__(self) -> str:
        return f"{self.label} {self.pk}"


class RetentionRun(models.Model):
    """What one night's retention did about one kind of data."""

    kind = models.CharField(max_length=20)
    days = models.PositiveIntegerField(help_text="Kept for so long.")
    rows = models.PositiveIntegerField(help_text="So many were deleted or emptied.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["kind", "-at"], name="retention_newest")]  # the admin's page

    def __str__(self) -> str:
        return f"{self.kind}: {self.rows}"
