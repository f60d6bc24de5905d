"""What the runtime role may do: read and write rows, but no DDL, no TRUNCATE, no change of the records."""

from __future__ import annotations

from django.db import connections
from psycopg import sql

# Tables whose rows are records: the runtime role may add to them; only sealing may update the audit.
APPEND_ONLY = ("moderation_decision", "lifecycle_modelevent")
AUDIT = "audit_auditentry"


def grant_runtime_role(*, using: str, role: str) -> None:
    """Grant ``role`` its rights on every table there is. Safe to run twice."""
    name = sql.Identifier(role)
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(name),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name),
        sql.SQL("REVOKE TRUNCATE ON ALL TABLES IN SCHEMA public FROM {}").format(name),
        sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(AUDIT), name),
        sql.SQL("GRANT UPDATE (seq, prev_hash, hash) ON {} TO {}").format(sql.Identifier(AUDIT), name),
        sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}").format(name),
    ]
    statements += [
        sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), name)
        for table in APPEND_ONLY
    ]
    with connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
