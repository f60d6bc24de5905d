from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comments", "0007_limits_of_letters_and_form_tokens")]

    operations = [
        migrations.AddField(
            model_name="commentsettings",
            name="hold_threats",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Words that threaten somebody hold the comment, whatever the classifier says.",
            ),
        ),
    ]
