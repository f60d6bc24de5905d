"""Circumstances are kept once by their content; decisions lose the indexes that nothing asks by."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ads", "0009_advertisers_read_their_own"),
        ("articles", "0008_pages_elsewhere_show_comments"),
        ("delivery", "0009_credits_are_taken_back"),
    ]

    operations = [
        migrations.CreateModel(
            name="Circumstance",
            fields=[
                ("digest", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("content", models.JSONField()),
                ("used_on", models.DateField()),
            ],
        ),
        migrations.AddField(
            model_name="addecision",
            name="held",
            field=models.CharField(
                blank=True, db_default="", help_text="That of the budgets.", max_length=32
            ),
        ),
        migrations.AddField(
            model_name="addecision",
            name="page",
            field=models.CharField(
                blank=True, db_default="", help_text="The page's circumstance.", max_length=32
            ),
        ),
        migrations.AddField(
            model_name="addecision",
            name="place",
            field=models.PositiveSmallIntegerField(
                db_default=0, help_text="Among all places of the page view."
            ),
        ),
        migrations.AlterField(
            model_name="addecision",
            name="article",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="articles.article",
            ),
        ),
        migrations.AlterField(
            model_name="addecision",
            name="context",
            field=models.JSONField(
                help_text="What the choice was made on, before circumstances were kept apart."
            ),
        ),
        migrations.AlterField(
            model_name="addecision",
            name="creative",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="ads.creative",
            ),
        ),
        migrations.AlterField(
            model_name="addecision",
            name="line_item",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="ads.lineitem",
            ),
        ),
        migrations.AlterField(
            model_name="addecision",
            name="site",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="articles.site",
            ),
        ),
        migrations.AlterField(
            model_name="addecision",
            name="slot",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="ads.slot",
            ),
        ),
        migrations.AlterField(
            model_name="addecision",
            name="snapshot",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="delivery.snapshot",
            ),
        ),
        migrations.AlterField(
            model_name="adevent",
            name="decision",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="delivery.addecision",
            ),
        ),
        migrations.AlterField(
            model_name="uncountedevent",
            name="decision",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="uncounted",
                to="delivery.addecision",
            ),
        ),
    ]
