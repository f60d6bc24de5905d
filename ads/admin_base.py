"""What all ad forms share: a user's own sites only, and every write through ``ads.services``."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ads.forms import AdObjectForm, SlotsField
from ads.models import AdObject
from ads.preconditions import ANY
from ads.selectors import sites_of
from ads.services import remove_object, save_object, use_in_words
from articles.models import Article, Section, Site, Tag
from newsroom.errors import DomainError


class AdObjectAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Base: a user's own sites only, and every write through ``ads.services``, which note it in the audit."""

    form = AdObjectForm
    list_per_page = 50
    save_on_top = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        return of_own_sites(found, request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        options.setdefault("queryset", own_choices(db_field.remote_field.model, request))
        return super().formfield_for_foreignkey(db_field, request, **options)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        options.setdefault("queryset", own_choices(db_field.remote_field.model, request))
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


def of_own_sites(objects: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    kind: type[AdObject] = objects.model
    return objects.filter(**{f"{kind.site_path}__in": sites_of(request.user)})


def own_choices(kind: type[Model], request: HttpRequest) -> QuerySet[Any]:
    """What a field may point to: a user's own sites, and what belongs to them."""
    if kind is Site:
        return sites_of(request.user)
    objects: QuerySet[Any] = kind._default_manager.all()
    if kind in (Section, Tag, Article):
        return objects.filter(site__in=sites_of(request.user))
    return of_own_sites(objects, request) if issubclass(kind, AdObject) else objects
