from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ads", "0007_line_items_are_targeted")]
    operations = [
        migrations.AddField(
            model_name="lineitem",
            name="per_page",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Most places that it fills on one page; empty: each of its ads once.",
                null=True,
                verbose_name="times on one page",
            ),
        ),
        migrations.AddField(
            model_name="lineitem",
            name="roadblock",
            field=models.BooleanField(
                default=False, help_text="It fills all its slots of a page together, or none of them."
            ),
        ),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("per_page", None), ("per_page__gte", 1), _connector="OR"),
                name="line_item_per_page_positive",
            ),
        ),
    ]
