"""Slots and what is sold on them, as forms. They write through the same services as the API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from ads.admin_base import AdObjectAdmin
from ads.admin_creatives import CreativeAdmin, PolicyOverrideAdmin
from ads.decision import first_failing_rule
from ads.forms import AdvertiserForm, CampaignForm, LineItemForm, SlotForm
from ads.models import Advertiser, Assignment, Campaign, Creative, LineItem, Slot
from ads.money import format_money
from ads.selectors import candidate
from ads.services import save_object
from ads.spent import is_spent_out
from ads.targeting_form import NAMES
from articles.models import Topic

__all__ = ["CreativeAdmin", "PolicyOverrideAdmin"]

NOT_SHOWN = {
    "not_ready": "not ready",
    "not_started": "not started",
    "ended": "ended",
    "not_approved": "not approved",
    "no_slot": "in no slot",
    "no_creative": "no creative",
}


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
    form = AdvertiserForm
    fieldsets = (
        (None, {"fields": ("site", "name", "category", "competitor_group", "seen_version")}),
        (
            "What it stands beside",
            {
                "fields": ("thread_tolerance", *(f"tolerance_{topic}" for topic in Topic)),
                "description": "Per sensitive topic the highest risk that it accepts beside its ads."
                " An article of which nothing is known counts as medium for every topic.",
            },
        ),
    )

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
    form = CampaignForm
    fieldsets = (
        (None, {"fields": ("advertiser", "name", "starts_at", "ends_at", "seen_version")}),
        ("Order", {"fields": ("budget_micros", "order_number", "billing_contact")}),
    )

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
    form = LineItemForm
    list_display = ("name", "advertiser", "campaign", "type", "now", "price", "slot_codes", "shown_now")
    list_filter = ("status", "type", ("campaign__advertiser", admin.RelatedOnlyFieldListFilter))
    search_fields = ("name", "campaign__name", "campaign__advertiser__name")
    autocomplete_fields = ("campaign",)
    ordering = ("campaign__advertiser__name", "name")
    inlines = (CreativeInline,)
    fieldsets = (
        (None, {"fields": ("campaign", "name", "status", "seen_version")}),
        ("Where and how often", {"fields": ("slots", "type", "weight", "pacing", "per_page", "roadblock")}),
        (
            "Price and limits",
            {"fields": ("price_model", "price_micros", "goal", "budget_micros", "daily_cap_micros")},
        ),
        (
            "Targeting",
            {
                "fields": NAMES,
                "classes": ("collapse",),
                "description": "All of it must hold; empty: everywhere.",
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request).select_related("campaign__advertiser__site")
        joined: QuerySet[Any] = found.prefetch_related("slots", "creatives").annotate(is_spent=is_spent_out())
        return joined

    @admin.display(ordering="campaign__advertiser__name")
    def advertiser(self, item: LineItem) -> str:
        return item.campaign.advertiser.name

    @admin.display(description="slots")
    def slot_codes(self, item: LineItem) -> str:
        return ", ".join(sorted(slot.code for slot in item.slots.all())) or "-"

    @admin.display(description="status", ordering="status")
    def now(self, item: LineItem) -> str:
        return str(LineItem.State(item.state(at=timezone.now())).label)

    @admin.display(description="price", ordering="price_micros")
    def price(self, item: LineItem) -> str:
        if item.type == LineItem.Type.HOUSE:
            return "-"
        currency = item.campaign.advertiser.site.currency
        return f"{format_money(item.price_micros)} {currency} {item.get_price_model_display()}"

    @admin.display(description="shown now")
    def shown_now(self, item: LineItem) -> str:
        reason = _why_not_shown(item)
        return f"no: {NOT_SHOWN.get(reason, reason)}" if reason else "yes"


@admin.register(Assignment)
class AssignmentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Which ad managers work on which site. Superusers only: no role has the permission."""

    list_display = ("user", "site")
    list_filter = ("site",)
    autocomplete_fields = ("user",)


def _why_not_shown(item: LineItem) -> str:
    slots = [slot for slot in item.slots.all() if slot.active]
    creatives = [creative for creative in item.creatives.all() if creative.active]
    if not slots or not creatives:
        return "no_creative" if slots else "no_slot"
    creatives[0].line_item = item
    return first_failing_rule(candidate(creatives[0]), slot=slots[0].code, at=timezone.now())


def _listed(slots: list[Slot]) -> str:
    return ", ".join(slot.code for slot in slots) or "nothing, it was so already"
