"""Who moderates which sections."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from moderation.desk.models import Incident, Moderator
from moderation.desk.queues import QUEUES


@admin.register(Moderator)
class ModeratorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["user", "which", "last_seen", "mail_hour", "blur"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    autocomplete_fields = ["user"]
    filter_horizontal = ["sections"]
    fields = ["user", "sections", "blur", "mail_hour"]
    actions = None

    @admin.display(description="sections")
    def which(self, moderator: Moderator) -> str:
        return ", ".join(section.name for section in moderator.sections.all()) or "all"

    @admin.display(description="last at the desk", ordering="active_at")
    def last_seen(self, moderator: Moderator) -> datetime:
        return moderator.active_at

    def get_queryset(self, request: HttpRequest) -> QuerySet[Moderator]:
        found: QuerySet[Moderator] = super().get_queryset(request)
        return found.prefetch_related("sections")

    def get_readonly_fields(self, request: HttpRequest, obj: Moderator | None = None) -> list[str]:
        return ["user"] if obj else []


@admin.register(Incident)
class IncidentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What waited too long, and until when. Nothing to change: an incident ends by itself."""

    list_display = ["what", "urgency", "began_at", "told_at", "ended"]
    list_display_links = None
    ordering = ["-began_at"]
    actions = None

    @admin.display(description="waited too long", ordering="kind")
    def what(self, incident: Incident) -> str:
        queue = QUEUES.get(incident.kind)
        if queue is None:
            return "Comments that the machine has not checked"
        return format_html('<a href="{}">{}</a>', reverse("admin:desk_queue", args=[queue.key]), queue.title)

    @admin.display(description="ended", ordering="ended_at", empty_value="still under way")
    def ended(self, incident: Incident) -> datetime | None:
        return incident.ended_at

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Incident | None = None) -> bool:
        return False
