"""What happens to classifier versions: events, the shadow candidate, gates, samples, training runs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from comments.models import Comment
from moderation.models import Decision, ModelVersion, ReasonCode
from newsroom.ids import uuid7


class ModelEvent(models.Model):
    """One step in the life of a version. Triggers refuse every change and deletion."""

    class Action(models.TextChoices):
        REGISTERED = "registered", "registered"
        SHADOW_STARTED = "shadow_started", "put in shadow"
        SHADOW_STOPPED = "shadow_stopped", "taken out of shadow"
        PROMOTED = "promoted", "promoted"
        ROLLED_BACK = "rolled_back", "rolled back to"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="events")
    action = models.CharField(max_length=20, choices=Action.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["-at"], name="model_events_newest")]  # the classifier page

    def __str__(self) -> str:
        return f"{self.action} {self.version_id}"


class Shadow(models.Model):
    """The candidate that scores live comments without effect. The key admits one row."""

    slot = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.OneToOneField(ModelVersion, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=Now())
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(slot=1), name="one_shadow")]

    def __str__(self) -> str:
        return f"{self.version_id} in shadow"


class ShadowScore(models.Model):
    """What the candidate would have done with one text, beside what was done. Holds no reader's words."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField()
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    scores = models.JSONField()
    outcome = models.CharField(max_length=10, choices=Decision.Outcome.choices)
    active_outcome = models.CharField(max_length=10, choices=Decision.Outcome.choices)
    active_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    demo = models.BooleanField(default=False, editable=False)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "revision", "version"], name="one_shadow_score_per_text"
            )
        ]
        # the comparison of one candidate, newest disagreements first
        indexes = [models.Index(fields=["version", "-at"], name="shadow_scores_of_version")]

    def __str__(self) -> str:
        return f"{self.outcome} instead of {self.active_outcome}"


class GateReport(models.Model):
    """A candidate compared with one other version, row by row. Promotion rests on the newest one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="gate_reports")
    against = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    results = models.JSONField()
    curves = models.JSONField(default=list, help_text="Recall and load by hold threshold, on each set.")
    passed = models.BooleanField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.version_id}: {'passed' if self.passed else 'failed'}"


class AuditSample(models.Model):
    """A machine's decision drawn for a person to judge again, without being told what the machine did."""

    class Verdict(models.TextChoices):
        OK = "ok", "belongs on the site"
        VIOLATION = "violation", "breaks the rules"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="audit_sample")
    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField()
    machine_outcome = models.CharField(max_length=10, choices=Decision.Outcome.choices)
    share = models.FloatField(help_text="The share of decisions that was drawn when this one was.")
    drawn_at = models.DateTimeField(db_default=Now())
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    reason_code = models.CharField(max_length=40, choices=ReasonCode.choices, blank=True)
    demo = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verdict="", reviewer=None, reviewed_at=None)
                | models.Q(
                    verdict__in=["ok", "violation"], reviewer__isnull=False, reviewed_at__isnull=False
                ),
                name="audit_sample_verdict_has_a_reviewer",
            )
        ]
        # the review queue, oldest first
        indexes = [
            models.Index(fields=["drawn_at"], condition=models.Q(verdict=""), name="audit_samples_waiting")
        ]

    def __str__(self) -> str:
        return f"sample of {self.comment_id}"


class TrainingRun(models.Model):
    """One training, from its start to the candidate it registered or the error it ended with."""

    class Status(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    progress = models.TextField(blank=True, help_text="The newest lines of what it said.")
    seed = models.BigIntegerField()
    version = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=models.Q(status="running"), name="one_training_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"training of {self.started_at:%Y-%m-%d}: {self.status}"
