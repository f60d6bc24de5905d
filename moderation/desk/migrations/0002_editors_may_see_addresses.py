"""The right to see a commenter's address, for the editors' group: each look is recorded."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def allow(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    config = apps.get_app_config("comments")
    config.models_module = True  # Permissions are otherwise made only after the last migration.
    create_permissions(config, apps=apps, verbosity=0, using=using)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    right = permissions.get(content_type__app_label="comments", codename="view_mailbox")
    apps.get_model("auth", "Group").objects.using(using).get(name="editor").permissions.add(right)


def take_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    group = apps.get_model("auth", "Group").objects.using(using).get(name="editor")
    group.permissions.remove(*group.permissions.filter(codename="view_mailbox"))


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0001_claims_escalations_moderators"),
        ("moderation", "0003_roles_as_groups"),
    ]
    operations = [migrations.RunPython(allow, take_back)]
