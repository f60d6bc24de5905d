"""The desk's pages about policies: what is inherited, what is said here, and what it would have done."""

from __future__ import annotations

import math
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from articles.models import Article, Section, Site
from moderation.desk import words
from moderation.desk.changes import changes_of
from moderation.desk.control import PolicyStale, save_policy
from moderation.desk.moderators import Visit
from moderation.desk.pages import desk_page, for_editors
from moderation.desk.policies import (
    ENOUGH_ROWS,
    Cut,
    Inherited,
    Resolver,
    Scope,
    cut_with,
    cuts_of,
    inherited_by,
    preview,
    rows_in,
    scope_of,
    with_draft,
)
from moderation.lifecycle.workbench import Row
from moderation.models import ModelVersion, Policy
from moderation.policy import LABELS, Thresholds, validate_thresholds
from newsroom.access.step_up import is_fresh, problem_with_proof
from newsroom.errors import FieldError

MOST_ARTICLES = 12
NUMBERS = {
    "new_authors": ("First comments of an author that are read first", 100),
    "max_links": ("Links in one comment; more are held", 100),
    "flood_limit": ("Comments of one network in ten minutes; more are held", 10_000),
    "close_after_days": ("Days after publication at which comments close; 0: never", 3_650),
}
SWITCHES = {
    "premoderate": "A person reads every comment first",
    "auto_reject": "The classifier rejects by itself, above its reject threshold",
}


class PolicyForm(forms.Form):
    """The switches and numbers of a policy; empty inherits. Cut points are read beside it."""

    do = forms.ChoiceField(choices=[("look", "look"), ("save", "save")])
    seen_version = forms.IntegerField(min_value=0)
    reason = forms.CharField(max_length=300, required=False)
    premoderate = forms.NullBooleanField(required=False)
    auto_reject = forms.NullBooleanField(required=False)
    new_authors = forms.IntegerField(min_value=0, max_value=NUMBERS["new_authors"][1], required=False)
    max_links = forms.IntegerField(min_value=0, max_value=NUMBERS["max_links"][1], required=False)
    flood_limit = forms.IntegerField(min_value=1, max_value=NUMBERS["flood_limit"][1], required=False)
    close_after_days = forms.IntegerField(
        min_value=0, max_value=NUMBERS["close_after_days"][1], required=False
    )


