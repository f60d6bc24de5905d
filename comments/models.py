"""Comments, their revisions and threads; and, apart from them, all that is private."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from articles.models import Article, Site
from newsroom.ids import uuid7
from newsroom.limits import parse_rates

MAX_DEPTH = 5
NAME_LENGTH = 80
BODY_LENGTH = 5_000


class Thread(models.Model):
    """The comments of one article, counted. Locked first by whatever changes a comment of the article.

    ``version`` rises in every transaction that changes what readers see; a rendered thread is fresh
    while it carries the current version. ``pinned``: ids of top-level comments that stand first, in order.
    """

    article = models.OneToOneField(Article, primary_key=True, on_delete=models.CASCADE, related_name="thread")
    version = models.BigIntegerField(default=0)
    published_count = models.IntegerField(default=0)
    pinned = ArrayField(models.UUIDField(), default=list, db_default=[], blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(published_count__gte=0), name="thread_count_not_negative"
            )
        ]

    def __str__(self) -> str:
        return f"thread of {self.article_id}"


class CommentQuerySet(models.QuerySet["Comment"]):
    def pending(self) -> Self:
        return self.filter(status=Comment.Status.PENDING)

    def published(self) -> Self:
        return self.filter(status=Comment.Status.PUBLISHED)

    def held(self) -> Self:
        return self.filter(status=Comment.Status.HELD)

    def visible(self) -> Self:
        """What threads show: published, or with published replies (then a tombstone)."""
        return self.filter(models.Q(status=Comment.Status.PUBLISHED) | models.Q(reply_count__gt=0))

    def under_readable_articles(self, *, at: datetime) -> Self:
        """Comments of articles that readers may see at this moment."""
        return self.filter(article__in=Article.objects.published(at=at))

    def due(self, *, at: datetime) -> Self:
        """Pending rows whose next attempt has come and that nobody has leased."""
        return self.pending().filter(
            models.Q(lease_until=None) | models.Q(lease_until__lt=at), next_attempt_at__lte=at
        )


class Comment(models.Model):
    """One text by one commenter under one article. No private column; the row is its own outbox.

    Status, revision, round and decision are written by ``comments.services`` alone; the triggers of
    ``moderation`` migration 0002 refuse every other transition, whoever asks.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "pending"
        PUBLISHED = "published", "published"
        HELD = "held", "held"
        REJECTED = "rejected", "rejected"
        REMOVED = "removed", "removed"
        WITHDRAWN = "withdrawn", "withdrawn"
        ERASED = "erased", "erased"

    class HeldBy(models.TextChoices):
        NOBODY = "", "nobody"
        FAILURE = "failure", "failure"
        RULE = "rule", "rule"
        DETECTOR = "detector", "detector"
        REPORT = "report", "report"
        PERSON = "person", "person"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="comments")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    ancestors = ArrayField(
        models.UUIDField(), default=list, help_text="Ids from the root down to the parent."
    )
    depth = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=NAME_LENGTH)
    body = models.TextField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    held_by = models.CharField(max_length=10, choices=HeldBy.choices, default=HeldBy.NOBODY, blank=True)
    revision = models.PositiveIntegerField(default=1)
    round = models.PositiveSmallIntegerField(default=1)
    decision_id = models.UUIDField(
        null=True, blank=True, help_text="The decision that holds now; a key made by moderation."
    )
    reason_code = models.CharField(
        max_length=40, blank=True, help_text="Of the decision that holds now, for the author."
    )
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    reply_count = models.IntegerField(default=0, help_text="Published comments below this one, at any depth.")
    votes = models.IntegerField(default=0)
    by_staff = models.BooleanField(
        default=False, db_default=False, help_text="Sent by somebody signed in as staff; shown as a badge."
    )
    is_pick = models.BooleanField(default=False, db_default=False, help_text="Chosen by an editor.")
    demo = models.BooleanField(default=False, editable=False)

    # The outbox: what is still to be done with this row, by whom, until when.
    attempts = models.PositiveSmallIntegerField(default=0)
    publish_count = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(depth__lte=MAX_DEPTH), name="comment_depth_at_most_5"),
            models.CheckConstraint(
                condition=models.Q(parent=None, depth=0) | models.Q(parent__isnull=False, depth__gte=1),
                name="comment_root_has_no_parent",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "withdrawn", "erased"])
                | models.Q(decision_id__isnull=False),
                name="comment_shown_or_refused_by_a_decision",
            ),
            models.CheckConstraint(
                condition=models.Q(status="held") & ~models.Q(held_by="")
                | ~models.Q(status="held") & models.Q(held_by=""),
                name="comment_held_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=["pending", "published", "held", "rejected", "removed", "withdrawn", "erased"]
                ),
                name="comment_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(status="erased", name="", body="")
                | ~models.Q(status="erased") & ~models.Q(body=""),
                name="comment_erased_is_empty",
            ),
            models.UniqueConstraint(fields=["id", "revision"], name="comment_id_revision"),
        ]
        indexes = [
            # reconciler: what is due; oldest pending
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(status="pending"), name="comment_due"
            ),
            # thread page: roots of an article in order
            models.Index(
                fields=["article", "created_at", "id"], condition=models.Q(depth=0), name="comment_roots"
            ),
            # thread page: the same by recommendations
            models.Index(
                fields=["article", "-votes", "-created_at", "-id"],
                condition=models.Q(depth=0),
                name="comment_top_roots",
            ),
            # thread page: published replies below a root, oldest first: on ancestors[1] (migration 0002)
            # the desk's queues
            models.Index(
                fields=["held_by", "created_at"], condition=models.Q(status="held"), name="comment_held"
            ),
            models.Index(fields=["-created_at"], name="comment_newest"),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk}"


