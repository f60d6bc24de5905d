"""Decisions, policies, word lists, classifier versions, and the heartbeats of the parts that decide."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from articles.models import Article, Section, Site
from comments.models import Comment
from newsroom.ids import uuid7


class ReasonCode(models.TextChoices):
    """Why a comment was held, refused or taken down. Only ``spam`` needs no statement of reasons."""

    NONE = "", "none"
    SPAM = "spam", "advertising or spam"
    INSULT = "insult", "insults somebody"
    HATE = "hate", "attacks people for who they are"
    THREAT = "threat", "threatens somebody"
    OBSCENE = "obscene", "obscene language"
    TOXIC = "toxic", "abusive or disrespectful"
    BANNED_WORD = "banned_word", "contains a word that this site does not publish"
    PERSONAL_DATA = "personal_data", "gives away personal data"
    ILLEGAL = "illegal", "illegal content"
    OFF_TOPIC = "off_topic", "off topic"
    OTHER = "other", "another reason"
    # Machine reasons for holding; an author is told only that a person will look.
    SUSPECT_WORD = "suspect_word", "contains a word that a person looks at"
    LINKS = "links", "contains links that a person looks at"
    WAVE = "wave", "nearly the same text came from several people"
    FLOOD = "flood", "many comments from one network"
    HISTORY = "history", "recent comments of this author were refused"
    PREMODERATED = "premoderated", "a person reads every comment here first"
    NEW_AUTHOR = "new_author", "a person reads the first comments of an author"
    BLOCKED_AUTHOR = "blocked_author", "the author is blocked"
    LANGUAGE = "language", "the language is not one that the classifier knows"
    MODEL_UNAVAILABLE = "model_unavailable", "the classifier was not available"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted", "checking failed five times"
    FORM = "form", "the form was filled in like a machine does"
    ADDRESS = "address", "sent with a throw-away email address"
    REPORTED = "reported", "reported by readers"
    UNDONE = "undone", "a decision was undone"
    NOT_REVIEWED = "not_reviewed", "nobody could review it in time"


REJECT_REASONS = (
    ReasonCode.SPAM, ReasonCode.INSULT, ReasonCode.HATE, ReasonCode.THREAT, ReasonCode.OBSCENE,
    ReasonCode.TOXIC, ReasonCode.BANNED_WORD, ReasonCode.PERSONAL_DATA, ReasonCode.ILLEGAL,
    ReasonCode.OFF_TOPIC, ReasonCode.OTHER,
)  # fmt: skip


class ModelVersion(models.Model):
    """One classifier artifact. Travels through PostgreSQL, so that every worker on every machine finds it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the artifact.")
    name = models.CharField(max_length=80)
    manifest = models.JSONField()
    artifact = models.BinaryField()
    is_active = models.BooleanField(default=False)
    activated_at = models.DateTimeField(null=True, blank=True)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_active"], condition=models.Q(is_active=True), name="one_active_model"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.digest[:12]})"