@require_safe
@for_editors
def policies(request: HttpRequest, here: Visit) -> HttpResponse:
    """Which sites, sections and articles say something themselves; and a way to any other."""
    _require(request, "view_policy")
    found = Policy.objects.select_related("site", "section", "article").order_by(
        "site__name", "section__name", "article__headline"
    )
    asked = request.GET.get("q", "").strip()[:100]
    articles = Article.objects.select_related("section").order_by("-published_at", "-pk")
    if here.sections:
        articles = articles.filter(section__in=here.sections)
    context = {
        "policies": [{"policy": one, "kind": _kind(one), "says": _says(one)} for one in found],
        "sites": Site.objects.order_by("-is_default", "name"),
        "sections": Section.objects.select_related("site").order_by("site__name", "position", "name"),
        "asked": asked,
        "articles": list(articles.filter(headline__icontains=asked)[:MOST_ARTICLES]) if asked else [],
    }
    return desk_page(request, here, "desk/policies.html", title="Policies", context=context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_editors
def policy(request: HttpRequest, here: Visit, kind: str, pk: UUID) -> HttpResponse:
    """One scope's policy: look at what a change would have done, then save it with a reason."""
    _require(request, "view_policy")
    scope = scope_of(kind, pk)
    if scope is None:
        raise Http404
    may_change = _may_change(request, here, scope)
    stored = scope.stored()
    version = ModelVersion.objects.filter(is_active=True).defer("artifact").first()
    now = timezone.now()
    rows = rows_in(scope, version, now=now) if version else []
    inherited = inherited_by(scope, Resolver(scope.site, version.manifest if version else {}))
    age = scope.target.close_after_days
    context: dict[str, Any] = {"scope": scope, "may_change": may_change, "entries": [], "version": version}
    if not stored._state.adding:
        context["entries"] = changes_of("policy", stored.pk)
    seen_version, reason, status = stored.version, "", 200
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        try:
            data, age = _typed(request.POST, stored, inherited)
            seen_version, reason = data["seen_version"], data["reason"]
            if data["do"] == "save":
                return _saved(request, scope, stored, data)
            if version is not None:
                context["preview"] = preview(scope, stored, rows, version, days=age, now=now)
        except (FieldError, PolicyStale) as error:
            context["problem"] = f"Nothing was saved. {error.detail}".rstrip(".") + "."
            seen_version, reason, status = stored.version, request.POST.get("reason", ""), error.status
    context |= {
        "seen_version": seen_version,
        "reason": reason,
        "switches": _switches(stored, inherited),
        "numbers": _numbers(stored, inherited, age),
        "labels": _labels(stored, inherited, rows, version),
        "count": len(rows),
        "is_enough": len(rows) >= ENOUGH_ROWS,
        "needs_proof": may_change and not is_fresh(request),
    }
    response = desk_page(
        request, here, "desk/policy.html", title=f"Policy of {scope.target}", context=context
    )
    response.status_code = status
    return response


# --- what was typed ----------------------------------------------------------------------------------
def _typed(post: QueryDict, stored: Policy, inherited: Inherited) -> tuple[dict[str, Any], int | None]:
    """The form's values, put into ``stored`` without saving it; and the closing age.

    Raises:
        FieldError: something cannot be read; says what.
    """
    form = PolicyForm(post)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        label = NUMBERS.get(name, SWITCHES.get(name, name))
        shown = label[0] if isinstance(label, tuple) else label
        raise FieldError(name, f"{shown}: {errors[0]}")
    data = form.cleaned_data
    thresholds: dict[str, Thresholds] = {}
    for label in LABELS:
        hold, reject = (_cut(post.get(f"{cut}_{label}", ""), label) for cut in ("hold", "reject"))
        outer = inherited.thresholds.get(label)
        if hold is None and reject is None:
            continue
        try:
            base = outer[0] if outer else Thresholds(1.0, 1.0)
            thresholds[label] = cut_with(base, hold=hold, reject=reject)
        except ValueError as error:
            raise FieldError(label, f"{words.LABELS[label]}: hold has to come before reject") from error
    with_draft(stored, thresholds=thresholds, values=data)
    return data, data["close_after_days"]


def _cut(text: str, label: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise FieldError(label, f"{words.LABELS[label]}: choose one of the steps") from error
    if not math.isfinite(value) or not 0.0 <= value <= 1.0:
        raise FieldError(label, f"{words.LABELS[label]}: a step lies between 0 and 1")
    return value


def _saved(request: HttpRequest, scope: Scope, draft: Policy, data: dict[str, Any]) -> HttpResponse:
    if not data["reason"]:
        raise FieldError("reason", "Write why, in a few words; it is kept with the change")
    if problem := problem_with_proof(request, request.POST.get("proof", "")):
        raise FieldError("proof", problem)
    is_changed = save_policy(
        draft,
        actor=request.user,
        reason=data["reason"],
        seen_version=data["seen_version"],
        close_after_days=data["close_after_days"],
    )
    if is_changed:
        messages.success(request, f"Saved. The next comment under {scope.target} is decided by it.")
    else:
        messages.info(request, "Nothing was different, so nothing was saved.")
    return HttpResponseRedirect(request.path)


# --- what is shown -----------------------------------------------------------------------------------
def _switches(stored: Policy, inherited: Inherited) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "label": label,
            "own": getattr(stored, name),
            "inherited": "yes" if inherited.values[name][0] else "no",
            "whose": inherited.values[name][1],
        }
        for name, label in SWITCHES.items()
    ]


