import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import newsroom.ids


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0004_ads_txt_is_checked"),
        ("ports", "0002_use_is_counted"),
    ]

    operations = [
        migrations.CreateModel(
            name="SeenText",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=newsroom.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("text", models.BinaryField(help_text="Of author and text together.")),
                ("author", models.BinaryField()),
                ("network", models.BinaryField(null=True)),
                (
                    "bands",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                ("signature", models.BinaryField(null=True)),
                (
                    "outcome",
                    models.CharField(blank=True, help_text="Empty where it was only marked.", max_length=10),
                ),
                (
                    "mark",
                    models.CharField(
                        blank=True,
                        choices=[("", "none"), ("spam", "spam"), ("ham", "no spam")],
                        default="",
                        max_length=4,
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(help_text="When the text was written, as far as its client says."),
                ),
                ("noted_at", models.DateTimeField(auto_now=True)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="seen", to="ports.portkey"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="articles.site"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["site", "author"], name="seen_by_author"),
                    models.Index(fields=["network", "at"], name="seen_by_network"),
                    django.contrib.postgres.indexes.GinIndex(fields=["bands"], name="seen_bands"),
                    models.Index(fields=["noted_at"], name="seen_by_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("site", "text"), name="seen_once"),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "published", "held", "rejected"])),
                        name="seen_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mark__in", ["", "spam", "ham"])), name="seen_mark_known"
                    ),
                ],
            },
        ),
    ]