class Policy(models.Model):
    """How findings become an outcome: for a site, overridden for a section or one article.

    Empty values inherit: article, then section, then site, then the classifier's own thresholds.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="policies")
    section = models.ForeignKey(
        Section, null=True, blank=True, on_delete=models.PROTECT, related_name="policies"
    )
    article = models.ForeignKey(
        Article, null=True, blank=True, on_delete=models.PROTECT, related_name="policies"
    )
    thresholds = models.JSONField(
        default=dict,
        blank=True,
        help_text='Per label: {"toxicity": {"hold": 0.5, "reject": 0.95}}. Empty: the classifier\'s own.',
    )
    premoderate = models.BooleanField(null=True, blank=True, help_text="A person reads every comment first.")
    auto_reject = models.BooleanField(
        null=True,
        blank=True,
        help_text="Let the detector reject above its reject threshold. Off (the default): a person decides.",
    )
    max_links = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="More links than this are held."
    )
    flood_limit = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="More comments of one network in ten minutes are held."
    )
    new_authors = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="So many first comments of an author are read first; 0: none."
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(
                fields=["site", "section", "article"], nulls_distinct=False, name="one_policy_per_scope"
            ),
            models.CheckConstraint(
                condition=models.Q(section=None) | models.Q(article=None),
                name="policy_of_one_scope",
                violation_error_message="Choose a section or an article, not both.",
            ),
        ]

    def __str__(self) -> str:
        return f"policy of {self.article or self.section or self.site}"

    def clean(self) -> None:
        from moderation.policy import validate_thresholds

        try:
            validate_thresholds(self.thresholds)
        except ValueError as error:
            raise ValidationError({"thresholds": str(error)}) from error


class Emergency(models.Model):
    """One of three measures for a whole site, for a time. Nothing has to run for it to end."""

    class Kind(models.TextChoices):
        PREMODERATE = "premoderate", "A person reads every comment first"
        CLOSE_COMMENTS = "close_comments", "Comments are closed"
        ADS_OFF = "ads_off", "No ads are shown"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="emergencies")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: it began by itself.",
    )
    started_at = models.DateTimeField()
    until = models.DateTimeField(help_text="When it ends, or was ended.")

    class Meta:
        verbose_name_plural = "emergencies"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["premoderate", "close_comments", "ads_off"]),
                name="emergency_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(until__gte=models.F("started_at")), name="emergency_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=["-until"], name="emergencies_standing")]  # each page of the desk

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.site})"


class WordList(models.Model):
    """Words and phrases of a site or a section, never expressions. Each change raises ``version``."""

    class Kind(models.TextChoices):
        BANNED = "banned", "banned: reject"
        SUSPECT = "suspect", "suspect: hold for a person"
        BLOCKED_DOMAIN = "blocked_domain", "blocked domains: hold for a person"
        TRUSTED_DOMAIN = "trusted_domain", "trusted domains: links there are no reason to hold"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="word_lists")
    section = models.ForeignKey(
        Section, null=True, blank=True, on_delete=models.PROTECT, related_name="word_lists"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    is_literal = models.BooleanField(
        default=False, db_default=False, help_text="As written, in any case. Off: disguises are undone."
    )
    words = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "section", "kind", "is_literal"],
                nulls_distinct=False,
                name="one_list_per_kind_and_scope",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.section or self.site})"

    @property
    def is_of_domains(self) -> bool:
        return self.kind in {self.Kind.BLOCKED_DOMAIN, self.Kind.TRUSTED_DOMAIN}


class Decision(models.Model):
    """What was done with one revision of a comment, by whom, on which findings. Never changed, never deleted.

    Holds no reader's words: findings are codes, numbers and offsets into the revision.
    """

    class ActorKind(models.TextChoices):
        MACHINE = "machine", "machine"
        PERSON = "person", "person"
        SYSTEM = "system", "system"
        IMPORT = "import", "import"

    class Outcome(models.TextChoices):
        PUBLISHED = "published", "publish"
        HELD = "held", "hold"
        REJECTED = "rejected", "reject"
        REMOVED = "removed", "remove"
        PENDING = "pending", "check again"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="decisions")
    revision = models.PositiveIntegerField()
    round = models.PositiveSmallIntegerField()
    actor_kind = models.CharField(max_length=10, choices=ActorKind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    held_by = models.CharField(max_length=10, choices=Comment.HeldBy.choices, blank=True)
    reason_code = models.CharField(max_length=40, choices=ReasonCode.choices, blank=True)
    note = models.CharField(max_length=500, blank=True, help_text="An editor's remark; no personal data.")
    findings = models.JSONField(default=list)
    scores = models.JSONField(default=dict)
    language = models.CharField(max_length=12, blank=True)
    model_version = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    policy = models.JSONField(default=dict, help_text="The resolved policy that was applied, for replay.")
    took_ms = models.FloatField(null=True, blank=True)
    is_bulk = models.BooleanField(default=False, help_text="One of several decided in one step.")
    at = models.DateTimeField(db_default=Now())
    txid = models.BigIntegerField(
        default=0,
        editable=False,
        help_text="Set by a trigger: a decision counts in its own transaction only.",
    )
    demo = models.BooleanField(default=False, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "revision", "round"],
                condition=models.Q(actor_kind="machine"),
                name="one_machine_decision_per_round",
            ),
            models.UniqueConstraint(fields=["id", "comment", "revision"], name="decision_of_one_text"),
            models.CheckConstraint(
                condition=models.Q(actor_kind="person", actor__isnull=False)
                | ~models.Q(actor_kind="person") & models.Q(actor=None),
                name="decision_person_is_named",
            ),
            models.CheckConstraint(
                condition=models.Q(actor_kind__in=["machine", "person", "system", "import"]),
                name="decision_actor_known",
            ),
        ]
        indexes = [
            models.Index(fields=["comment", "at"], name="decisions_of_comment"),
            models.Index(fields=["-at"], name="decisions_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} by {self.actor_kind}"


class ThreadState(models.Model):
    """How heated an article's conversation is, for what may stand beside it. Kept by ``moderation.heat``."""

    class State(models.TextChoices):
        CALM = "calm", "calm"
        HEATED = "heated", "heated"
        UNSAFE = "unsafe", "unsafe"

    article = models.OneToOneField(Article, primary_key=True, on_delete=models.CASCADE, related_name="heat")
    state = models.CharField(max_length=6, choices=State.choices, default=State.CALM)
    heat = models.FloatField(default=0.0, help_text="The running share of refused texts, from 0 to 1.")
    since = models.DateTimeField(db_default=Now(), help_text="When this state began.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["calm", "heated", "unsafe"]), name="thread_state_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} thread of {self.article_id}"


class Sketch(models.Model):
    """MinHash of one text, to find near-copies of the last 24 hours. Deleted when it is older."""

    comment = models.OneToOneField(Comment, primary_key=True, on_delete=models.CASCADE, related_name="sketch")
    bands = ArrayField(models.BigIntegerField())
    signature = models.BinaryField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["at"], name="sketch_by_age")]  # bands: GIN index in migration 0002

    def __str__(self) -> str:
        return f"sketch of {self.comment_id}"


class Heartbeat(models.Model):
    """When a part last showed that it works: ``worker`` (a canary through the broker), ``reconciler``."""

    part = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField(db_default=Now())
    detail = models.CharField(max_length=200, blank=True)
    data: models.JSONField[Any, Any] = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.part
