"""An editor may take a published comment back to the queue; a hold may end as *not reviewed in time*."""

from django.db import migrations

SQL = """
CREATE OR REPLACE FUNCTION comment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    made moderation_decision%ROWTYPE;
    last moderation_decision%ROWTYPE;
    is_undo boolean;
    is_allowed boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'comments are erased, not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'pending' OR NEW.decision_id IS NOT NULL OR NEW.revision <> 1 OR NEW.round <> 1 THEN
            RAISE EXCEPTION 'a comment begins as pending, undecided, in revision 1' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;

    IF (NEW.id, NEW.article_id, NEW.parent_id, NEW.ancestors, NEW.depth, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.article_id, OLD.parent_id, OLD.ancestors, OLD.depth, OLD.created_at)
    THEN
        RAISE EXCEPTION 'a comment stays where and when it was written' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status = 'erased' THEN
        RETURN NEW;  -- From any state; emptied, says the check constraint.
    END IF;
    IF OLD.status = 'erased' THEN
        RAISE EXCEPTION 'erased is final' USING ERRCODE = 'check_violation';
    END IF;

    -- An edit: the next revision, pending, undecided. A text never changes in any other way.
    IF NEW.revision <> OLD.revision OR NEW.body IS DISTINCT FROM OLD.body OR NEW.name IS DISTINCT FROM OLD.name THEN
        IF NEW.revision = OLD.revision + 1 AND NEW.status = 'pending' AND NEW.decision_id IS NULL AND NEW.round = 1
            AND OLD.status IN ('pending', 'published', 'held')
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a text changes only as the next revision, pending and undecided (from % to %)', OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;

    IF NEW.status = OLD.status THEN
        IF (NEW.decision_id, NEW.round, NEW.held_by) IS DISTINCT FROM (OLD.decision_id, OLD.round, OLD.held_by) THEN
            RAISE EXCEPTION 'decision, round and holder change only with the state' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status = 'withdrawn' THEN
        IF NEW.decision_id IS DISTINCT FROM OLD.decision_id OR NEW.round <> OLD.round THEN
            RAISE EXCEPTION 'withdrawing decides nothing' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;

    -- Everything else is a decision about this text, written in this transaction.
    SELECT * INTO made FROM moderation_decision WHERE id = NEW.decision_id;
    IF NOT FOUND OR NEW.decision_id IS NOT DISTINCT FROM OLD.decision_id OR made.comment_id <> NEW.id
        OR made.revision <> NEW.revision OR made.round <> OLD.round OR made.outcome <> NEW.status
        OR made.held_by <> NEW.held_by OR made.txid <> pg_current_xact_id()::text::bigint
    THEN
        RAISE EXCEPTION 'no decision of this transaction takes this text from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.round <> OLD.round + (NEW.status = 'pending')::int THEN
        RAISE EXCEPTION 'a round ends only by checking again' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.decision_id IS NOT NULL THEN
        SELECT * INTO last FROM moderation_decision WHERE id = OLD.decision_id;
    END IF;
    is_undo := made.actor_kind = 'person' AND last.actor_kind = 'person' AND last.actor_id = made.actor_id
        AND last.at > clock_timestamp() - interval '60 seconds';

    is_allowed := CASE
        WHEN OLD.status = 'pending' AND NEW.status IN ('published', 'rejected') THEN made.actor_kind IN ('machine', 'person', 'import')
        WHEN OLD.status = 'pending' AND NEW.status = 'held' THEN
            made.actor_kind IN ('machine', 'person', 'import') OR made.actor_kind = 'system' AND NEW.held_by = 'failure'
        WHEN OLD.status = 'held' AND NEW.status IN ('published', 'rejected') THEN
            made.actor_kind = 'person'
            OR made.actor_kind = 'system' AND NEW.status = 'rejected' AND made.reason_code = 'not_reviewed'
        WHEN OLD.status = 'held' AND NEW.status = 'pending' AND OLD.held_by IN ('rule', 'detector') THEN made.actor_kind = 'person'
        WHEN OLD.status = 'held' AND NEW.status = 'pending' AND OLD.held_by = 'failure' THEN
            made.actor_kind = 'system' AND last.reason_code <> 'attempts_exhausted'
            AND NOT EXISTS (
                SELECT 1 FROM moderation_decision d WHERE d.comment_id = NEW.id AND d.id <> made.id
                AND (d.actor_kind = 'person' OR d.actor_kind = 'system' AND d.outcome = 'pending')
            )
        WHEN OLD.status = 'published' AND NEW.status = 'removed' THEN made.actor_kind = 'person'
        WHEN OLD.status = 'published' AND NEW.status = 'held' THEN
            made.actor_kind = 'system' AND NEW.held_by = 'report' OR made.actor_kind = 'person' AND NEW.held_by = 'person'
        WHEN OLD.status = 'rejected' AND NEW.status = 'held' THEN is_undo
        WHEN OLD.status IN ('rejected', 'removed') AND NEW.status = 'published' THEN made.actor_kind = 'person'
        ELSE false
    END;
    IF is_allowed IS NOT TRUE THEN
        RAISE EXCEPTION 'a % may not take a comment from % to %', made.actor_kind, OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""

REVERSE = """
CREATE OR REPLACE FUNCTION comment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    made moderation_decision%ROWTYPE;
    last moderation_decision%ROWTYPE;
    is_undo boolean;
    is_allowed boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'comments are erased, not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'pending' OR NEW.decision_id IS NOT NULL OR NEW.revision <> 1 OR NEW.round <> 1 THEN
            RAISE EXCEPTION 'a comment begins as pending, undecided, in revision 1' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;

    IF (NEW.id, NEW.article_id, NEW.parent_id, NEW.ancestors, NEW.depth, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.article_id, OLD.parent_id, OLD.ancestors, OLD.depth, OLD.created_at)
    THEN
        RAISE EXCEPTION 'a comment stays where and when it was written' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status = 'erased' THEN
        RETURN NEW;  -- From any state; emptied, says the check constraint.
    END IF;
    IF OLD.status = 'erased' THEN
        RAISE EXCEPTION 'erased is final' USING ERRCODE = 'check_violation';
    END IF;

    -- An edit: the next revision, pending, undecided. A text never changes in any other way.
    IF NEW.revision <> OLD.revision OR NEW.body IS DISTINCT FROM OLD.body OR NEW.name IS DISTINCT FROM OLD.name THEN
        IF NEW.revision = OLD.revision + 1 AND NEW.status = 'pending' AND NEW.decision_id IS NULL AND NEW.round = 1
            AND OLD.status IN ('pending', 'published', 'held')
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a text changes only as the next revision, pending and undecided (from % to %)', OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;

    IF NEW.status = OLD.status THEN
        IF (NEW.decision_id, NEW.round, NEW.held_by) IS DISTINCT FROM (OLD.decision_id, OLD.round, OLD.held_by) THEN
            RAISE EXCEPTION 'decision, round and holder change only with the state' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status = 'withdrawn' THEN
        IF NEW.decision_id IS DISTINCT FROM OLD.decision_id OR NEW.round <> OLD.round THEN
            RAISE EXCEPTION 'withdrawing decides nothing' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;

    -- Everything else is a decision about this text, written in this transaction.
    SELECT * INTO made FROM moderation_decision WHERE id = NEW.decision_id;
    IF NOT FOUND OR NEW.decision_id IS NOT DISTINCT FROM OLD.decision_id OR made.comment_id <> NEW.id
        OR made.revision <> NEW.revision OR made.round <> OLD.round OR made.outcome <> NEW.status
        OR made.held_by <> NEW.held_by OR made.txid <> pg_current_xact_id()::text::bigint
    THEN
        RAISE EXCEPTION 'no decision of this transaction takes this text from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.round <> OLD.round + (NEW.status = 'pending')::int THEN
        RAISE EXCEPTION 'a round ends only by checking again' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.decision_id IS NOT NULL THEN
        SELECT * INTO last FROM moderation_decision WHERE id = OLD.decision_id;
    END IF;
    is_undo := made.actor_kind = 'person' AND last.actor_kind = 'person' AND last.actor_id = made.actor_id
        AND last.at > clock_timestamp() - interval '60 seconds';

    is_allowed := CASE
        WHEN OLD.status = 'pending' AND NEW.status IN ('published', 'rejected') THEN made.actor_kind IN ('machine', 'person', 'import')
        WHEN OLD.status = 'pending' AND NEW.status = 'held' THEN
            made.actor_kind IN ('machine', 'person', 'import') OR made.actor_kind = 'system' AND NEW.held_by = 'failure'
        WHEN OLD.status = 'held' AND NEW.status IN ('published', 'rejected') THEN made.actor_kind = 'person'
        WHEN OLD.status = 'held' AND NEW.status = 'pending' AND OLD.held_by IN ('rule', 'detector') THEN made.actor_kind = 'person'
        WHEN OLD.status = 'held' AND NEW.status = 'pending' AND OLD.held_by = 'failure' THEN
            made.actor_kind = 'system' AND last.reason_code <> 'attempts_exhausted'
            AND NOT EXISTS (
                SELECT 1 FROM moderation_decision d WHERE d.comment_id = NEW.id AND d.id <> made.id
                AND (d.actor_kind = 'person' OR d.actor_kind = 'system' AND d.outcome = 'pending')
            )
        WHEN OLD.status = 'published' AND NEW.status = 'removed' THEN made.actor_kind = 'person'
        WHEN OLD.status = 'published' AND NEW.status = 'held' THEN made.actor_kind = 'system' AND NEW.held_by = 'report' OR is_undo
        WHEN OLD.status = 'rejected' AND NEW.status = 'held' THEN is_undo
        WHEN OLD.status IN ('rejected', 'removed') AND NEW.status = 'published' THEN made.actor_kind = 'person'
        ELSE false
    END;
    IF is_allowed IS NOT TRUE THEN
        RAISE EXCEPTION 'a % may not take a comment from % to %', made.actor_kind, OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0004_threads_have_a_heat")]
    operations = [migrations.RunSQL(SQL, REVERSE)]
