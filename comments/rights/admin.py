"""Legal holds to set and end, and what retention did each night."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from comments.retention import BY_KEY
from comments.rights.models import LegalHold, RetentionRun
from newsroom.audit.services import record


@admin.register(LegalHold)
class LegalHoldAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["reason", "comment", "mailbox", "expires_on", "by", "at"]
    list_select_related = ["by"]
    raw_id_fields = ["comment", "mailbox"]
    fields = ["comment", "mailbox", "reason", "expires_on"]
    ordering = ["-at"]
    actions = None

    def save_model(self, request: HttpRequest, obj: LegalHold, form: Any, change: bool) -> None:
        if not change:
            obj.by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        self._record(request, obj, "legal_hold.changed" if change else "legal_hold.set")

    def delete_model(self, request: HttpRequest, obj: LegalHold) -> None:
        self._record(request, obj, "legal_hold.ended")
        super().delete_model(request, obj)

    def _record(self, request: HttpRequest, hold: LegalHold, action: str) -> None:
        record(
            action=action,
            object_type="comment" if hold.comment_id else "mailbox",
            object_id=hold.comment_id or hold.mailbox_id,
            actor_kind="person",
            actor=request.user,
            reason=hold.reason,
            data={"hold": str(hold.pk), "expires_on": hold.expires_on.isoformat()},
        )


@admin.register(RetentionRun)
class RetentionRunAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Newest night first: each kind of data, for how long it is kept, and how much went."""

    list_display = ["what", "days", "since", "rows", "at"]
    list_filter = ["kind"]
    ordering = ["-at", "kind"]
    actions = None
    list_display_links = None

    @admin.display(description="kind of data")
    def what(self, run: RetentionRun) -> str:
        return str(BY_KEY[run.kind].what) if run.kind in BY_KEY else run.kind

    @admin.display(description="counted from")
    def since(self, run: RetentionRun) -> str:
        return str(BY_KEY[run.kind].since) if run.kind in BY_KEY else ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
