"""Who changed what about one thing of the desk, when and why: from the audit trail."""

from __future__ import annotations

from typing import Any

from newsroom.audit.models import AuditEntry

MOST_SHOWN = 50


def changes_of(object_type: str, object_id: Any) -> list[AuditEntry]:
    """The newest first."""
    rows = AuditEntry.objects.filter(object_type=object_type, object_id=str(object_id))
    return list(rows.select_related("actor").order_by("-id")[:MOST_SHOWN])
