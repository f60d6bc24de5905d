"""What the machine goes by, in forms: policies, word lists, classifier versions; and decisions, to read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from articles.models import Site
from moderation.desk import words
from moderation.desk.control import cleaned_words, save_policy, save_word_list
from moderation.desk.impact import impact_of
from moderation.models import Decision, ModelVersion, Policy, WordList
from moderation.policy import LABELS
from newsroom.audit.models import AuditEntry
from newsroom.audit.services import record
from newsroom.errors import FieldError

CUTS = ("hold", "reject")


class ReadOnly:
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def audit_history(object_type: str, object_id: Any) -> list[AuditEntry]:
    rows = AuditEntry.objects.filter(object_type=object_type, object_id=str(object_id)).select_related(
        "actor"
    )
    return list(rows.order_by("-id")[:50])


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
        extra = {"entries": audit_history("policy", object_id)} | (extra_context or {})
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


# --- word lists ----------------------------------------------------------------------------------
class WordListForm(forms.ModelForm):  # type: ignore[type-arg]
    """One word or phrase a line."""

    words = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 18, "class": "vLargeTextField", "spellcheck": "false"}),
        required=False,
        help_text="One a line, in plain spelling: spaced, leet and look-alike spellings are found as well.",
    )

    class Meta:
        model = WordList
        fields = ["site", "kind", "words"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.words:
            self.initial["words"] = "\n".join(self.instance.words)

    def clean(self) -> dict[str, Any]:
        """Refuse words that match nothing, everything, or every second comment of the last 30 days."""
        data = super().clean() or self.cleaned_data
        site: Site | None = data.get("site") or (self.instance.site if self.instance.site_id else None)
        kind: str = data.get("kind") or self.instance.kind
        if site is None or not kind or "words" not in data:
            return data
        try:
            words = cleaned_words(data["words"].splitlines(), is_domains=kind == WordList.Kind.BLOCKED_DOMAIN)
        except FieldError as error:
            self.add_error("words", forms.ValidationError(error.detail, code=error.field_code))
            return data
        added = sorted(set(words) - set(self.instance.words))
        impact = impact_of(site=site, kind=kind, words=added, stored=(), now=timezone.now())
        if impact.too_common:
            common = ", ".join(impact.too_common)
            self.add_error("words", f"In at least half of the comments of the last 30 days: {common}.")
        data["words"] = words
        return data


@admin.register(WordList)
class WordListAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = WordListForm
    change_form_template = "admin/moderation/wordlist_form.html"
    list_display = ["kind", "site", "number", "version", "updated_at"]
    list_filter = ["site", "kind"]
    list_select_related = ["site"]
    actions = None

    @admin.display(description="words")
    def number(self, word_list: WordList) -> int:
        return len(word_list.words)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["site", "kind"] if obj else []

    def get_urls(self) -> list[URLPattern]:
        impact = path("<uuid:pk>/impact/", self.admin_site.admin_view(self.impact), name="wordlist_impact")
        return [impact, *super().get_urls()]

    def impact(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """What the words in the form would have caught, with nothing saved."""
        word_list = WordList.objects.select_related("site").filter(pk=pk).first()
        if word_list is None:
            raise Http404
        if not self.has_change_permission(request, word_list):
            raise PermissionDenied
        text = request.POST.get("words", "\n".join(word_list.words))
        context = {
            **self.admin_site.each_context(request),
            "word_list": word_list,
            "text": text,
            "title": "Preview",
        }
        is_domains = word_list.kind == WordList.Kind.BLOCKED_DOMAIN
        try:
            words = cleaned_words(text.splitlines(), is_domains=is_domains)
        except FieldError as error:
            context["problem"] = error.detail
        else:
            context["impact"] = impact_of(
                site=word_list.site,
                kind=word_list.kind,
                words=words,
                stored=word_list.words,
                now=timezone.now(),
            )
        return TemplateResponse(request, "desk/wordlist_impact.html", context)

    def save_model(self, request: HttpRequest, obj: WordList, form: Any, change: bool) -> None:
        save_word_list(obj, actor=request.user)

    def delete_model(self, request: HttpRequest, obj: WordList) -> None:
        record(
            action="wordlist.delete",
            object_type="wordlist",
            object_id=obj.pk,
            actor_kind="person",
            actor=request.user,
            data={"kind": obj.kind, "version": obj.version, "words": len(obj.words)},
        )
        super().delete_model(request, obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        extra = {"entries": audit_history("wordlist", object_id)} | (extra_context or {})
        return super().change_view(request, object_id, form_url, extra)


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
