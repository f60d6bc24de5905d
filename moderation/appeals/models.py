"""A commenter's objection to a decision, and who answers it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from comments.models import Comment
from moderation.models import Decision
from newsroom.ids import uuid7

TEXT_LENGTH = 2_000
ANSWER_LENGTH = 1_000


class Appeal(models.Model):
    """One objection to one decision; there is no second one. The commenter's words go with retention."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        UPHELD = "upheld", "the decision stands"
        REVERSED = "reversed", "reversed: published"
        MOOT = "moot", "the comment went otherwise"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="appeals")
    contested = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="appeal")
    text = models.TextField(blank=True, max_length=TEXT_LENGTH)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answer = models.TextField(blank=True, max_length=ANSWER_LENGTH, help_text="Told to the commenter.")
    made_id = models.UUIDField(null=True, blank=True, help_text="The decision that published the comment.")
    by_same_person = models.BooleanField(default=False, help_text="Nobody else was there to decide.")
    by_outsider = models.BooleanField(default=False, help_text="A named outside reviewer decided.")
    # The outside reviewer: an account that cannot sign in, and the one-time link that they were sent.
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    link_digest = models.BinaryField(null=True, editable=False)
    link_expires_at = models.DateTimeField(null=True, blank=True)
    demo = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="open", decided_at=None)
                | ~models.Q(state="open") & models.Q(decided_at__isnull=False),
                name="appeal_decided_at_some_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "upheld", "reversed", "moot"]),
                name="appeal_state_known",
            ),
        ]
        indexes = [
            # the desk's queue
            models.Index(fields=["at"], condition=models.Q(state="open"), name="appeal_open"),
            models.Index(fields=["link_digest"], name="appeal_by_link"),  # the outside reviewer's page
        ]

    def __str__(self) -> str:
        return f"appeal about {self.comment_id}"
