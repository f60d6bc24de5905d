"""Links that were mailed before know a mailbox, not an address; they would have ended within the hour."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def end_links(apps: Any, schema_editor: Any) -> None:
    owner = schema_editor.connection.alias  # The runtime role has no rights here before the last migration.
    apps.get_model("rights", "AccessLink").objects.using(owner).all().delete()


class Migration(migrations.Migration):
    dependencies = [("rights", "0002_editors_keep_evidence")]

    operations = [migrations.RunPython(end_links, migrations.RunPython.noop, elidable=True)]