class CommentRevision(models.Model):
    """One text as it was sent; immutable. Findings point into it by offset; erasure deletes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="revisions")
    revision = models.PositiveIntegerField()
    name = models.CharField(max_length=NAME_LENGTH)
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "revision"], name="one_text_per_revision")]

    def __str__(self) -> str:
        return f"revision {self.revision} of {self.comment_id}"


class Mailbox(models.Model):
    """One private address: ciphertext for mail, a keyed hash for lookups."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    address_hash = models.BinaryField(unique=True)
    address_ciphertext = models.BinaryField(null=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    trusted = models.BooleanField(default=False)
    blocked = models.BooleanField(default=False)
    premoderated = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(db_default=Now())
    demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name_plural = "mailboxes"

    def __str__(self) -> str:
        return f"mailbox {self.pk}"


class NetworkKey(models.Model):
    """The key under which one month's networks become pseudonyms; deleted on expiry, and they with it."""

    month = models.DateField(primary_key=True, help_text="Its first day.")
    secret = models.BinaryField()
    expires_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class CommentPrivate(models.Model):
    """Which mailbox and network pseudonym wrote a comment, and how the form was sent."""

    comment = models.OneToOneField(
        Comment, primary_key=True, on_delete=models.PROTECT, related_name="private"
    )
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="comments")
    network = models.BinaryField(null=True)
    network_key = models.ForeignKey(NetworkKey, null=True, on_delete=models.SET_NULL, related_name="+")
    honeypot = models.BooleanField(default=False)
    form_age_s = models.FloatField(null=True, help_text="Seconds from form to sending; none over the API.")
    disposable = models.BooleanField(
        default=False, db_default=False, help_text="Sent with a throw-away address, as it was known then."
    )

    class Meta:
        verbose_name = "private part"
        # flood: one network's recent comments (ids carry their time)
        indexes = [models.Index(fields=["network", "comment"], name="private_by_network_and_id")]

    def __str__(self) -> str:
        return f"private part of {self.comment_id}"


class Vote(models.Model):
    """One reader's recommendation of a comment (or the contrary, where the site lets readers say so).

    A reader is a network on one day: the pseudonym of the next day is another. Deleted when it is of no more
    use; the comment keeps the sum.
    """

    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="+")
    voter = models.BinaryField(help_text="The network's pseudonym of the day.")
    value = models.SmallIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "voter"], name="one_vote_per_reader"),
            models.CheckConstraint(condition=models.Q(value__in=[-1, 1]), name="vote_is_up_or_down"),
        ]
        indexes = [models.Index(fields=["at"], name="vote_by_age")]  # what retention deletes

    def __str__(self) -> str:
        return f"{self.value:+d} for {self.comment_id}"


