"""Triggers that let an audit row be sealed once, and nothing else; for the owner too."""

from django.db import migrations

SQL = """
CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.seq IS NOT NULL OR NEW.hash IS NOT NULL OR NEW.prev_hash IS NOT NULL THEN
            RAISE EXCEPTION 'an audit row is written unsealed' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'audit rows are never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.seq IS NULL AND NEW.seq IS NOT NULL AND NEW.hash IS NOT NULL AND NEW.prev_hash IS NOT NULL
        AND (NEW.id, NEW.at, NEW.actor_kind, NEW.actor_id, NEW.action, NEW.object_type, NEW.object_id, NEW.reason, NEW.data)
            IS NOT DISTINCT FROM
            (OLD.id, OLD.at, OLD.actor_kind, OLD.actor_id, OLD.action, OLD.object_type, OLD.object_id, OLD.reason, OLD.data)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit rows are never changed' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER audit_guard BEFORE INSERT OR UPDATE OR DELETE ON audit_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_guard();
"""

REVERSE = "DROP TRIGGER audit_guard ON audit_auditentry; DROP FUNCTION audit_guard();"


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(SQL, REVERSE)]
