"""Revisions never change, and go only with an erased comment; published replies are found by their root."""

from django.db import migrations

SQL = """
CREATE INDEX comment_replies_by_root ON comments_comment ((ancestors[1]), created_at, id)
    WHERE status = 'published' AND depth > 0;

CREATE FUNCTION revision_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM comments_comment WHERE id = OLD.comment_id AND status = 'erased') THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a revision is immutable, and goes only when its comment is erased' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER revision_guard BEFORE UPDATE OR DELETE ON comments_commentrevision
    FOR EACH ROW EXECUTE FUNCTION revision_guard();
"""

REVERSE = """
DROP TRIGGER revision_guard ON comments_commentrevision; DROP FUNCTION revision_guard();
DROP INDEX comment_replies_by_root;
"""


class Migration(migrations.Migration):
    dependencies = [("comments", "0001_initial")]
    operations = [migrations.RunSQL(SQL, REVERSE)]
