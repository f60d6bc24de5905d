"""Links that were mailed before know a mailbox, not an address; they would have ended within the hour."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def end_links(apps: Any, schema_editor: Any) -> None:
    apps.get_model("rights", "AccessLink").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("rights", "0002_editors_keep_evidence")]

    operations = [migrations.RunPython(end_links, migrations.RunPython.noop, elidable=True)]
