from typing import Any

from django.db import migrations
from django.db.models import F


def note_told(apps: Any, schema_editor: Any) -> None:
    """Until now every letter was written when its incident began."""
    owner = schema_editor.connection.alias  # The runtime role has no rights here before the last migration.
    apps.get_model("desk", "Incident").objects.using(owner).filter(told_at=None).update(told_at=F("began_at"))


class Migration(migrations.Migration):
    dependencies = [("desk", "0004_alarms_wait_for_the_desk")]

    operations = [migrations.RunPython(note_told, migrations.RunPython.noop)]
