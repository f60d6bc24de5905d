"""Editors see the classifier's pages, review samples, and promote and roll back."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RIGHTS = (
    "view_modelevent", "add_modelevent", "view_shadow", "view_shadowscore", "view_gatereport",
    "view_auditsample", "change_auditsample", "view_trainingrun",
)  # fmt: skip


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    # Permissions are otherwise made only after the last migration.
    config = apps.get_app_config("lifecycle")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0, using=using)
    config.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.using(using).get_or_create(name="editor")
    group.permissions.add(
        *apps.get_model("auth", "Permission")
        .objects.using(using)
        .filter(content_type__app_label="lifecycle", codename__in=RIGHTS)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("lifecycle", "0002_events_are_append_only"),
        ("moderation", "0003_roles_as_groups"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
