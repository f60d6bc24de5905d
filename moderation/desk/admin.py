"""Who moderates which sections."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from moderation.desk.models import Incident, Moderator


@admin.register(Moderator)
class ModeratorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["user", "which", "active_at", "blur"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    autocomplete_fields = ["user"]
    filter_horizontal = ["sections"]
    fields = ["user", "sections", "blur", "mail_hour"]
    actions = None

    @admin.display(description="sections")
    def which(self, moderator: Moderator) -> str:
        return ", ".join(section.name for section in moderator.sections.all()) or "all"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Moderator]:
        found: QuerySet[Moderator] = super().get_queryset(request)
        return found.prefetch_related("sections")

    def get_readonly_fields(self, request: HttpRequest, obj: Moderator | None = None) -> list[str]:
        return ["user"] if obj else []


@admin.register(Incident)
class IncidentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What waited too long, and until when. Nothing to change: an incident ends by itself."""

    list_display = ["kind", "urgency", "began_at", "ended_at"]
    list_display_links = None
    ordering = ["-began_at"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return False
