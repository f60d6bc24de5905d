"""The audit trail, to read."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format

from newsroom.audit.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["when", "action", "object_type", "object_id", "by", "reason", "sealed"]
    list_filter = ["action", "actor_kind", "at"]
    search_fields = ["object_id__exact", "actor__username__exact"]
    search_help_text = "The exact id of an object, or a user name"
    list_select_related = ["actor"]
    ordering = ["-id"]
    list_per_page = 50
    show_full_result_count = False
    actions = None
    fields = (
        "at",
        "action",
        "object_type",
        "object_id",
        "actor_kind",
        "actor",
        "reason",
        "what",
        "seq",
        "chained",
    )
    readonly_fields = fields

    @admin.display(description="at", ordering="id")
    def when(self, entry: AuditEntry) -> str:
        return date_format(timezone.localtime(entry.at), "j M Y, H:i:s")

    @admin.display(description="by")
    def by(self, entry: AuditEntry) -> str:
        return entry.actor.get_username() if entry.actor else entry.actor_kind

    @admin.display(description="sealed", boolean=True)
    def sealed(self, entry: AuditEntry) -> bool:
        return entry.seq is not None

    @admin.display(description="what")
    def what(self, entry: AuditEntry) -> str:
        return json.dumps(entry.data, indent=2, sort_keys=True, ensure_ascii=False)

    @admin.display(description="hash")
    def chained(self, entry: AuditEntry) -> str:
        return bytes(entry.hash).hex() if entry.hash else "not sealed yet"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
