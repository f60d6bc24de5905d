"""Editors approve creatives and switch ads off; ad managers upload pictures and see both."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RIGHTS = {
    "editor": (
        "approve_creative", "view_approval", "view_adimage", "view_policyoverride", "add_policyoverride",
        "change_policyoverride", "delete_policyoverride",
    ),
    "ad manager": (
        "view_approval", "view_adimage", "add_adimage", "change_adimage", "delete_adimage",
        "view_policyoverride",
    ),
}  # fmt: skip


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    # Permissions are otherwise made only after the last migration.
    config = apps.get_app_config("ads")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0, using=using)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    for name, codenames in RIGHTS.items():
        group, _ = apps.get_model("auth", "Group").objects.using(using).get_or_create(name=name)
        group.permissions.add(*permissions.filter(content_type__app_label="ads", codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("ads", "0004_creatives_are_approved_and_suit"),
        ("moderation", "0003_roles_as_groups"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
