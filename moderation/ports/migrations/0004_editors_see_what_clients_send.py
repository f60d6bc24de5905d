"""Editors see the clients' keys and set their thresholds; making and revoking them is for administrators."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CODENAMES = ("view_portkey", "change_portkey")


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    config = apps.get_app_config("ports")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0, using=using)  # Else made after the last migration.
    config.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.using(using).get_or_create(name="editor")
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    group.permissions.add(*permissions.filter(content_type__app_label="ports", codename__in=CODENAMES))


def take_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    for group in apps.get_model("auth", "Group").objects.using(using).filter(name="editor"):
        group.permissions.remove(*permissions.filter(content_type__app_label="ports", codename__in=CODENAMES))


class Migration(migrations.Migration):
    dependencies = [
        ("ports", "0003_seen_texts"),
        ("moderation", "0003_roles_as_groups"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.AlterModelOptions(
            name="portkey",
            options={"verbose_name": "key", "verbose_name_plural": "keys"},
        ),
        migrations.RunPython(grant, take_back),
    ]
