"""API tokens: issued here, shown once, revoked here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from newsroom.access.models import ApiToken, Scope, SecondFactor
from newsroom.access.second_factor import reset
from newsroom.access.services import issue_token, revoke_token
from newsroom.access.step_up import proof_first


class ApiTokenForm(forms.ModelForm):  # type: ignore[type-arg]
    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ApiToken
        fields = ["name", "user", "scopes", "expires_at"]

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at and expires_at <= timezone.now():
            raise forms.ValidationError("Choose a time in the future, or leave it empty.")
        return expires_at


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A token is made and revoked, never changed; its secret is on one page, once."""

    form = ApiTokenForm
    list_display = ["name", "user", "may", "state", "created_at", "last_used_at", "expires_at"]
    list_select_related = ["user"]
    list_filter = ["user"]
    search_fields = ["name", "user__username"]
    ordering = ["-created_at"]
    actions = ["revoke"]
    autocomplete_fields = ["user"]

    @admin.display(description="may")
    def may(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="state")
    def state(self, token: ApiToken) -> str:
        if token.revoked_at:
            return f"revoked {timezone.localtime(token.revoked_at):%d %b %Y}"
        return "live" if token.is_live(at=timezone.now()) else "expired"

    @admin.action(description="Revoke the chosen tokens", permissions=["delete"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        number = sum(revoke_token(token=token, actor=request.user, at=timezone.now()) for token in queryset)
        self.message_user(request, f"{number} revoked. They stop working at once.")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # A revoked token stays in the list, as a record.
        return actions

    def save_model(self, request: Any, obj: ApiToken, form: Any, change: bool) -> None:
        with transaction.atomic():
            made, request.token_secret = issue_token(
                user=obj.user, name=obj.name, scopes=obj.scopes, expires_at=obj.expires_at, actor=request.user
            )
        obj.pk = made.pk
        obj.digest = made.digest

    def response_add(self, request: Any, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The page with the secret itself: a redirect would have to keep it somewhere."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Token made",
            "token": obj,
            "secret": request.token_secret,
        }
        return TemplateResponse(
            request, "admin/access/token_made.html", context, headers={"Cache-Control": "no-store"}
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_delete_permission(request, obj)


@admin.register(SecondFactor)
class SecondFactorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who has a second factor; an administrator resets it when phone and recovery codes are lost."""

    list_display = ["user", "made_at", "codes_left"]
    list_display_links = None
    list_select_related = ["user"]
    search_fields = ["user__username"]
    ordering = ["user__username"]
    actions = ["reset"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SecondFactor]:
        unused = Count("user__recovery_codes", filter=Q(user__recovery_codes__used_at=None))
        found: QuerySet[SecondFactor] = super().get_queryset(request).annotate(left=unused)
        return found

    @admin.display(description="recovery codes left")
    def codes_left(self, factor: Any) -> int:
        return int(factor.left)

    @admin.action(description="Reset: the next login sets up anew", permissions=["reset"])
    def reset(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        if asked := proof_first(request):
            return asked
        number = sum(reset(user_id=factor.pk, actor=request.user) for factor in queryset)
        self.message_user(request, f"{number} reset. Tell their owners yourself, not by a link in a mail.")
        return None

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("access.reset_secondfactor")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
