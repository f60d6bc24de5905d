"""Creatives with their pictures and approvals, and the editors' switch, as forms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.admin_base import AdObjectAdmin
from ads.approvals import APPROVE, approve_creative, is_own_work
from ads.creatives import IAB_SIZES, content_digest, shown
from ads.forms import AdObjectForm, CreativeForm
from ads.models import Creative, PolicyOverride
from ads.pictures import store_image
from ads.services import save_object
from articles.models import Article, Site
from newsroom.errors import DomainError

RUNS = Q(sha256=F("approved_sha256")) & ~Q(sha256="")
MOST_PREVIEWS = 3


class ApprovalFilter(admin.SimpleListFilter):
    title = "approval"
    parameter_name = "approval"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "waiting for approval"), ("approved", "approved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter({"waiting": ~RUNS, "approved": RUNS}.get(self.value() or "", Q()))


@admin.register(Creative)
class CreativeAdmin(AdObjectAdmin):
    form = CreativeForm
    change_form_template = "admin/ads/creative_form.html"
    list_display = ("headline", "sponsor", "line_item", "kind", "size", "approval", "target_url", "active")
    list_filter = (
        ApprovalFilter,
        "active",
        "kind",
        ("line_item__campaign__advertiser", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("headline", "text", "line_item__name", "line_item__campaign__advertiser__name")
    autocomplete_fields = ("line_item",)
    ordering = ("line_item__campaign__advertiser__name", "headline")
    fieldsets = (
        (None, {"fields": ("line_item", "kind", "headline", "text", "call_to_action", "target_url")}),
        (
            "Picture",
            {
                "fields": ("picture", "drop_picture", "image_alt", "size"),
                "description": f"A native ad is fluid. A picture has one of {', '.join(IAB_SIZES)}.",
            },
        ),
        ("Who pays", {"fields": ("paid_by", "political")}),
        (None, {"fields": ("active", "seen_version")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("line_item__campaign__advertiser__site", "image")

    def get_urls(self) -> list[URLPattern]:
        approval = path(
            "<uuid:creative_id>/approval/",
            self.admin_site.admin_view(self.approval_view),
            name="ads_creative_approval",
        )
        return [approval, *super().get_urls()]

    @admin.display(ordering="line_item__campaign__advertiser__name")
    def sponsor(self, creative: Creative) -> str:
        return creative.line_item.campaign.advertiser.name

    @admin.display(description="approval")
    def approval(self, creative: Creative) -> SafeString:
        url = reverse("admin:ads_creative_approval", args=[creative.pk])
        return format_html(
            '<a href="{}">{}</a>', url, "approved" if creative.is_approved else "look and approve"
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if form.encoded is not None:
            site = obj.line_item.campaign.advertiser.site
            obj.image, _ = store_image(form.encoded, site=site, actor=request.user)
        elif form.cleaned_data.get("drop_picture"):
            obj.image = None
        super().save_model(request, obj, form, change)

    def approval_view(self, request: HttpRequest, creative_id: UUID) -> HttpResponse:
        """What readers would see, and the button that lets exactly this run."""
        creative = self.get_queryset(request).filter(pk=creative_id).first()
        if not self.has_view_permission(request, creative):
            raise PermissionDenied
        if creative is None:
            raise Http404
        if request.method == "POST":
            return self._approve(request, creative)
        site = creative.line_item.campaign.advertiser.site
        may_alone = site.four_eyes == Site.FourEyes.ALONE_WITH_REASON
        is_second = request.user.has_perm(APPROVE) and not is_own_work(creative, request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Approve “{creative.headline}”",
            "creative": creative,
            "shown": shown(creative, site=site),
            "sponsor": creative.line_item.campaign.advertiser.name,
            "site": site,
            "digest": content_digest(creative),
            "approvals": creative.approvals.select_related("by").order_by("-at")[:10],
            "may_approve": is_second or (may_alone and self.has_change_permission(request, creative)),
            "needs_reason": not is_second,
            "articles": Article.objects.filter(site=site)
            .published(at=timezone.now())
            .newest_first()[:MOST_PREVIEWS],
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/ads/approval.html", context)

    def _approve(self, request: HttpRequest, creative: Creative) -> HttpResponse:
        if not (request.user.has_perm(APPROVE) or self.has_change_permission(request, creative)):
            raise PermissionDenied
        sha256, reason = request.POST.get("sha256", ""), request.POST.get("reason", "").strip()[:300]
        try:
            approve_creative(creative, sha256=sha256, actor=request.user, reason=reason)
        except DomainError as error:
            messages.error(request, error.detail)
            return HttpResponseRedirect(request.path)
        messages.success(request, f"Approved: “{creative.headline}” may run as it is now.")
        return HttpResponseRedirect(reverse("admin:ads_creative_changelist") + "?approval=waiting")


class OverrideForm(AdObjectForm):
    """The switch: what, where, why, and until when. Two hours unless somebody says otherwise."""

    class Meta:
        labels = {"expires_at": "Until"}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if sum(cleaned.get(name) is not None for name in ("section", "tag", "article")) > 1:
            self.add_error(None, "Choose a section, a tag or an article, or none for the whole site.")
        expires_at = cleaned.get("expires_at")
        if expires_at is not None and expires_at <= timezone.now() and self.instance._state.adding:
            self.add_error("expires_at", "This time has passed.")
        return cleaned


@admin.register(PolicyOverride)
class PolicyOverrideAdmin(AdObjectAdmin):
    """The breaking-news switch: obeyed everywhere within a second, ended with one click."""

    form = OverrideForm
    list_display = ("__str__", "reason", "starts_at", "expires_at", "in_force")
    list_filter = ("action", ("site", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("site", "section", "tag", "article")
    search_fields = ("reason", "article__headline", "tag__name", "section__name")
    autocomplete_fields = ("section", "tag", "article")
    ordering = ("-expires_at",)
    actions = ("end_now",)
    fieldsets = (
        (None, {"fields": ("action", "reason", "expires_at", "seen_version")}),
        (
            "Where",
            {
                "fields": ("site", "section", "tag", "article"),
                "description": "A section, a tag or an article; none of them: the whole site.",
            },
        ),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial = super().get_changeform_initial_data(request)
        return {"expires_at": timezone.now() + timedelta(hours=2)} | initial

    @admin.display(description="in force", boolean=True)
    def in_force(self, override: PolicyOverride) -> bool:
        return override.starts_at <= timezone.now() < override.expires_at

    @admin.action(description="End now", permissions=["change"])
    def end_now(self, request: HttpRequest, overrides: QuerySet[PolicyOverride]) -> None:
        now, ended = timezone.now(), 0
        for override in overrides:
            if override.expires_at > now > override.starts_at:
                override.expires_at = now
                save_object(override, actor=request.user)
                ended += 1
        self.message_user(request, f"{ended} ended. Ads are chosen as before within a second.")
