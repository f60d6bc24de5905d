"""The desk's pages about word lists. Nothing is saved before its effect could be seen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from articles.models import Section, Site
from moderation.desk.changes import changes_of
from moderation.desk.impact import Impact, impact_of
from moderation.desk.moderators import Visit
from moderation.desk.pages import desk_page, for_editors
from moderation.desk.wordlists import (
    ListChanged,
    as_csv,
    as_text,
    cleaned_words,
    save_word_list,
    words_of_file,
)
from moderation.models import WordList
from newsroom.access.step_up import step_up
from newsroom.errors import FieldError

LOOK, SAVE, TAKE_IN = "look", "save", "take_in"
KINDS = {
    WordList.Kind.BANNED: ("Banned words", "A comment with one of them is rejected."),
    WordList.Kind.SUSPECT: ("Suspect words", "A comment with one of them waits for a person."),
    WordList.Kind.BLOCKED_DOMAIN: ("Blocked domains", "A comment that links there waits for a person."),
    WordList.Kind.TRUSTED_DOMAIN: (
        "Trusted domains",
        "Links there do not count towards the most that a comment may have, and may be shortened.",
    ),
}


class NewListForm(forms.Form):
    """Which list is begun. ``where``: a site's or a section's id."""

    kind = forms.ChoiceField(choices=WordList.Kind.choices)
    where = forms.UUIDField()
    literal = forms.BooleanField(required=False)


class WordsForm(forms.Form):
    words = forms.CharField(required=False, strip=False, max_length=600_000)
    do = forms.ChoiceField(choices=[(LOOK, LOOK), (SAVE, SAVE), (TAKE_IN, TAKE_IN)])
    reason = forms.CharField(max_length=300, required=False)
    seen_version = forms.IntegerField(min_value=0)
    file = forms.FileField(required=False)
    replace = forms.BooleanField(required=False)


@require_safe
@for_editors
def word_lists(request: HttpRequest, here: Visit) -> HttpResponse:
    """Every list, by kind."""
    _require(request, "view_wordlist")
    found = list(WordList.objects.select_related("site", "section").order_by("site__name", "section__name"))
    context = {
        "kinds": [
            {
                "kind": kind,
                "title": title,
                "says": says,
                "is_domains": WordList(kind=kind).is_of_domains,
                "lists": [(one, _may_change(request, here, one)) for one in found if one.kind == kind],
            }
            for kind, (title, says) in KINDS.items()
        ],
        "places": _places(here) if request.user.has_perm("moderation.add_wordlist") else [],
        "is_multiple": Site.objects.count() > 1,
    }
    return desk_page(request, here, "desk/words.html", title="Word lists", context=context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def new_list(request: HttpRequest, here: Visit) -> HttpResponse:
    """A list that is not stored before its words are; the one that exists, if there is such a one."""
    _require(request, "add_wordlist")
    form = NewListForm(request.GET)
    if not form.is_valid():
        raise Http404
    data = form.cleaned_data
    site, section = _place(data["where"])
    is_literal = data["literal"] and not WordList(kind=data["kind"]).is_of_domains
    word_list = WordList(site=site, section=section, kind=data["kind"], is_literal=is_literal, version=0)
    if not _covers(here, word_list):
        raise PermissionDenied
    same = WordList.objects.filter(site=site, section=section, kind=data["kind"], is_literal=is_literal)
    existing = same.first()
    if existing is not None and request.method != "POST":
        return HttpResponseRedirect(reverse("admin:desk_words_of", args=[existing.pk]))
    return _edit(request, here, word_list)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def one_list(request: HttpRequest, here: Visit, list_id: UUID) -> HttpResponse:
    _require(request, "view_wordlist")
    return _edit(request, here, _list(list_id))


@step_up
@require_safe
@for_editors
def export(request: HttpRequest, here: Visit, list_id: UUID, kind: str) -> HttpResponse:
    _require(request, "view_wordlist")
    word_list = _list(list_id)
    text, content_type = (
        (as_csv(word_list), "text/csv") if kind == "csv" else (as_text(word_list), "text/plain")
    )
    response = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    scope = word_list.section.slug if word_list.section else word_list.site.code
    name = slugify(f"{word_list.kind}-{scope}{'-literal' if word_list.is_literal else ''}")
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


# --- what they share -------------------------------------------------------------------------------
def _edit(request: HttpRequest, here: Visit, word_list: WordList) -> HttpResponse:
    """The list with its words; what the typed ones would have caught; or stored, and back to all lists."""
    may_change = _may_change(request, here, word_list)
    stored = list(word_list.words)
    context: dict[str, Any] = {
        "word_list": word_list,
        "is_new": word_list._state.adding,
        "stored": len(stored),
        "text": "\n".join(stored),
        "may_change": may_change,
        "is_domains": word_list.is_of_domains,
        "is_trusted": word_list.kind == WordList.Kind.TRUSTED_DOMAIN,
        "entries": [] if word_list._state.adding else changes_of("wordlist", word_list.pk),
        "seen_version": word_list.version,
        "kind_says": KINDS[WordList.Kind(word_list.kind)][1],
    }
    status = 200
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        form = WordsForm(request.POST, request.FILES)
        try:
            if not form.is_valid():
                raise FieldError("words", "That could not be read: at most 600,000 characters.")
            done = _do(request, form.cleaned_data, word_list, stored, context)
        except (FieldError, ListChanged) as error:
            context["problem"] = str(error.detail).rstrip(".") + "."
            context["reason"] = request.POST.get("reason", "")
            status = error.status
        else:
            if done is not None:
                return done
    title = KINDS[WordList.Kind(word_list.kind)][0]
    response = desk_page(request, here, "desk/words_of.html", title=title, context=context)
    response.status_code = status
    return response


def _do(
    request: HttpRequest,
    data: dict[str, Any],
    word_list: WordList,
    stored: list[str],
    context: dict[str, Any],
) -> HttpResponse | None:
    """Look, take in a file, or save: then where to go on."""
    lines = data["words"].splitlines()
    context |= {"text": "\n".join(lines), "reason": data["reason"], "seen_version": data["seen_version"]}
    if data["do"] == TAKE_IN:
        if data["file"] is None:
            raise FieldError("file", "Choose a file first.")
        taken = words_of_file(data["file"].read(), name=data["file"].name or "")
        lines = taken if data["replace"] else [*lines, *taken]
        context["taken_in"] = len(taken)
        context["text"] = "\n".join(lines)
    words = cleaned_words(lines, is_domains=word_list.is_of_domains, is_literal=word_list.is_literal)
    context["text"] = "\n".join(words)
    if data["do"] != SAVE:
        context["impact"] = impact_of(word_list, words=words, stored=stored, now=timezone.now())
        return None
    if not data["reason"]:
        raise FieldError("reason", "Write why, in a few words. It is kept with the change.")
    added = sorted(set(words) - set(stored))
    _refuse_common(impact_of(word_list, words=added, stored=(), now=timezone.now()))
    word_list.words = words
    is_changed = save_word_list(
        word_list, actor=request.user, reason=data["reason"], seen_version=data["seen_version"]
    )
    if is_changed:
        messages.success(request, f"Saved: {word_list}, {len(words)} in it; it holds at once.")
    else:
        messages.info(request, "Nothing was different, so nothing was saved.")
    return HttpResponseRedirect(reverse("admin:desk_words"))


def _refuse_common(impact: Impact) -> None:
    if impact.too_common:
        common = ", ".join(impact.too_common)
        raise FieldError("words", f"In at least half of what is written here, so it says nothing: {common}.")


def _require(request: HttpRequest, right: str) -> None:
    if not request.user.has_perm(f"moderation.{right}"):
        raise PermissionDenied


def _list(list_id: UUID) -> WordList:
    found = WordList.objects.select_related("site", "section").filter(pk=list_id).first()
    if found is None:
        raise Http404
    return found


def _may_change(request: HttpRequest, here: Visit, word_list: WordList) -> bool:
    right = "add" if word_list._state.adding else "change"
    return request.user.has_perm(f"moderation.{right}_wordlist") and _covers(here, word_list)


def _covers(here: Visit, word_list: WordList) -> bool:
    """Whoever moderates some sections changes lists of those alone."""
    return not here.sections or (word_list.section_id is not None and word_list.section_id in here.sections)


def _places(here: Visit) -> list[tuple[UUID, str]]:
    """Sites and sections that a list may be for."""
    sites = [] if here.sections else list(Site.objects.order_by("-is_default", "name"))
    sections = Section.objects.select_related("site").order_by("site__name", "name")
    mine = [one for one in sections if not here.sections or one.pk in here.sections]
    return [(site.pk, f"All of {site}") for site in sites] + [(one.pk, f"{one} ({one.site})") for one in mine]


def _place(pk: UUID) -> tuple[Site, Section | None]:
    section = Section.objects.select_related("site").filter(pk=pk).first()
    if section is not None:
        return section.site, section
    site = Site.objects.filter(pk=pk).first()
    if site is None:
        raise Http404
    return site, None
