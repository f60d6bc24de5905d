"""The booking form: dealer, dates, slots, price and picture, on one page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from ads.bookings import Order
from ads.creatives import IAB_SIZES, check_creative
from ads.fields import LARGEST_SMALLINT
from ads.forms import MoneyField, SlotsField
from ads.line_items import check_line_item
from ads.models import AdImage, Advertiser, Creative, LineItem, Slot
from ads.pictures import MOST_BYTES, store_image
from ads.targeting_form import NAMES, prepare, targeting_fields, typed_rules
from ads.targets import https_only, validate_public_target
from articles.models import Article, Site
from newsroom.errors import FieldError

LATEST_DAY = date(2200, 1, 1)
MOST_ARTICLES = 12
USUAL_WEIGHT = 100
NEW_ADVERTISER_FIELDS = ("category", "competitor_group")
CAMPAIGN_FIELDS = ("order_number", "billing_contact")
ITEM_FIELDS = (
    "type", "price_model", "price_micros", "goal", "budget_micros", "daily_cap_micros", "per_page",
    "roadblock",
)  # fmt: skip
CREATIVE_FIELDS = (
    "kind", "headline", "text", "call_to_action", "target_url", "image_alt", "size", "paid_by", "political",
)  # fmt: skip


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together; with a ``summary``, which says what holds without them, folded."""

    title: str
    names: tuple[str, ...]
    summary: str = ""


