from django.db import migrations


class Migration(migrations.Migration):
    """How the admin calls them; nothing in the database changes."""

    dependencies = [("access", "0002_second_factor")]

    operations = [migrations.AlterModelOptions(name="apitoken", options={"verbose_name": "API token"})]
