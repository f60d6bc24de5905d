"""Keys of other people's clients: made here and shown once, with what they are used for, as counts."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Site
from moderation.ports.models import PortKey, PortUsage
from moderation.ports.reports import DAYS, feedback_of, use_of
from moderation.ports.services import CHANGEABLE, change_key, issue_key, revoke_key


@admin.register(PortKey)
class PortKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A key's secret is on one page, once. A revoked key stays in the list, as a record."""

    fields = ("site", *CHANGEABLE)
    list_display = ["name", "site", "state", "texts", "on_unscorable", "quota", "created_at"]
    list_select_related = ["site"]
    list_filter = ["site"]
    search_fields = ["name"]
    ordering = ["-created_at"]
    actions = ["revoke"]
    change_form_template = "ports/key.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PortKey]:
        since = timezone.now().astimezone(UTC).date() - timedelta(days=DAYS - 1)
        texts = (
            PortUsage.objects.filter(key=OuterRef("pk"), on__gte=since)
            .values("key")
            .annotate(sum=Sum("texts"))
            .values("sum")
        )
        keys: QuerySet[PortKey] = super().get_queryset(request)
        return keys.annotate(used=Subquery(texts, output_field=IntegerField()))

    @admin.display(description=gettext_lazy("state"), ordering="revoked_at")
    def state(self, key: PortKey) -> str:
        if key.revoked_at:
            return _("revoked %(day)s") % {"day": f"{timezone.localtime(key.revoked_at):%d %b %Y}"}
        return _("live")

    @admin.display(description=gettext_lazy("texts, 28 days"), ordering="used")
    def texts(self, key: PortKey) -> str:
        return f"{getattr(key, 'used', 0) or 0:,}"

    @admin.display(description=gettext_lazy("texts a minute"), ordering="quota_per_minute")
    def quota(self, key: PortKey) -> str:
        return f"{key.quota_per_minute:,}" if key.quota_per_minute else "–"

    @admin.action(description=gettext_lazy("Revoke the chosen keys"), permissions=["delete"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        number = sum(revoke_key(key=key, actor=request.user, at=timezone.now()) for key in queryset)
        self.message_user(
            request, _("%(number)d revoked. They stop working within two seconds.") % {"number": number}
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        default = Site.objects.filter(is_default=True).values_list("pk", flat=True).first()
        return {"site": str(default)} if default else {}

    def get_readonly_fields(self, request: HttpRequest, obj: PortKey | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return (*self.fields, "state") if obj.revoked_at else ("site",)

    # --- writing: always by the services, which keep the audit ------------------------------------------
    def save_model(self, request: Any, obj: PortKey, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in CHANGEABLE if name in form.cleaned_data}
        if change:
            change_key(key=obj, values=values, actor=request.user)
            return
        with transaction.atomic():
            made, request.port_key_secret = issue_key(site=obj.site, actor=request.user, **values)
        obj.pk, obj.digest = made.pk, made.digest

    def response_add(self, request: Any, obj: PortKey, post_url_continue: str | None = None) -> HttpResponse:
        """The page with the secret itself: a redirect would have to keep it somewhere."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Key made"),
            "key": obj,
            "secret": request.port_key_secret,
            "address": settings.NEWSROOM_PORTS_URL,
        }
        return TemplateResponse(
            request, "ports/key_made.html", context, headers={"Cache-Control": "no-store"}
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        key = self.get_object(request, object_id)
        if key is None or not self.has_view_permission(request, key):
            return super().change_view(request, object_id, form_url, extra_context)
        may_revoke = super().has_delete_permission(request) and key.revoked_at is None
        if request.method == "POST" and "_revoke" in request.POST and may_revoke:
            revoke_key(key=key, actor=request.user, at=timezone.now())
            self.message_user(request, _("Revoked. It stops working within two seconds."))
            return HttpResponseRedirect(reverse("admin:ports_portkey_changelist"))
        extra = {
            "use": use_of(key, today=timezone.now().astimezone(UTC).date()),
            "feedback": feedback_of(key),
            "may_revoke": may_revoke,
            "show_save_and_add_another": False,
            "address": settings.NEWSROOM_PORTS_URL,
        }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def has_change_permission(self, request: HttpRequest, obj: PortKey | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.revoked_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_delete_permission(request, obj)
