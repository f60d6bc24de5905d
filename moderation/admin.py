"""What the machine goes by, in forms: policies, classifier versions; and decisions, to read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from moderation.desk import words
from moderation.desk.changes import changes_of
from moderation.desk.control import save_policy
from moderation.models import Decision, ModelVersion, Policy
from moderation.policy import LABELS
from newsroom.audit.services import record

CUTS = ("hold", "reject")


class ReadOnly:
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


# --- policies ------------------------------------------------------------------------------------
class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Thresholds as a table of numbers; an empty one inherits. The reason goes into the history."""

    reason = forms.CharField(max_length=300, help_text="Why, in a few words. Kept with the change.")

    class Meta:
        model = Policy
        fields = ["site", "section", "article", "premoderate", "auto_reject", "max_links", "flood_limit"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("premoderate", "auto_reject"):
            if name in self.fields:
                widget: Any = self.fields[name].widget
                widget.choices = [("unknown", "inherit"), ("true", "yes"), ("false", "no")]
        stored = self.instance.thresholds or {}
        for label in LABELS:
            for cut in CUTS:
                self.fields[f"{label}_{cut}"] = forms.FloatField(
                    required=False,
                    min_value=0,
                    max_value=1,
                    initial=stored.get(label, {}).get(cut),
                    label=f"{words.LABELS[label].capitalize()}: {cut} from",
                    widget=forms.NumberInput(attrs={"step": "any"}),
                )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        thresholds = {}
        for label in LABELS:
            cut = {name: data.get(f"{label}_{name}") for name in CUTS}
            given = [value for value in cut.values() if value is not None]
            if len(given) == 1:
                self.add_error(f"{label}_{CUTS[0]}", "Give both, hold and reject, or neither.")
            elif given and given[0] > given[1]:
                self.add_error(f"{label}_hold", "Hold has to come before reject.")
            elif given:
                thresholds[label] = cut
        self.instance.thresholds = thresholds
        for name in ("section", "article"):
            if data.get(name) and data.get("site") and data[name].site_id != data["site"].pk:
                self.add_error(name, "This belongs to another site.")
        return data


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = PolicyForm
    change_form_template = "admin/moderation/with_history.html"
    list_display = [
        "__str__",
        "site",
        "premoderate",
        "auto_reject",
        "max_links",
        "flood_limit",
        "version",
        "updated_at",
    ]
    list_filter = ["site"]
    list_select_related = ["site", "section", "article"]
    search_fields = ["site__name", "section__name", "article__headline"]
    autocomplete_fields = ["section", "article"]
    actions = None

    def get_fieldsets(self, request: HttpRequest, obj: Policy | None = None) -> Any:
        active = ModelVersion.objects.filter(is_active=True).defer("artifact").first()
        return [
            (
                "Where it holds",
                {
                    "fields": ["site", "section", "article"],
                    "description": "A section or an article overrides its site; empty values inherit.",
                },
            ),
            ("Who is read first", {"fields": ["premoderate", "max_links", "flood_limit"]}),
            (
                "Detector",
                {
                    "fields": ["auto_reject", *((f"{label}_hold", f"{label}_reject") for label in LABELS)],
                    "description": achieved(active, caption=INHERITED),
                },
            ),
            ("Change", {"fields": ["reason"]}),
        ]  # fmt: skip

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # The threshold fields are made by the form itself, so Django must not look for them in the model.
        return super().get_form(request, obj, change=change, **(kwargs | {"fields": PolicyForm.Meta.fields}))

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        save_policy(obj, actor=request.user, reason=form.cleaned_data["reason"])

    def delete_model(self, request: HttpRequest, obj: Policy) -> None:
        record(
            action="policy.delete",
            object_type="policy",
            object_id=obj.pk,
            actor_kind="person",
            actor=request.user,
            data={"version": obj.version, "thresholds": obj.thresholds},
        )
        super().delete_model(request, obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        extra = {"entries": changes_of("policy", object_id)} | (extra_context or {})
        return super().change_view(request, object_id, form_url, extra)


INHERITED = (
    "Inherited where left empty: the active classifier's own, and what they achieve on held-out comments"
)


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


# --- classifier versions and decisions, to read --------------------------------------------------
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

    list_display = ["when", "outcome", "held_by", "reason_code", "by", "comment_name", "revision", "is_bulk"]
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
