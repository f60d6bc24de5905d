"""Advertisers read what is theirs: the assignment names them, the role has no other right."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLE, RIGHT = "advertiser", "read_own_campaigns"


def grant(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    # Permissions are otherwise made only after the last migration.
    config = apps.get_app_config("ads")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0, using=using)
    config.models_module = None
    right = (
        apps.get_model("auth", "Permission")
        .objects.using(using)
        .get(content_type__app_label="ads", codename=RIGHT)
    )
    group, _ = apps.get_model("auth", "Group").objects.using(using).get_or_create(name=ROLE)
    group.permissions.add(right)


class Migration(migrations.Migration):
    dependencies = [
        ("ads", "0008_line_items_on_one_page"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.AlterModelOptions(
            name="advertiser",
            options={
                "permissions": [("read_own_campaigns", "Can read what belongs to the advertisers assigned")]
            },
        ),
        migrations.AddField(
            model_name="assignment",
            name="advertiser",
            field=models.ForeignKey(
                blank=True,
                help_text="For the role advertiser: whose campaigns and reports this person reads.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="readers",
                to="ads.advertiser",
            ),
        ),
        migrations.RemoveConstraint(model_name="assignment", name="one_assignment_per_site"),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                fields=("user", "site", "advertiser"), name="one_assignment_per_site", nulls_distinct=False
            ),
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