class BookingForm(forms.Form):
    """Checks what the API checks; ``order`` is what was typed, once it is valid."""

    advertiser = forms.ModelChoiceField(Advertiser.objects.none(), required=False, empty_label="a new one")
    new_advertiser = forms.CharField(
        max_length=120, required=False, label="New advertiser", help_text="The sponsor as readers see it."
    )
    category = forms.CharField(
        max_length=60, required=False, help_text="What it sells: cars, bread, insurance."
    )
    competitor_group = forms.SlugField(
        max_length=60, required=False, help_text="Two of one group never stand on the same page: car-dealers."
    )
    campaign = forms.CharField(
        max_length=120, label="Campaign", help_text="What was ordered, in a few words."
    )
    order_number = forms.CharField(
        max_length=60, required=False, help_text="The advertiser's, for statements."
    )
    billing_contact = forms.CharField(
        max_length=200, required=False, help_text="A department, not a private address."
    )
    first_day = forms.DateField(widget=DayInput)
    last_day = forms.DateField(widget=DayInput)
    slots = SlotsField(Slot.objects.none(), widget=forms.CheckboxSelectMultiple)
    type = forms.ChoiceField(
        choices=LineItem.Type.choices,
        initial=LineItem.Type.STANDARD,
        help_text="Sponsorship comes first, then standard, then bulk; house fills what is left.",
    )
    price_model = forms.ChoiceField(choices=LineItem.PriceModel.choices, initial=LineItem.PriceModel.FLAT)
    price_micros = MoneyField(label="Price", help_text="For what stands above; like 1,250.00.")
    goal = forms.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="Impressions that were booked, or clicks."
    )
    budget_micros = MoneyField(label="Budget", required=False, help_text="Most that it spends.")
    daily_cap_micros = MoneyField(
        label="Daily cap", required=False, help_text="Most that it spends on one day of the site."
    )
    pacing = forms.ChoiceField(choices=LineItem.Pacing.choices, initial=LineItem.Pacing.EVEN, required=False)
    weight = forms.IntegerField(
        min_value=1,
        max_value=LARGEST_SMALLINT,
        initial=USUAL_WEIGHT,
        required=False,
        help_text="Beside others of the same type: 200 is shown twice as often as 100.",
    )
    per_page = forms.IntegerField(
        min_value=1,
        max_value=LARGEST_SMALLINT,
        required=False,
        label="Times on one page",
        help_text="Most places that it fills on one page; empty: once.",
    )
    roadblock = forms.BooleanField(
        required=False, label="Roadblock", help_text="It fills all its slots of a page together, or none."
    )
    kind = forms.ChoiceField(choices=Creative.Kind.choices, initial=Creative.Kind.NATIVE, label="Kind of ad")
    headline = forms.CharField(max_length=90)
    text = forms.CharField(max_length=200, required=False)
    call_to_action = forms.CharField(max_length=30, required=False, help_text="The words of the link.")
    target_url = forms.CharField(
        max_length=500,
        label="Target",
        validators=[https_only, validate_public_target],
        help_text="Where a click leads; https only.",
    )
    picture = forms.FileField(
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text="JPEG, PNG or WebP, at most 2 MB.",
    )
    image = forms.UUIDField(required=False, widget=forms.HiddenInput)
    image_alt = forms.CharField(max_length=200, required=False, label="Picture in words")
    size = forms.ChoiceField(
        choices=[("fluid", "fluid (native)"), *((size, size) for size in IAB_SIZES)], initial="fluid"
    )
    paid_by = forms.CharField(
        max_length=120, required=False, help_text="Where somebody other than the sponsor pays."
    )
    political = forms.BooleanField(required=False, label="A political ad")
    article = forms.ModelChoiceField(
        Article.objects.none(), required=False, label="Preview on", empty_label=None
    )

    order: Order | None = None
    kept: AdImage | None = None

    groups = (
        Group("Who", ("advertiser", "new_advertiser", "campaign", *CAMPAIGN_FIELDS)),
        Group(
            "New advertiser",
            NEW_ADVERTISER_FIELDS,
            "Of no category and no competitor group; usual tolerances, which its own page changes",
        ),
        Group("When and where", ("first_day", "last_day", "slots")),
        Group("Targeting", NAMES, "Everywhere and at all times, unless something stands here"),
        Group("Price", ("type", "price_model", "price_micros", "goal", "budget_micros")),
        Group(
            "How often",
            ("daily_cap_micros", "pacing", "weight", "per_page", "roadblock"),
            "Evenly over its time, once on a page, beside others with the usual weight",
        ),
        Group("What readers see", ("kind", "headline", "text", "call_to_action", "target_url")),
        Group("Picture", ("picture", "image_alt", "size")),
        Group("Who pays", ("paid_by", "political")),
    )

    def __init__(self, *args: Any, site: Site, actor: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.site, self.actor = site, actor
        self._choose("advertiser", Advertiser.objects.of_site(site).order_by("name"))
        self._choose("slots", Slot.objects.of_site(site).filter(active=True).order_by("position", "code"))
        latest = Article.objects.filter(site=site).published(at=timezone.now()).newest_first()
        self._choose("article", latest)
        self.fields |= targeting_fields()
        prepare(self, site=site, rules=())
        shown = list(latest[:MOST_ARTICLES])
        self.fields["article"].widget.choices = [(article.pk, article.headline) for article in shown]

    @property
    def has_slots(self) -> bool:
        return bool(self.fields["slots"].queryset.exists())  # type: ignore[attr-defined]

    @property
    def has_articles(self) -> bool:
        return bool(self.fields["article"].widget.choices)

    def fieldsets(self) -> list[tuple[Group, list[forms.BoundField], bool]]:
        """Each group with its fields, and whether it stands open since something was typed in it."""
        return [
            (group, [self[name] for name in group.names], any(map(self._is_typed, group.names)))
            for group in self.groups
        ]

    def _is_typed(self, name: str) -> bool:
        typed = self.data.get(name)
        return bool(typed) and typed != str(self.fields[name].initial)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("advertiser") and not cleaned.get("new_advertiser"):
            self.add_error("new_advertiser", "Choose an advertiser, or name a new one.")
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "It ends before it starts.")
        if last and last > LATEST_DAY:
            self.add_error("last_day", "This day is too far away.")
        rules = typed_rules(self, cleaned, site=self.site, rules=())
        self.kept = self._picture(cleaned)
        if not self.errors:
            self.order = replace(self._order(cleaned), targeting=rules)
            self._check(self.order.unsaved())
        return cleaned

    def _order(self, cleaned: dict[str, Any]) -> Order:
        usual = {"weight": cleaned.get("weight") or USUAL_WEIGHT}
        usual["pacing"] = cleaned["pacing"] or LineItem.Pacing.EVEN
        return Order(
            site=self.site,
            advertiser=cleaned["advertiser"],
            new_advertiser=cleaned["new_advertiser"],
            campaign=cleaned["campaign"],
            first_day=cleaned["first_day"],
            last_day=cleaned["last_day"],
            slots=list(cleaned["slots"]),
            image=self.kept,
            about={name: cleaned[name] for name in NEW_ADVERTISER_FIELDS},
            paper={name: cleaned[name] for name in CAMPAIGN_FIELDS},
            item={name: cleaned[name] for name in ITEM_FIELDS} | usual,
            creative={name: cleaned[name] for name in CREATIVE_FIELDS},
        )

    def _check(self, creative: Creative) -> None:
        try:
            check_line_item(creative.line_item)
            check_creative(creative)
        except FieldError as error:
            self.refuse(error)

    def refuse(self, error: FieldError) -> None:
        """Show a service's refusal beside the field that it is about."""
        field = {"image": "picture", "name": "new_advertiser"}.get(error.field, error.field)
        self.add_error(field if field in self.fields else None, error.detail)

    def _picture(self, cleaned: dict[str, Any]) -> AdImage | None:
        """The picture sent now, else the one sent before: browsers forget files when a page comes back."""
        sent = cleaned.get("picture")
        if sent is None:
            return self._known(cleaned.get("image"))
        try:
            image, _ = store_image(sent.read(MOST_BYTES + 1), site=self.site, actor=self.actor)
        except FieldError as error:
            self.refuse(error)
            return None
        return image

    def _known(self, pk: UUID | None) -> AdImage | None:
        found: AdImage | None = AdImage.objects.of_site(self.site).filter(pk=pk).first() if pk else None
        return found

    def _choose(self, name: str, objects: QuerySet[Any]) -> None:
        self.fields[name].queryset = objects  # type: ignore[attr-defined]
