"""The three big switches of an emergency are for editors."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RIGHTS = ("view_emergency", "add_emergency")


def allow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    config = apps.get_app_config("moderation")
    config.models_module = True  # Permissions are otherwise made only after the last migration.
    create_permissions(config, apps=apps, verbosity=0, using=using)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    rights = permissions.filter(content_type__app_label="moderation", codename__in=RIGHTS)
    apps.get_model("auth", "Group").objects.using(using).get(name="editor").permissions.add(*rights)


def take_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    group = apps.get_model("auth", "Group").objects.using(using).get(name="editor")
    group.permissions.remove(*group.permissions.filter(codename__in=RIGHTS))


class Migration(migrations.Migration):
    dependencies = [("moderation", "0007_emergencies")]
    operations = [migrations.RunPython(allow, take_back)]
