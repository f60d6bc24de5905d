"""Mail to look after: what waits, what was given up, and why. Nobody's address is here to be seen."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from newsroom.outbox.models import Letter


@admin.register(Letter)
class LetterAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["kind", "state", "attempts", "last_error", "created_at", "next_attempt_at", "settled_at"]
    list_filter = ["state", "kind"]
    ordering = ["-created_at"]
    list_per_page = 50
    show_full_result_count = False
    actions = None
    fields = (
        "kind",
        "state",
        "attempts",
        "last_error",
        "created_at",
        "next_attempt_at",
        "settled_at",
        "not_before",
        "expires_at",
        "id",
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
