"""Articles and what they are sorted by; scheduling; and how sensitive their topics are."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles.models import Article, Risk, Section, Sensitivity, Site, Tag, Topic
from articles.selectors import proposed_sensitivities
from articles.services import answer_proposal, propose_sensitivity, set_sensitivity
from newsroom.audit.services import record

TIME_SHOWN = "j M Y, H:i"


class ArticleForm(forms.ModelForm):  # type: ignore[type-arg]
    """The article, and a line to note the risk of one topic; earlier notes stay as history."""

    canonical_url = forms.URLField(
        max_length=500, required=False, assume_scheme="https", label="Canonical URL"
    )
    topic = forms.ChoiceField(
        choices=[("", "no change"), *Topic.choices], required=False, label="Sensitive topic"
    )
    risk = forms.ChoiceField(choices=[("", "choose"), *Risk.choices], required=False)
    risk_reason = forms.CharField(
        max_length=300, required=False, label="Reason", help_text="For the record; not published."
    )

    class Meta:
        model = Article
        fields = [
            "headline", "standfirst", "body", "byline", "site", "section", "tags", "slug", "canonical_url",
            "external_id", "is_stub", "status", "published_at", "comments_open", "comments_close_at", "image",
            "image_alt",
        ]  # fmt: skip
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "headline": forms.TextInput(attrs={"class": "vTextField"}),
            "standfirst": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "body": forms.Textarea(attrs={"rows": 24, "class": "vLargeTextField"}),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        site, section = data.get("site"), data.get("section")
        if site and section and section.site_id != site.pk:
            self.add_error("section", f"This section belongs to {section.site}.")
        if site and any(tag.site_id != site.pk for tag in data.get("tags") or []):
            self.add_error("tags", "Use tags of the article's own site.")
        self._check_time(data)
        if bool(data.get("topic")) != bool(data.get("risk")):
            self.add_error("risk", "Give a topic and its risk, or neither.")
        return data

    def _check_time(self, data: dict[str, Any]) -> None:
        status, at = data.get("status"), data.get("published_at")
        is_new_plan = {"status", "published_at"} & set(self.changed_data)
        if status == Article.Status.SCHEDULED and is_new_plan and (at is None or at <= timezone.now()):
            self.add_error("published_at", "Give the time in the future at which readers may see it.")
        if status == Article.Status.PUBLISHED and at is None:
            data["published_at"] = self.instance.published_at = timezone.now()
        if status == Article.Status.PUBLISHED and at is not None and at > timezone.now() and is_new_plan:
            self.add_error("status", "This time is yet to come: choose “scheduled”, or an earlier time.")


class SensitivityHistory(admin.TabularInline):  # type: ignore[type-arg]
    """What was noted about the article's topics so far, newest first. Never changed."""

    model = Sensitivity
    verbose_name_plural = "Sensitivity so far"
    fields = ("topic", "risk", "source", "set_by", "reason", "at")
    readonly_fields = fields
    extra = 0
    can_delete = False
    classes = ["collapse"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sensitivity]:
        return super().get_queryset(request).select_related("set_by")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = ArticleForm
    list_display = ["headline", "section", "shown", "when", "comments", "links"]
    list_filter = ["status", "section", "comments_open", "published_at", "site"]
    list_select_related = ["section", "site"]
    search_fields = ["headline", "standfirst", "byline", "slug", "external_id"]
    search_help_text = "Headline, standfirst, byline, slug or external id"
    date_hierarchy = "published_at"
    ordering = ["-published_at", "-id"]
    list_per_page = 50
    show_full_result_count = False
    autocomplete_fields = ["tags", "section"]
    prepopulated_fields = {"slug": ["headline"]}
    actions = None
    change_form_template = "admin/articles/article_form.html"
    inlines = [SensitivityHistory]
    fieldsets = [
        (None, {"fields": ["headline", "standfirst", "body", "byline"]}),
        ("Where", {"fields": ["site", "section", "tags", "slug", "canonical_url", "external_id", "is_stub"]}),
        (
            "When",
            {
                "fields": ["status", "published_at"],
                "description": "A scheduled article appears by itself at its time.",
            },
        ),
        ("Comments", {"fields": ["comments_open", "comments_close_at"]}),
        ("Picture", {"fields": ["image", "image_alt"]}),
        (
            "Sensitivity",
            {
                "fields": [("topic", "risk"), "risk_reason"],
                "description": "Decides which advertisements may stand beside it.",
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return super().get_queryset(request).select_related("thread")

    @admin.display(description="status", ordering="status")
    def shown(self, article: Article) -> str:
        if (
            article.status == Article.Status.SCHEDULED
            and article.published_at
            and article.published_at <= timezone.now()
        ):
            return "published as scheduled"
        return article.get_status_display()

    @admin.display(description="published at", ordering="published_at")
    def when(self, article: Article) -> str:
        return (
            date_format(timezone.localtime(article.published_at), TIME_SHOWN) if article.published_at else ""
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        site = Site.objects.filter(is_default=True).first()
        return {**super().get_changeform_initial_data(request), **({"site": site.pk} if site else {})}

    @admin.display(description="comments")
    def comments(self, article: Article) -> SafeString | int:
        thread = getattr(article, "thread", None)
        number = thread.published_count if thread else 0
        return format_html(
            '<a href="{}?article__id__exact={}">{}</a>',
            reverse("admin:comments_comment_changelist"),
            article.pk,
            number,
        )

    @admin.display(description="")
    def links(self, article: Article) -> SafeString:
        is_readable = article.is_readable(at=timezone.now())
        url = (
            article.get_absolute_url() if is_readable else reverse("admin:article_preview", args=[article.pk])
        )
        return format_html('<a href="{}">{}</a>', url, "View" if is_readable else "Preview")

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        fields = sorted(set(form.changed_data) - {"topic", "risk", "risk_reason"})
        if fields or not change:
            action = "article.update" if change else "article.create"
            record(
                action=action,
                object_type="article",
                object_id=obj.pk,
                actor_kind="person",
                actor=request.user,
                data={"fields": fields},
            )
        if obj.status in {Article.Status.PUBLISHED, Article.Status.SCHEDULED} and fields:
            proposals = propose_sensitivity(obj)
            if proposals and not form.cleaned_data.get("topic"):
                words = "; ".join(f"{p.topic} {p.risk} ({', '.join(p.because)})" for p in proposals)
                url = reverse("admin:articles_article_change", args=[obj.pk])
                told = format_html(
                    'Sensitive? {} <a href="{}#proposed">Confirm with one click</a>', words, url
                )
                self.message_user(request, told, messages.WARNING)
        if form.cleaned_data.get("topic"):
            data = form.cleaned_data
            set_sensitivity(
                article=obj,
                topic=data["topic"],
                risk=data["risk"],
                source=Sensitivity.Source.EDITOR,
                actor=request.user,
                reason=data["risk_reason"],
            )

    def get_urls(self) -> list[URLPattern]:
        answer = path(
            "<uuid:article_id>/sensitivity/",
            self.admin_site.admin_view(self.answer_view),
            name="articles_article_sensitivity",
        )
        return [answer, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        article = self.get_object(request, object_id)
        proposed = proposed_sensitivities(article) if article else []
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "proposed": proposed}
        )

    def answer_view(self, request: HttpRequest, article_id: UUID) -> HttpResponse:
        """One click confirms what was proposed, another says that it is of low risk."""
        article = self.get_queryset(request).filter(pk=article_id).first()
        if article is None:
            raise Http404
        if request.method != "POST" or not self.has_change_permission(request, article):
            raise PermissionDenied
        is_right = request.POST.get("answer") == "right"
        number = answer_proposal(article=article, is_right=is_right, actor=request.user)
        self.message_user(
            request, f"{number} topics {'confirmed' if is_right else 'noted as low risk'}.", messages.SUCCESS
        )
        return HttpResponseRedirect(reverse("admin:articles_article_change", args=[article.pk]))

    def delete_model(self, request: HttpRequest, obj: Article) -> None:
        identifier = obj.pk
        super().delete_model(request, obj)
        record(
            action="article.delete",
            object_type="article",
            object_id=identifier,
            actor_kind="person",
            actor=request.user,
        )


@admin.register(Section)
class SectionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = [
        "name",
        "site",
        "slug",
        "position",
        "default_topic",
        "default_risk",
        "comments_open",
        "readable",
    ]
    list_filter = ["site", "comments_open"]
    list_select_related = ["site"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Section]:
        is_out = ~Q(articles__status=Article.Status.DRAFT)
        found: QuerySet[Section] = super().get_queryset(request)
        return found.annotate(article_count=Count("articles", filter=is_out))

    @admin.display(description="articles", ordering="article_count")
    def readable(self, section: Any) -> int:
        return int(section.article_count)


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "slug", "site"]
    list_filter = ["site"]
    list_select_related = ["site"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Site)
class SiteAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "domain", "code", "language", "time_zone", "is_default", "comments_open"]
    search_fields = ["name", "domain", "code"]
    actions = None
    fieldsets = [
        (None, {"fields": ["name", "tagline", "code", "domain", "is_default"]}),
        ("Language, time and money", {"fields": ["language", "time_zone", "currency"]}),
        (
            "Advertisements",
            {
                "fields": [
                    "ad_label",
                    "disclosure",
                    "four_eyes",
                    "political_ads",
                    "political_notice",
                    "ads_txt",
                ]
            },
        ),
        ("Comments", {"fields": ["comments_open", "embed_origins"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
