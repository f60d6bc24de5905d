import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ads", "0009_advertisers_read_their_own"),
        ("delivery", "0008_old_events_are_forgotten"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="credit",
            name="taken_back_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="credit",
            name="taken_back_on",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="taken_back",
                to="delivery.statement",
            ),
        ),
        migrations.AlterField(
            model_name="credit",
            name="decision",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="credits",
                to="delivery.addecision",
            ),
        ),
        migrations.AddConstraint(
            model_name="credit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("taken_back_at", None)),
                fields=("decision",),
                name="one_standing_credit_per_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="credit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("taken_back_on", None),
                    models.Q(("statement__isnull", False), ("taken_back_at__isnull", False)),
                    _connector="OR",
                ),
                name="credit_charged_again_after_its_statement",
            ),
        ),
    ]
