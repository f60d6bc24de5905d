"""Forms of the admin: money as people write it, and nobody's change lost."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField
from django.utils import timezone

from ads.creatives import check_creative
from ads.delivery.limits import check_spent
from ads.line_items import check_line_item, check_move
from ads.models import AdImage, AdObject, Campaign, Creative, LineItem, Slot
from ads.money import format_money, parse_money
from ads.pictures import MOST_BYTES, encode_again
from ads.suitability import DEFAULT_TOLERANCE
from ads.targeting_form import prepare, targeting_fields, typed_rules
from articles.models import Site, Topic
from newsroom.errors import FieldError


class MoneyField(forms.CharField):
    """Typed and shown as 1,250.00; the value is integer micros."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "vTextField money"})
        super().__init__(**({"widget": widget} | options))

    def prepare_value(self, value: Any) -> Any:
        return format_money(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        typed = super().to_python(value)
        if not typed:
            return None
        try:
            micros = parse_money(typed)
        except ValueError as error:
            raise ValidationError("Write the amount like 1,250.00.", code="invalid") from error
        if micros > BigIntegerField.MAX_BIGINT:
            raise ValidationError("This amount is too large.", code="max_value")
        return micros

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != self.to_python(data))
        except ValidationError:
            return True


class SlotsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Slot) -> str:
        told = [f"{obj.code}: {obj.name}", ", ".join(obj.sizes)]
        if obj.floor_price_micros:
            told.append(f"from {format_money(obj.floor_price_micros)} per 1,000")
        return "; ".join(filter(None, told))


class AdObjectForm(forms.ModelForm):  # type: ignore[type-arg]
    """Refuses to overwrite a change that came after the form was opened."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "seen_version" in self.fields and not self.instance._state.adding:
            self.initial["seen_version"] = self.instance.version

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        seen = (cleaned or {}).get("seen_version")
        kind: type[AdObject] = type(self.instance)
        current = kind.objects.filter(pk=self.instance.pk).values_list("version", flat=True).first()
        if seen is not None and current is not None and seen != current:
            raise ValidationError(
                "Somebody has changed this since you opened it. What you typed stands below;"
                " open it again in another tab to see their change.",
                code="stale",
            )
        return cleaned

    def _post_clean(self) -> None:
        """What the events so far contradict is said at its field; ``save_object`` asks again."""
        super()._post_clean()  # type: ignore[misc]  # Django's own step; what was typed is on the instance then.
        if self.errors:
            return
        try:
            check_spent(self.instance, type(self.instance).objects.filter(pk=self.instance.pk).first())
        except FieldError as error:
            self.add_error(error.field if error.field in self.fields else None, error.detail)


class SlotForm(AdObjectForm):
    floor_price_micros = MoneyField(
        label="Floor price",
        initial=0,
        help_text="The lowest price per 1,000 impressions, in the site's currency: 2.50.",
    )

    def clean_sizes(self) -> list[str]:
        return list(dict.fromkeys(self.cleaned_data["sizes"]))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        in_thread = cleaned.get("position") == Slot.Position.IN_THREAD
        for name in ("after_n", "every_m"):
            if in_thread and cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, "A slot between comments needs this.")
            elif not in_thread:
                cleaned[name] = None
        return cleaned


class AdvertiserForm(AdObjectForm):
    """A tolerance per sensitive topic, each a choice of its own."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kept = self.instance.tolerances or {}
        for topic in Topic:
            self.fields[f"tolerance_{topic}"].initial = kept.get(topic, DEFAULT_TOLERANCE)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        chosen = {str(topic): cleaned.get(f"tolerance_{topic}", DEFAULT_TOLERANCE) for topic in Topic}
        # What is not named is the default: the row says only what the advertiser asked for.
        self.instance.tolerances = {t: value for t, value in chosen.items() if value != DEFAULT_TOLERANCE}
        return cleaned


TOLERANCE_WORDS = {
    "none": "not at all",
    "low": "low risk",
    "medium": "up to medium risk",
    "high": "up to high risk",
}
for _topic in Topic:
    # As if they stood in the class: one per topic of the closed set.
    AdvertiserForm.base_fields[f"tolerance_{_topic}"] = AdvertiserForm.declared_fields[
        f"tolerance_{_topic}"
    ] = forms.ChoiceField(
        label=_topic.label.capitalize(), choices=list(TOLERANCE_WORDS.items()), initial=DEFAULT_TOLERANCE
    )


class CampaignForm(AdObjectForm):
    budget_micros = MoneyField(label="Budget", required=False, help_text="Most that it spends: 1,250.00.")


class LineItemForm(AdObjectForm):
    price_micros = MoneyField(label="Price", initial=0, help_text="In the site's currency: 8.50.")
    budget_micros = MoneyField(label="Budget", required=False, help_text="Most that it spends: 1,250.00.")
    daily_cap_micros = MoneyField(label="Daily cap", required=False, help_text="Most on one day.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._was_stored = not self.instance._state.adding
        self._rules = list(self.instance.targeting)
        prepare(self, site=self._site(self.instance) if self._was_stored else None, rules=self._rules)
        self._state = self.instance.state(at=timezone.now()) if self._was_stored else ""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        names = ("type", "price_micros", "goal", "budget_micros", "daily_cap_micros")
        was = self.instance.status if self._was_stored else cleaned["status"]
        try:
            check_line_item(LineItem(**{name: cleaned.get(name) for name in names}))
            if self._was_stored:
                check_move(self._state, cleaned["status"], unmoved=was)
        except FieldError as error:
            self.add_error(error.field if error.field in self.fields else None, error.detail)
        rules = typed_rules(self, cleaned, site=self._site(cleaned["campaign"]), rules=self._rules)
        if not self.errors:
            self.instance.targeting = rules
        return cleaned

    @staticmethod
    def _site(found: LineItem | Campaign) -> Site:
        campaign = found.campaign if isinstance(found, LineItem) else found
        return campaign.advertiser.site


LineItemForm.base_fields |= targeting_fields()
LineItemForm.declared_fields |= targeting_fields()
TYPED = ("line_item", "kind", "image_alt", "size", "paid_by", "political")  # What the rules ask about.


class CreativeForm(AdObjectForm):
    """A creative with its picture's file; the rules are those of the API."""

    picture = forms.FileField(
        required=False,
        label="Picture",
        help_text="JPEG, PNG or WebP, at most 2 MB. It is encoded again: nothing but its pixels is kept.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    drop_picture = forms.BooleanField(required=False, label="Take the picture out")

    encoded: bytes | None = None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        item = cleaned.get("line_item")
        if item is None or self.errors:
            return cleaned
        try:
            image = self._image(cleaned, item.campaign.advertiser.site)
            check_creative(
                Creative(**{name: cleaned[name] for name in TYPED if name in cleaned}, image=image)
            )
        except FieldError as error:
            field = {"image": "picture"}.get(error.field, error.field)
            self.add_error(field if field in self.fields else None, error.detail)
        return cleaned

    def _image(self, cleaned: dict[str, Any], site: Site) -> AdImage | None:
        sent = cleaned.get("picture")
        if sent is None:
            return None if cleaned.get("drop_picture") else self.instance.image
        self.encoded = sent.read(MOST_BYTES + 1)
        encoded = encode_again(self.encoded)
        return AdImage(
            site=site, width=encoded.width, height=encoded.height, weight_bytes=len(encoded.content)
        )
