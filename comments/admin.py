"""Comments to search in. Nothing about them is written here: a state changes by a decision, on the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator

from comments.highlighting import pick_comment, pin_comment
from comments.models import Comment, CommentSettings
from newsroom.errors import DomainError


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Found by words, name, article and state; each opens on the desk, with its history."""

    list_display = ["excerpt", "name", "state", "article", "sent"]
    list_filter = ["status", "held_by", "article__section", "created_at"]
    search_fields = ["body", "name", "article__headline"]
    search_help_text = "Words of the comment, its author's name, or the article's headline"
    ordering = ["-created_at"]
    list_per_page = 50
    show_full_result_count = False
    actions = ["pin", "unpin", "pick", "unpick"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Comment]:
        return super().get_queryset(request).select_related("article")

    @admin.display(description="comment")
    def excerpt(self, comment: Comment) -> str:
        return Truncator(comment.body).chars(90) or "(erased)"

    @admin.display(description="state", ordering="status")
    def state(self, comment: Comment) -> str:
        return f"held by {comment.get_held_by_display()}" if comment.held_by else comment.get_status_display()

    @admin.display(description="sent", ordering="created_at")
    def sent(self, comment: Comment) -> str:
        return date_format(timezone.localtime(comment.created_at), "j M Y, H:i:s")

    @admin.action(description="Pin before all other comments of the article", permissions=["highlight"])
    def pin(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._each(request, queryset, pin_comment, is_pinned=True)

    @admin.action(description="Unpin", permissions=["highlight"])
    def unpin(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._each(request, queryset, pin_comment, is_pinned=False)

    @admin.action(description="Mark as editors’ pick", permissions=["highlight"])
    def pick(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._each(request, queryset, pick_comment, is_pick=True)

    @admin.action(description="Take the editors’ pick away", permissions=["highlight"])
    def unpick(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self._each(request, queryset, pick_comment, is_pick=False)

    def has_highlight_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("moderation.add_decision")

    def _each(
        self, request: HttpRequest, chosen: QuerySet[Comment], change: Callable[..., None], **how: bool
    ) -> None:
        done = 0
        for comment_id in chosen.values_list("pk", flat=True):
            try:
                change(comment_id=comment_id, actor=request.user, **how)
                done += 1
            except DomainError as refused:
                self.message_user(request, f"{refused.detail}.", messages.WARNING)
        self.message_user(request, f"{done} changed.")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            return super().change_view(request, object_id, *args, **kwargs)
        return HttpResponseRedirect(reverse("admin:desk_comment", args=[object_id]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False


class CommentSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CommentSettings
        fields = "__all__"  # noqa: DJ007  (the admin below names them)
        labels: ClassVar[dict[str, str]] = {
            "nudge": "Ask to reword",
            "limit_network": "Of one network",
            "limit_shared_network": "Of one IPv4 address",
            "limit_address": "Of one email address",
            "limit_article": "Under one article",
            "limit_site": "On the whole site",
            "limit_vote": "Votes",
            "limit_report": "Reports and requests",
            "limit_link": "Letters with a link",
            "limit_statement": "Letters with reasons",
            "limit_stub": "Articles made by embeds",
            "api_form_token": "Form token over the API, too",
            "form_min_age_s": "Least seconds to write",
            "wave_commenters": "Others with the same text",
            "hold_shorteners": "Hold shortened links",
            "hold_disposable": "Hold throw-away addresses",
            "disposable_domains": "Throw-away domains",
            "spam_wave_after": "Spam wave from",
            "spam_wave_minutes": "Spam wave lasts (minutes)",
        }


@admin.register(CommentSettings)
class CommentSettingsAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = CommentSettingsForm
    list_display = ["site", "downvotes", "nudge", "reports_hide_after", "obligations"]
    fieldsets = [
        (None, {"fields": ["site", "downvotes", "nudge", "reports_hide_after", "obligations"]}),
        (
            "Limits (429, and how long to wait)",
            {
                "fields": [
                    "limit_network",
                    "limit_shared_network",
                    "limit_address",
                    "limit_article",
                    "limit_site",
                    "limit_vote",
                    "limit_report",
                    "limit_link",
                    "limit_statement",
                    "limit_stub",
                ]
            },
        ),
        (
            "What a person looks at first",
            {
                "fields": [
                    "api_form_token",
                    "form_min_age_s",
                    "wave_commenters",
                    "hold_shorteners",
                    "hold_threats",
                    "hold_disposable",
                    "disposable_domains",
                    "spam_wave_after",
                    "spam_wave_minutes",
                ]
            },
        ),
    ]
