"""Hourly roll-ups behind a watermark, and leases of budgets. What there is counts as folded already."""

import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

TABLES = ("delivery_addecision", "delivery_adevent", "delivery_uncountedevent")
# 0 for what there is, without writing the table anew; from now on the writing transaction's number.
WRITER = "".join(
    f"ALTER TABLE {table} ADD COLUMN txid bigint NOT NULL DEFAULT 0;"
    f"ALTER TABLE {table} ALTER COLUMN txid SET DEFAULT (pg_current_xact_id()::text::bigint);"
    for table in TABLES
)
NO_WRITER = "".join(f"ALTER TABLE {table} DROP COLUMN txid;" for table in TABLES)
# A limit, a price or an owner that changes ends the leases that were taken under the old one.
LIMITS = """
CREATE FUNCTION ads_limits_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'ads_lineitem' THEN
        UPDATE delivery_lease SET until = '-infinity' WHERE line_item_id = NEW.id;
    ELSE
        UPDATE delivery_lease SET until = '-infinity' WHERE campaign_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ads_limits_changed AFTER UPDATE ON ads_lineitem FOR EACH ROW WHEN (
    (OLD.budget_micros, OLD.daily_cap_micros, OLD.price_model, OLD.price_micros, OLD.campaign_id)
    IS DISTINCT FROM
    (NEW.budget_micros, NEW.daily_cap_micros, NEW.price_model, NEW.price_micros, NEW.campaign_id)
) EXECUTE FUNCTION ads_limits_changed();
CREATE TRIGGER ads_limits_changed AFTER UPDATE ON ads_campaign FOR EACH ROW
    WHEN (OLD.budget_micros IS DISTINCT FROM NEW.budget_micros) EXECUTE FUNCTION ads_limits_changed();
"""
NO_LIMITS = """
DROP TRIGGER ads_limits_changed ON ads_campaign;
DROP TRIGGER ads_limits_changed ON ads_lineitem;
DROP FUNCTION ads_limits_changed();
"""
FOLD = """
INSERT INTO delivery_rollup
    (site_id, hour, slot_id, line_item_id, creative_id, article_id, measure, number, micros)
SELECT one.site_id, date_trunc('hour', one.at, site.time_zone), one.slot_id, one.line_item_id,
    one.creative_id, one.article_id, one.measure, count(*), sum(one.micros)
FROM (
    SELECT d.site_id, d.at, d.slot_id, d.line_item_id, d.creative_id, d.article_id, 'request' AS measure,
        0::bigint AS micros
    FROM delivery_addecision d
    UNION ALL
    SELECT d.site_id, d.at, d.slot_id, d.line_item_id, d.creative_id, d.article_id, e.kind, e.revenue_micros
    FROM delivery_adevent e JOIN delivery_addecision d ON d.id = e.decision_id
    UNION ALL
    SELECT d.site_id, d.at, d.slot_id, d.line_item_id, d.creative_id, d.article_id, 'not:' || u.reason, 0
    FROM delivery_uncountedevent u JOIN delivery_addecision d ON d.id = u.decision_id
) one JOIN articles_site site ON site.id = one.site_id GROUP BY 1, 2, 3, 4, 5, 6, 7;
INSERT INTO delivery_watermark (id, folded_before) VALUES (1, 1);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ads", "0007_line_items_are_targeted"),
        ("articles", "0004_ads_txt_is_checked"),
        ("delivery", "0004_impressions_are_credited_once"),
    ]

    operations = [
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("line_item_id", models.UUIDField()),
                ("campaign_id", models.UUIDField()),
                ("day", models.DateField(help_text="The decision's day in the site's zone.")),
                ("amount_micros", models.BigIntegerField()),
                (
                    "folded_micros",
                    models.BigIntegerField(db_default=0, help_text="How much of it is settled."),
                ),
                ("until", models.DateTimeField(help_text="By the database's clock.")),
            ],
        ),
        migrations.CreateModel(
            name="Rollup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("site_id", models.UUIDField()),
                ("hour", models.DateTimeField()),
                ("slot_id", models.UUIDField()),
                ("line_item_id", models.UUIDField(null=True)),
                ("creative_id", models.UUIDField(null=True)),
                ("article_id", models.UUIDField()),
                ("measure", models.CharField(max_length=24)),
                ("number", models.BigIntegerField()),
                ("micros", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Watermark",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("folded_before", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="adevent",
            name="ad_event_counts_once",
        ),
        migrations.RemoveIndex(
            model_name="adevent",
            name="events_of_decision",
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(WRITER, NO_WRITER)],
            state_operations=[
                migrations.AddField(
                    model_name="addecision",
                    name="txid",
                    field=models.BigIntegerField(
                        db_default=django.db.models.expressions.RawSQL(
                            "pg_current_xact_id()::text::bigint", ()
                        ),
                        editable=False,
                    ),
                ),
                migrations.AddField(
                    model_name="adevent",
                    name="txid",
                    field=models.BigIntegerField(
                        db_default=django.db.models.expressions.RawSQL(
                            "pg_current_xact_id()::text::bigint", ()
                        ),
                        editable=False,
                    ),
                ),
                migrations.AddField(
                    model_name="uncountedevent",
                    name="txid",
                    field=models.BigIntegerField(
                        db_default=django.db.models.expressions.RawSQL(
                            "pg_current_xact_id()::text::bigint", ()
                        ),
                        editable=False,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="adevent",
            name="lease",
            field=models.UUIDField(editable=False, help_text="The reserve that it was paid from.", null=True),
        ),
        migrations.AddField(
            model_name="spend",
            name="reserved_micros",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AlterField(
            model_name="uncountedevent",
            name="reason",
            field=models.CharField(
                choices=[
                    ("replay", "counted already"),
                    ("expired", "more than two hours after the page was made"),
                    ("bot", "a robot, or a program that is no browser"),
                    ("prefetch", "fetched ahead, not looked at"),
                    ("staff", "somebody of the house"),
                    ("no_impression", "no impression before"),
                    ("too_fast", "sooner than anybody could have seen it"),
                    ("rate", "too many from one network"),
                    ("over_budget", "the budget was spent"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="addecision",
            index=models.Index(fields=["txid"], name="decisions_by_writer"),
        ),
        migrations.AddIndex(
            model_name="adevent",
            index=models.Index(fields=["txid"], name="events_by_writer"),
        ),
        migrations.AddIndex(
            model_name="uncountedevent",
            index=models.Index(fields=["txid"], name="uncounted_by_writer"),
        ),
        migrations.AddConstraint(
            model_name="adevent",
            constraint=models.UniqueConstraint(
                fields=("decision", "kind", "day"), name="ad_event_counts_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="spend",
            constraint=models.CheckConstraint(
                condition=models.Q(("reserved_micros__gte", 0)), name="reserve_not_negative"
            ),
        ),
        migrations.AddIndex(
            model_name="lease",
            index=models.Index(fields=["campaign_id"], name="leases_of_campaign"),
        ),
        migrations.AddIndex(
            model_name="lease",
            index=models.Index(fields=["line_item_id"], name="leases_of_line_item"),
        ),
        migrations.AddConstraint(
            model_name="lease",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("folded_micros__gte", 0), ("folded_micros__lte", models.F("amount_micros"))
                ),
                name="lease_not_overdrawn",
            ),
        ),
        migrations.AddIndex(
            model_name="rollup",
            index=models.Index(fields=["line_item_id"], name="rollups_of_line_item"),
        ),
        migrations.AddConstraint(
            model_name="rollup",
            constraint=models.UniqueConstraint(
                fields=("site_id", "hour", "slot_id", "line_item_id", "creative_id", "article_id", "measure"),
                name="one_rollup_per_hour",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="rollup",
            constraint=models.CheckConstraint(
                condition=models.Q(("micros__gte", 0), ("number__gte", 0)), name="rollup_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="watermark",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="one_watermark"),
        ),
        migrations.RunSQL(LIMITS, NO_LIMITS),
        migrations.RunSQL(FOLD, migrations.RunSQL.noop),
    ]
