"""What was decided, what happened to it, and what it cost. Rows are added, never changed.

Each row carries the number of the transaction that wrote it (``txid``): roll-ups take what lies below a
watermark that no running transaction is below, so that nothing can appear there later.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from ads.models import Campaign, Creative, LineItem, Slot
from articles.models import Article, Site
from newsroom.ids import uuid7

REASON_LENGTH = 40


def _written_by() -> models.BigIntegerField[int, int]:
    """The writing transaction's number, from the database."""
    return models.BigIntegerField(db_default=RawSQL("pg_current_xact_id()::text::bigint", ()), editable=False)


class Change(models.Model):
    """Something changed that a choice depends on; written by triggers.

    A row each, since one counter would make all who change ads wait for each other.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["at"], name="changes_by_time")]  # the version; the purge

    def __str__(self) -> str:
        return str(self.pk)


class Snapshot(models.Model):
    """All that could be chosen from at one time, named by its content: for explaining and replay."""

    digest = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField(help_text="JSON, compressed by zlib.")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.digest[:12]


class Circumstance(models.Model):
    """What choices were made on besides a snapshot, named by its content: a page's state, or budgets.

    ``used_on``: the last day (UTC) on which some process chose by it; so decisions that name it are no newer.
    """

    digest = models.CharField(max_length=32, primary_key=True)
    content = models.JSONField()
    used_on = models.DateField()

    def __str__(self) -> str:
        return self.digest[:12]


class AdDecision(models.Model):
    """One choice for one slot of one page view. No foreign keys below: what is sold may go, this stays."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    view = models.UUIDField(help_text="One page view; its slots were filled together.")
    # Each index costs every page view a write: the ones below are all that something asks by.
    site = models.ForeignKey(
        Site, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    article = models.ForeignKey(
        Article, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    slot = models.ForeignKey(
        Slot, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    line_item = models.ForeignKey(
        LineItem,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    creative = models.ForeignKey(
        Creative,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    no_fill_reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    price_model = models.CharField(max_length=4, blank=True)
    price_micros = models.BigIntegerField(default=0, help_text="Of one impression, or of one click.")
    seed = models.BigIntegerField()
    snapshot = models.ForeignKey(
        Snapshot, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    context = models.JSONField(help_text="What the choice was made on, before circumstances were kept apart.")
    page = models.CharField(max_length=32, blank=True, db_default="", help_text="The page's circumstance.")
    held = models.CharField(max_length=32, blank=True, db_default="", help_text="That of the budgets.")
    place = models.PositiveSmallIntegerField(db_default=0, help_text="Among all places of the page view.")
    neighbours = ArrayField(models.UUIDField(), default=list, help_text="Comments beside a slot in a thread.")
    demo = models.BooleanField(default=False)
    txid = _written_by()

    class Meta:
        indexes = [
            models.Index(fields=["site", "at"], name="decisions_by_time"),  # reports
            models.Index(fields=["line_item", "at"], name="decisions_of_line_item"),  # delivery
            models.Index(fields=["article", "at"], name="decisions_on_article"),  # where did this run
            models.Index(fields=["txid"], name="decisions_by_writer"),  # the fold, and what is past it
        ]

    def __str__(self) -> str:
        return f"decision {self.pk}"


class Kind(models.TextChoices):
    IMPRESSION = "impression", "impression"
    VIEWABLE = "viewable", "viewable"
    CLICK = "click", "click"


class AdEvent(models.Model):
    """One thing that counted, once. ``day`` is that of the decision, from its id, never that of arrival."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    day = models.DateField()
    decision = models.ForeignKey(
        AdDecision,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,  # The constraint below begins with it.
        related_name="events",
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    revenue_micros = models.BigIntegerField(default=0)
    lease = models.UUIDField(null=True, editable=False, help_text="The reserve that it was paid from.")
    txid = _written_by()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "kind", "day"], name="ad_event_counts_once"),
            models.CheckConstraint(condition=models.Q(revenue_micros__gte=0), name="ad_event_not_negative"),
        ]
        indexes = [models.Index(fields=["txid"], name="events_by_writer")]  # the fold, and what is past it

    def __str__(self) -> str:
        return f"{self.kind} of {self.decision_id}"


class UncountedEvent(models.Model):
    """One thing that did not count, and why."""

    class Reason(models.TextChoices):
        REPLAY = "replay", "counted already"
        EXPIRED = "expired", "more than two hours after the page was made"
        BOT = "bot", "a robot, or a program that is no browser"
        PREFETCH = "prefetch", "fetched ahead, not looked at"
        STAFF = "staff", "somebody of the house"
        NO_IMPRESSION = "no_impression", "no impression before"
        TOO_FAST = "too_fast", "sooner than anybody could have seen it"
        RATE = "rate", "too many from one network"
        OVER_BUDGET = "over_budget", "the budget was spent"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    decision = models.ForeignKey(
        AdDecision,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,  # It has one below.
        related_name="uncounted",
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    at = models.DateTimeField()
    txid = _written_by()

    class Meta:
        indexes = [
            models.Index(fields=["decision"], name="uncounted_of_decision"),  # one decision's page
            models.Index(fields=["txid"], name="uncounted_by_writer"),  # the fold, and what is past it
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"


class Spend(models.Model):
    """What one limit has spent: ``item:ID``, ``day:ID:2026-11-23`` or ``campaign:ID``.

    Settled is what folded events have cost, reserved what leases hold; together never above the limit.
    """

    key = models.CharField(max_length=80, primary_key=True)
    settled_micros = models.BigIntegerField(default=0)
    reserved_micros = models.BigIntegerField(db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(settled_micros__gte=0), name="spend_not_negative"),
            models.CheckConstraint(condition=models.Q(reserved_micros__gte=0), name="reserve_not_negative"),
        ]

    def __str__(self) -> str:
        return self.key


class Lease(models.Model):
    """Money that one process may spend on one line item's events of one day, until a time.

    An event names its lease and holds the row while it commits; so whoever locks an expired one knows all
    that was spent from it, and the rest goes back.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    line_item_id = models.UUIDField()
    campaign_id = models.UUIDField()
    day = models.DateField(help_text="The decision's day in the site's zone.")
    amount_micros = models.BigIntegerField()
    folded_micros = models.BigIntegerField(db_default=0, help_text="How much of it is settled.")
    until = models.DateTimeField(help_text="By the database's clock.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(folded_micros__gte=0, folded_micros__lte=models.F("amount_micros")),
                name="lease_not_overdrawn",
            )
        ]
        indexes = [
            models.Index(fields=["campaign_id"], name="leases_of_campaign"),  # taking the next one
            models.Index(fields=["line_item_id"], name="leases_of_line_item"),  # a limit that changes
        ]

    def __str__(self) -> str:
        return f"lease {self.pk}"


class Watermark(models.Model):
    """Up to which transaction events stand in the roll-ups and the ledger. One row.

    Decisions before ``forgotten_before`` (rounded down to hours of the site's zone) were deleted by age.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    folded_before = models.BigIntegerField(default=0)
    forgotten_before = models.DateTimeField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_watermark")]

    def __str__(self) -> str:
        return str(self.folded_before)


class Rollup(models.Model):
    """How often one thing happened in one hour of the site's zone, and what it earned.

    Hours are those of the decisions. ``measure``: ``request``, a kind of event, or ``not:`` and the reason
    why something did not count.
    """

    site_id = models.UUIDField()
    hour = models.DateTimeField()
    slot_id = models.UUIDField()
    line_item_id = models.UUIDField(null=True)
    creative_id = models.UUIDField(null=True)
    article_id = models.UUIDField()
    measure = models.CharField(max_length=24)
    number = models.BigIntegerField()
    micros = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(  # and the reports of a site by time
                fields=[
                    "site_id", "hour", "slot_id", "line_item_id", "creative_id", "article_id", "measure",
                ],
                nulls_distinct=False,
                name="one_rollup_per_hour",
            ),
            models.CheckConstraint(
                condition=models.Q(number__gte=0, micros__gte=0), name="rollup_not_negative"
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["line_item_id"], name="rollups_of_line_item")]  # how far it has come

    def __str__(self) -> str:
        return f"{self.measure} in {self.hour:%Y-%m-%d %H:%M}"


class Statement(models.Model):
    """What one campaign booked and got in a closed period. A trigger refuses every change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(help_text="Of this site, without gaps.")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="statements")
    first_on = models.DateField()
    last_on = models.DateField()
    content = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="statement_numbers_are_unique"),
            models.UniqueConstraint(
                fields=["campaign", "first_on", "last_on"], name="statement_once_per_period"
            ),
            models.CheckConstraint(
                condition=models.Q(last_on__gte=models.F("first_on")), name="statement_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"statement {self.number}"


class Credit(models.Model):
    """What an impression earned is given back; it stands on the campaign's next statement.

    One made because of a removed comment is taken back when readers see that comment again: before its
    statement both are left out, after it the next one charges the amount again. Then it may be credited anew.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    decision = models.ForeignKey(
        AdDecision, on_delete=models.DO_NOTHING, db_constraint=False, related_name="credits"
    )
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    amount_micros = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Nobody, where a removed comment beside it was the reason.",
    )
    at = models.DateTimeField(db_default=Now())
    statement = models.ForeignKey(
        Statement, null=True, on_delete=models.PROTECT, related_name="credits", editable=False
    )
    taken_back_at = models.DateTimeField(null=True, editable=False)
    taken_back_on = models.ForeignKey(
        Statement, null=True, on_delete=models.PROTECT, related_name="taken_back", editable=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_micros__gte=0), name="credit_not_negative"),
            models.UniqueConstraint(
                fields=["decision"],
                condition=models.Q(taken_back_at=None),
                name="one_standing_credit_per_decision",
            ),
            models.CheckConstraint(
                condition=models.Q(taken_back_on=None)
                | models.Q(statement__isnull=False, taken_back_at__isnull=False),
                name="credit_charged_again_after_its_statement",
            ),
        ]

    def __str__(self) -> str:
        return f"credit of {self.decision_id}"
