"""Who moderates which sections."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from moderation.desk.models import Moderator


@admin.register(Moderator)
class ModeratorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["user", "which", "active_at", "blur"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    autocomplete_fields = ["user"]
    filter_horizontal = ["sections"]
    fields = ["user", "sections", "blur"]
    actions = None

    @admin.display(description="sections")
    def which(self, moderator: Moderator) -> str:
        return ", ".join(section.name for section in moderator.sections.all()) or "all"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Moderator]:
        found: QuerySet[Moderator] = super().get_queryset(request)
        return found.prefetch_related("sections")

    def get_readonly_fields(self, request: HttpRequest, obj: Moderator | None = None) -> list[str]:
        return ["user"] if obj else []
