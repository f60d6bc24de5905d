"""Editors see what retention does, and set legal holds."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RIGHTS = ("view_retentionrun", "view_legalhold", "add_legalhold", "change_legalhold")


def allow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    config = apps.get_app_config("rights")
    config.models_module = True  # Permissions are otherwise made only after the last migration.
    create_permissions(config, apps=apps, verbosity=0, using=using)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    rights = permissions.filter(content_type__app_label="rights", codename__in=RIGHTS)
    apps.get_model("auth", "Group").objects.using(using).get(name="editor").permissions.add(*rights)


def take_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    group = apps.get_model("auth", "Group").objects.using(using).get(name="editor")
    group.permissions.remove(*group.permissions.filter(codename__in=RIGHTS))


class Migration(migrations.Migration):
    dependencies = [("rights", "0001_initial"), ("moderation", "0003_roles_as_groups")]
    operations = [migrations.RunPython(allow, take_back)]
