"""How much a network has sent lately is read from one index, however much it sent before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comments", "0008_threats_are_held")]

    operations = [
        migrations.AddIndex(
            model_name="commentprivate",
            index=models.Index(fields=["network", "comment"], name="private_by_network_and_id"),
        ),
        migrations.RemoveIndex(model_name="commentprivate", name="private_by_network"),
    ]