class Obligations(models.TextChoices):
    """What the law asks of a site that shows what its readers write (Regulation (EU) 2022/2065)."""

    NONE = "none", "none"
    HOSTING = "hosting", "hosting service"
    PLATFORM = "platform", "online platform"


def check_rates(value: str) -> None:
    """Refuse what is neither rates nor ``off``."""
    try:
        parse_rates(value)
    except ValueError:
        raise ValidationError("Write rates such as “10/minute 60/hour”, or “off”.", code="invalid") from None


def _rates(counts: str) -> models.CharField[str, str]:
    return models.CharField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        validators=[check_rates],
        help_text=f"{counts}, such as “10/minute 60/hour”; “off”: no limit. Empty: as NEWSROOM_LIMITS.",
    )


class CommentSettings(models.Model):
    """How one site takes comments. A site without such a row has the defaults."""

    site = models.OneToOneField(
        Site, primary_key=True, on_delete=models.CASCADE, related_name="comment_settings"
    )
    downvotes = models.BooleanField(
        default=False, help_text="Readers may also vote against a comment, not only recommend it."
    )
    reports_hide_after = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="Reports by so many readers hide a comment until a person decides. 0: never.",
    )
    obligations = models.CharField(
        max_length=10,
        choices=Obligations.choices,
        default=Obligations.HOSTING,
        db_default="hosting",
        help_text="Duties under the EU's Digital Services Act. Hosting: whoever shows what others write must "
        "give reasons. Platform: a larger one also names out-of-court settlement. None: neither; no appeals.",
    )
    nudge = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Ask the author of a comment that is held for its tone, once, to reword it.",
    )
    limit_network = _rates("Comments of one network (IPv6)")
    limit_shared_network = _rates("Comments of one IPv4 address, behind which there may be a town")
    limit_address = _rates("Comments of one email address")
    limit_article = _rates("Comments under one article")
    limit_site = _rates("Comments on the whole site")
    limit_vote = _rates("Votes of one network")
    limit_report = _rates("Reports, appeals and requests for links of one network")
    limit_link = _rates("Letters with a link to one email address")
    limit_statement = _rates("Letters with the reasons of a refusal to one email address")
    limit_stub = _rates("Articles made for unknown pages that embed comments, on the whole site")
    api_form_token = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Over the API, too, comments are taken only with a form token: signed, at most a day old, "
        "and held if it is younger than below. Pages and embedded comments bring theirs.",
    )
    form_min_age_s = models.PositiveSmallIntegerField(
        default=2, db_default=2, help_text="A form sent in fewer seconds holds the comment. 0: never."
    )
    wave_commenters = models.PositiveSmallIntegerField(
        default=2,
        db_default=2,
        help_text="Nearly the same text by so many others within 24 hours holds it. 0: never.",
    )
    hold_shorteners = models.BooleanField(
        default=True, db_default=True, help_text="Links by way of a shortener hold the comment."
    )
    hold_threats = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Words that threaten somebody hold the comment, whatever the classifier says.",
    )
    hold_disposable = models.BooleanField(
        default=True, db_default=True, help_text="Throw-away email addresses hold the comment."
    )
    disposable_domains = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="More domains of throw-away addresses, one a line; with a minus before it: is none.",
    )
    spam_wave_after = models.PositiveSmallIntegerField(
        default=20,
        db_default=20,
        help_text="So much that looks like spam in ten minutes, and a quarter of all, makes people read "
        "everything first for a while. 0: never.",
    )
    spam_wave_minutes = models.PositiveSmallIntegerField(
        default=60,
        db_default=60,
        validators=[MinValueValidator(1), MaxValueValidator(10_080)],
        help_text="So long, and again while it goes on.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "comment settings"

    def __str__(self) -> str:
        return f"comments of {self.site}"
