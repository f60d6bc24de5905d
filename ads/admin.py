"""Slots and what is sold on them, as forms. They write through the same services as the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from ads.decision import first_failing_rule
from ads.forms import AdObjectForm, SlotForm, SlotsField
from ads.models import AdObject, Advertiser, Assignment, Campaign, Creative, LineItem, Slot
from ads.money import format_money
from ads.preconditions import ANY
from ads.selectors import candidate, sites_of
from ads.services import remove_object, save_object, use_in_words
from articles.models import Site
from newsroom.errors import DomainError

NOT_SHOWN = {
    "not_ready": "not ready",
    "not_started": "not started",
    "ended": "ended",
    "no_slot": "in no slot",
    "no_creative": "no creative",
}


class AdObjectAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Base: a user's own sites only, and every write through ``ads.services``, which note it in the audit."""

    form = AdObjectForm
    list_per_page = 50
    save_on_top = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        return _of_own_sites(found, request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        options.setdefault("queryset", _choices(db_field.remote_field.model, request))
        return super().formfield_for_foreignkey(db_field, request, **options)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        options.setdefault("queryset", _choices(db_field.remote_field.model, request))
        # A page has a handful of slots: all of them in sight, and one click each.
        options |= {"widget": forms.CheckboxSelectMultiple, "form_class": SlotsField}
        return super().formfield_for_manytomany(db_field, request, **options)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        default = sites_of(request.user).order_by("-is_default", "name").first()
        return {"site": default.pk if default else None} | initial

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Django's view; a refusal that came between check and writing is told as a message."""
        try:
            response: HttpResponse = super().changeform_view(request, *args, **options)
        except DomainError as error:
            messages.error(request, error.detail)
            return HttpResponseRedirect(request.get_full_path())
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        seen = form.cleaned_data.get("seen_version")
        related = {
            field.name: list(form.cleaned_data[field.name])
            for field in obj._meta.many_to_many
            if field.name in form.cleaned_data
        }
        save_object(obj, actor=request.user, wanted=(ANY if seen is None else str(seen),), related=related)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        for removed in formset.deleted_objects:
            remove_object(removed, actor=request.user)
        for kept, _ in formset.changed_objects:
            save_object(kept, actor=request.user)
        for new in formset.new_objects:
            save_object(new, actor=request.user)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        remove_object(obj, actor=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            remove_object(obj, actor=request.user)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Django's list; what line items use is shown as protected, though its link rows would cascade."""
        to_delete, counts, missing, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, missing, [*protected, *filter(None, (use_in_words(obj) for obj in objs))]


@admin.register(Slot)
class SlotAdmin(AdObjectAdmin):
    form = SlotForm
    list_display = ("code", "name", "position", "sizes_in_words", "floor_price", "bookings", "active")
    list_filter = ("active", "position", ("site", admin.RelatedOnlyFieldListFilter))
    search_fields = ("code", "name")
    ordering = ("site", "position", "code")
    actions = ("switch_on", "switch_off")
    fieldsets = (
        (None, {"fields": ("site", "code", "name", "position", "active", "seen_version")}),
        ("What fits", {"fields": ("sizes", "floor_price_micros")}),
        (
            "Between comments",
            {"fields": ("after_n", "every_m"), "description": "Only for slots in a thread; else left empty."},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        ready = Q(line_items__status=LineItem.Status.READY)
        found = super().get_queryset(request).select_related("site")
        counted: QuerySet[Any] = found.annotate(ready=Count("line_items", filter=ready))
        return counted

    @admin.display(description="sizes")
    def sizes_in_words(self, slot: Slot) -> str:
        return ", ".join(slot.sizes)

    @admin.display(description="floor price", ordering="floor_price_micros")
    def floor_price(self, slot: Slot) -> str:
        return f"{format_money(slot.floor_price_micros)} {slot.site.currency}"

    @admin.display(description="ready line items", ordering="ready")
    def bookings(self, slot: Any) -> int:
        return int(slot.ready)

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, slots: QuerySet[Slot]) -> None:
        self._switch(request, slots, active=True)

    @admin.action(description="Switch off: nothing is shown there", permissions=["change"])
    def switch_off(self, request: HttpRequest, slots: QuerySet[Slot]) -> None:
        self._switch(request, slots, active=False)

    def _switch(self, request: HttpRequest, slots: Iterable[Slot], *, active: bool) -> None:
        changed = [slot for slot in slots if slot.active != active]
        for slot in changed:
            slot.active = active
            save_object(slot, actor=request.user)
        self.message_user(request, f"Switched {'on' if active else 'off'}: {_listed(changed)}.")


@admin.register(Advertiser)
class AdvertiserAdmin(AdObjectAdmin):
    list_display = ("name", "site", "campaign_count", "ready_count")
    list_filter = (("site", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("site", "name", "seen_version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        ready = Q(campaigns__line_items__status=LineItem.Status.READY)
        found = super().get_queryset(request).select_related("site")
        counted: QuerySet[Any] = found.annotate(
            campaign_total=Count("campaigns", distinct=True),
            ready=Count("campaigns__line_items", filter=ready, distinct=True),
        )
        return counted

    @admin.display(description="campaigns", ordering="campaign_total")
    def campaign_count(self, advertiser: Any) -> int:
        return int(advertiser.campaign_total)

    @admin.display(description="ready line items", ordering="ready")
    def ready_count(self, advertiser: Any) -> int:
        return int(advertiser.ready)


class RunningFilter(admin.SimpleListFilter):
    title = "time"
    parameter_name = "time"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("running", "running"), ("upcoming", "upcoming"), ("ended", "ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        by_time = {
            "running": Q(starts_at__lte=now) & (Q(ends_at=None) | Q(ends_at__gt=now)),
            "upcoming": Q(starts_at__gt=now),
            "ended": Q(ends_at__lte=now),
        }
        return queryset.filter(by_time.get(self.value() or "", Q()))


@admin.register(Campaign)
class CampaignAdmin(AdObjectAdmin):
    list_display = ("name", "advertiser", "starts_at", "ends_at", "time", "line_item_count")
    list_filter = (RunningFilter, ("advertiser", admin.RelatedOnlyFieldListFilter))
    search_fields = ("name", "advertiser__name")
    autocomplete_fields = ("advertiser",)
    ordering = ("-starts_at",)
    fields = ("advertiser", "name", "starts_at", "ends_at", "seen_version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request).select_related("advertiser")
        counted: QuerySet[Any] = found.annotate(line_item_total=Count("line_items"))
        return counted

    @admin.display(description="now")
    def time(self, campaign: Campaign) -> str:
        now = timezone.now()
        if now < campaign.starts_at:
            return "upcoming"
        return "ended" if campaign.ends_at and now >= campaign.ends_at else "running"

    @admin.display(description="line items", ordering="line_item_total")
    def line_item_count(self, campaign: Any) -> int:
        return int(campaign.line_item_total)


class CreativeInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Creative
    fields = ("headline", "text", "call_to_action", "target_url", "active")
    extra = 0
    show_change_link = True


@admin.register(LineItem)
class LineItemAdmin(AdObjectAdmin):
    list_display = ("name", "advertiser", "campaign", "type", "status", "weight", "slot_codes", "shown_now")
    list_filter = ("status", "type", ("campaign__advertiser", admin.RelatedOnlyFieldListFilter))
    search_fields = ("name", "campaign__name", "campaign__advertiser__name")
    autocomplete_fields = ("campaign",)
    ordering = ("campaign__advertiser__name", "name")
    inlines = (CreativeInline,)
    fieldsets = (
        (None, {"fields": ("campaign", "name", "status", "seen_version")}),
        ("Where and how often", {"fields": ("slots", "type", "weight")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request).select_related("campaign__advertiser")
        return found.prefetch_related("slots", "creatives")

    @admin.display(ordering="campaign__advertiser__name")
    def advertiser(self, item: LineItem) -> str:
        return item.campaign.advertiser.name

    @admin.display(description="slots")
    def slot_codes(self, item: LineItem) -> str:
        return ", ".join(sorted(slot.code for slot in item.slots.all())) or "-"

    @admin.display(description="shown now")
    def shown_now(self, item: LineItem) -> str:
        reason = _why_not_shown(item)
        return f"no: {NOT_SHOWN.get(reason, reason)}" if reason else "yes"


@admin.register(Creative)
class CreativeAdmin(AdObjectAdmin):
    list_display = ("headline", "sponsor", "line_item", "target_url", "active")
    list_filter = ("active", ("line_item__campaign__advertiser", admin.RelatedOnlyFieldListFilter))
    search_fields = ("headline", "text", "line_item__name", "line_item__campaign__advertiser__name")
    autocomplete_fields = ("line_item",)
    ordering = ("line_item__campaign__advertiser__name", "headline")
    fields = ("line_item", "headline", "text", "call_to_action", "target_url", "active", "seen_version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("line_item__campaign__advertiser")

    @admin.display(ordering="line_item__campaign__advertiser__name")
    def sponsor(self, creative: Creative) -> str:
        return creative.line_item.campaign.advertiser.name


@admin.register(Assignment)
class AssignmentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Which ad managers work on which site. Superusers only: no role has the permission."""

    list_display = ("user", "site")
    list_filter = ("site",)
    autocomplete_fields = ("user",)


def _of_own_sites(objects: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    kind: type[AdObject] = objects.model
    return objects.filter(**{f"{kind.site_path}__in": sites_of(request.user)})


def _choices(kind: type[Model], request: HttpRequest) -> QuerySet[Any]:
    """What a field may point to: a user's own sites, and what belongs to them."""
    if kind is Site:
        return sites_of(request.user)
    objects: QuerySet[Any] = kind._default_manager.all()
    return _of_own_sites(objects, request) if issubclass(kind, AdObject) else objects


def _why_not_shown(item: LineItem) -> str:
    slots = [slot for slot in item.slots.all() if slot.active]
    creatives = [creative for creative in item.creatives.all() if creative.active]
    if not slots or not creatives:
        return "no_creative" if slots else "no_slot"
    creatives[0].line_item = item
    return first_failing_rule(candidate(creatives[0]), slot=slots[0].code, at=timezone.now())


def _listed(slots: list[Slot]) -> str:
    return ", ".join(slot.code for slot in slots) or "nothing, it was so already"
