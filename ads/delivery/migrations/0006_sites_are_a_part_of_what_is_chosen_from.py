"""A site's words stand beside its ads: a change of them is noted like one of the ads."""

from django.db import migrations

SQL = """
CREATE TRIGGER ads_changed AFTER UPDATE ON articles_site
    FOR EACH STATEMENT EXECUTE FUNCTION ads_changed();
"""
REVERSE = "DROP TRIGGER ads_changed ON articles_site;"


class Migration(migrations.Migration):
    dependencies = [("delivery", "0005_events_fold_into_rollups")]
    operations = [migrations.RunSQL(SQL, REVERSE)]
