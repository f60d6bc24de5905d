"""Classifier versions and decisions, to read. What the machine goes by is set on the desk."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from moderation.desk import words
from moderation.models import Decision, ModelVersion


class ReadOnly:
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


# --- classifier versions and decisions, to read --------------------------------------------------
def achieved(version: ModelVersion | None, *, caption: str) -> SafeString:
    """A version's thresholds and what they achieve, as a table."""
    rows = []
    for label, cut in (version.manifest.get("thresholds", {}) if version else {}).items():
        holds = cut.get("hold_achieves", {})
        rows.append(
            {
                "name": words.LABELS.get(label, label),
                "hold": f"{cut['hold']:.3f}" if cut["hold"] < 1 else "never",
                "reject": f"{cut['reject']:.3f}" if cut["reject"] < 1 else "never",
                "recall": words.percent(holds.get("recall")),
                "ordinary": words.percent(holds.get("ordinary_share")),
                "precision": words.percent(holds.get("precision")),
            }
        )
    return render_to_string("desk/parts/achieved.html", {"rows": rows, "caption": caption})


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "short_digest", "is_active", "activated_at", "activated_by", "created_at"]
    list_select_related = ["activated_by"]
    ordering = ["-is_active", "-created_at"]
    actions = None
    fields = ("name", "digest", "is_active", "activated_at", "activated_by", "created_at", "metrics")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        return super().get_queryset(request).defer("artifact")

    @admin.display(description="digest")
    def short_digest(self, version: ModelVersion) -> str:
        return version.digest[:12]

    @admin.display(description="thresholds, and what they achieve")
    def metrics(self, version: ModelVersion) -> SafeString:
        return achieved(version, caption="On held-out comments, at the stated base rate")


@admin.register(Decision)
class DecisionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """The log of decisions. Each line opens its comment's history on the desk."""

    list_display = ["when", "outcome", "held_by", "reason_code", "by", "comment_name", "revision", "several"]
    list_filter = ["actor_kind", "outcome", "held_by", "reason_code", "is_bulk", "at"]
    list_select_related = ["actor", "comment"]
    search_fields = ["comment__id__exact", "actor__username__exact"]
    search_help_text = "The exact id of a comment, or a user name"
    ordering = ["-at"]
    list_per_page = 50
    show_full_result_count = False
    actions = None

    @admin.display(description="at", ordering="at")
    def when(self, decision: Decision) -> str:
        return date_format(timezone.localtime(decision.at), "j M Y, H:i:s")

    @admin.display(description="one of several", boolean=True)
    def several(self, decision: Decision) -> bool:
        return decision.is_bulk

    @admin.display(description="by")
    def by(self, decision: Decision) -> str:
        return decision.actor.get_username() if decision.actor else decision.get_actor_kind_display()

    @admin.display(description="comment by")
    def comment_name(self, decision: Decision) -> str:
        return decision.comment.name

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        decision = self.get_object(request, object_id)
        if decision is None or not self.has_view_permission(request, decision):
            return super().change_view(request, object_id, form_url, extra_context)
        return HttpResponseRedirect(reverse("admin:desk_comment", args=[decision.comment_id]))
