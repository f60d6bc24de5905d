from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comments", "0004_reports_may_hide")]

    operations = [
        migrations.AddField(
            model_name="commentsettings",
            name="nudge",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Ask the author of a comment that is held for its tone, once, to reword it.",
            ),
        )
    ]