def _numbers(stored: Policy, inherited: Inherited, age: int | None) -> list[dict[str, Any]]:
    rows = []
    for name, (label, most) in NUMBERS.items():
        is_age = name == "close_after_days"
        value, whose = inherited.close_after_days if is_age else inherited.values[name]
        own = age if is_age else getattr(stored, name)
        shown = "never" if is_age and not value else value
        row = {"name": name, "label": label, "own": own, "inherited": shown, "whose": whose, "most": most}
        rows.append(row | {"least": 1 if name == "flood_limit" else 0})
    return rows


def _labels(
    stored: Policy, inherited: Inherited, rows: list[Row], version: ModelVersion | None
) -> list[dict[str, Any]]:
    supported = version.manifest.get("supported", {}) if version else {}
    held_out = version.manifest.get("thresholds", {}) if version else {}
    own = validate_thresholds(stored.thresholds)
    found = []
    for label in LABELS:
        if label not in inherited.thresholds:
            continue
        outer, whose = inherited.thresholds[label]
        cut = own.get(label)
        also = {value for one in (outer, cut) if one for value in (one.hold, one.reject)}
        cuts = cuts_of(rows, label, also=also, manifest=version.manifest if version else None)
        achieves = held_out.get(label, {}).get("hold_achieves", {})
        found.append(
            {
                "label": label,
                "name": words.LABELS[label],
                "is_supported": supported.get(label, True),
                "holds": [_option(one, outer.hold, cut.hold if cut else None) for one in cuts],
                "rejects": [_option(one, outer.reject, cut.reject if cut else None) for one in cuts],
                "hold_inherited": _words(outer.hold),
                "reject_inherited": _words(outer.reject),
                "whose": whose,
                "achieves": {name: words.percent(value) for name, value in achieves.items()},
            }
        )
    return found


def _option(cut: Cut, inherited: float, own: float | None) -> dict[str, Any]:
    said = [_words(cut.at)]
    if cut.at < 1.0:
        if cut.caught is not None:
            said.append(f"takes {words.percent(cut.caught)} of comments")
        if cut.ordinary is not None:
            said.append(f"takes {words.percent(cut.ordinary)} of ordinary ones")
        if cut.finds is not None:
            said.append(f"finds {words.percent(cut.finds)} of such")
        if cut.right is not None:
            said.append(f"right in {words.percent(cut.right)}")
    if cut.at == inherited:
        said.append("as inherited")
    return {"value": repr(cut.at), "says": " · ".join(said), "is_chosen": own is not None and cut.at == own}


def _words(at: float) -> str:
    return "never" if at >= 1.0 else f"from {at:.3g}"


def _kind(one: Policy) -> tuple[str, UUID]:
    if one.article_id:
        return "article", one.article_id
    return ("section", one.section_id) if one.section_id else ("site", one.site_id)


def _says(one: Policy) -> str:
    """What a policy says itself, in a line."""
    said = []
    if one.premoderate is not None:
        said.append("everything is read first" if one.premoderate else "not everything is read first")
    if one.auto_reject is not None:
        said.append("the classifier rejects" if one.auto_reject else "the classifier only holds")
    if one.new_authors is not None:
        said.append(f"first {one.new_authors} of an author are read")
    if one.max_links is not None:
        said.append(f"up to {one.max_links} links")
    if one.flood_limit is not None:
        said.append(f"up to {one.flood_limit} in ten minutes")
    if one.thresholds:
        said.append("thresholds: " + ", ".join(words.LABELS.get(name, name) for name in one.thresholds))
    return "; ".join(said) or "inherits everything"


def _require(request: HttpRequest, right: str) -> None:
    if not request.user.has_perm(f"moderation.{right}"):
        raise PermissionDenied


def _may_change(request: HttpRequest, here: Visit, scope: Scope) -> bool:
    """Whoever moderates some sections changes the policies of those and of their articles alone."""
    covers = not here.sections or (scope.section is not None and scope.section.pk in here.sections)
    return covers and request.user.has_perms(("moderation.add_policy", "moderation.change_policy"))
