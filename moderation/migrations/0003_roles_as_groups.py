"""Editors, ad managers and the CMS as groups."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

VIEW_AND_CHANGE = ("view", "change")
EVERYTHING = ("view", "add", "change", "delete")
GROUPS: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {
    "editor": {
        ("articles", "article"): EVERYTHING,
        ("articles", "section"): ("view", "change"),
        ("articles", "tag"): EVERYTHING,
        ("articles", "sensitivity"): ("view", "add"),
        ("articles", "site"): ("view",),
        ("comments", "comment"): VIEW_AND_CHANGE,
        ("comments", "commentrevision"): ("view",),
        ("moderation", "decision"): ("view", "add"),
        ("moderation", "policy"): EVERYTHING,
        ("moderation", "wordlist"): EVERYTHING,
        ("moderation", "modelversion"): ("view",),
        ("audit", "auditentry"): ("view",),
        ("ads", "slot"): ("view",),
        ("ads", "advertiser"): ("view",),
        ("ads", "campaign"): ("view",),
        ("ads", "lineitem"): ("view",),
        ("ads", "creative"): ("view",),
    },
    "ad manager": {
        ("ads", "slot"): EVERYTHING,
        ("ads", "advertiser"): EVERYTHING,
        ("ads", "campaign"): EVERYTHING,
        ("ads", "lineitem"): EVERYTHING,
        ("ads", "creative"): EVERYTHING,
        ("articles", "site"): ("view",),
        ("articles", "article"): ("view",),
        ("articles", "section"): ("view",),
    },
    "cms": {("articles", "article"): ("view", "add", "change")},
}


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for label in ("articles", "comments", "moderation", "audit", "ads"):
        # Permissions are otherwise made only after the last migration.
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0, using=using)
        config.models_module = None
    for name, rights in GROUPS.items():
        group, _ = group_model.objects.using(using).get_or_create(name=name)
        for (app, model), actions in rights.items():
            codenames = [f"{action}_{model}" for action in actions]
            found = permission_model.objects.using(using).filter(
                content_type__app_label=app, codename__in=codenames
            )
            group.permissions.add(*found)


def drop_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias).filter(
        name__in=GROUPS
    ).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0002_database_refuses_wrong_states"),
        ("ads", "0001_initial"),
        ("audit", "0002_audit_is_append_only"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_groups, drop_groups)]
