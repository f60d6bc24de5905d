import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rights", "0003_links_asked_for_before_are_asked_for_again")]

    operations = [
        migrations.RemoveField(model_name="accesslink", name="mailbox"),
        migrations.AddField(
            model_name="accesslink",
            name="address_hashes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BinaryField(),
                default=list,
                help_text="Keyed, under each key that may hold.",
                size=None,
            ),
            preserve_default=False,
        ),
    ]
