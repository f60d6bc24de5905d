"""A trigger that refuses changes of model events, for the owner too."""

from django.db import migrations

SQL = """
CREATE FUNCTION model_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'model events are never changed or deleted' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER model_event_guard BEFORE UPDATE OR DELETE ON lifecycle_modelevent
    FOR EACH ROW EXECUTE FUNCTION model_event_guard();
"""

REVERSE = "DROP TRIGGER model_event_guard ON lifecycle_modelevent; DROP FUNCTION model_event_guard();"


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0001_initial")]
    operations = [migrations.RunSQL(SQL, REVERSE)]
