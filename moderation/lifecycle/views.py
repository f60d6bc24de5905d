"""The classifier's pages below the admin site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from articles.models import Site
from comments.models import CommentRevision
from moderation.desk import words
from moderation.engine import ModelUnavailable, engine
from moderation.lifecycle import drawing, selectors, services, workbench
from moderation.lifecycle.forms import ApplyForm, ProposalForm, ReviewForm, StepForm
from moderation.lifecycle.gates import CURVE_CUTS
from moderation.lifecycle.models import GateReport, ModelEvent, TrainingRun
from moderation.lifecycle.sampling import review_sample
from moderation.lifecycle.shadow import shadow_engine
from moderation.models import ModelVersion
from newsroom.access.step_up import is_fresh, proof_first, step_up
from newsroom.errors import DomainError

View = Callable[..., HttpResponse]
SHOWN_EVENTS = 30


def needs(permission: str) -> Callable[[View], View]:
    def wrap(view: View) -> View:
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.__name__ = view.__name__
        return never_cache(guarded)

    return wrap


def _page(request: HttpRequest, template: str, *, title: str, **context: Any) -> HttpResponse:
    base = {
        **admin.site.each_context(request),
        "title": title,
        "may_switch": request.user.has_perm("lifecycle.add_modelevent"),
        "may_review": request.user.has_perm("lifecycle.change_auditsample"),
        "may_set": request.user.has_perm("moderation.change_policy"),
    }
    return render(request, f"lifecycle/{template}.html", base | context)


# --- versions ------------------------------------------------------------------------------------------
@needs("lifecycle.view_modelevent")
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Versions with what is active, what is in shadow, and everything that ever happened to them."""
    events = ModelEvent.objects.select_related("version", "actor").defer(
        "version__artifact", "version__manifest"
    )
    return _page(
        request,
        "overview",
        title="Classifier",
        rows=selectors.version_rows(),
        previous=services.previous_version(),
        events=events.order_by("-at", "-pk")[:SHOWN_EVENTS],
        runs=TrainingRun.objects.order_by("-started_at")[:3],
        problems=_problems(),
        needs_proof=not is_fresh(request),
        waiting_samples=selectors.waiting_samples(user_id=request.user.pk or 0).count(),
    )


def _problems() -> list[str]:
    """What this process says about the versions that it should load."""
    found = []
    try:
        engine.active()
    except ModelUnavailable as error:
        found.append(f"No classifier serves: {error}. Comments are held.")
    else:
        if engine.refusal():
            found.append(f"The active version was refused and the one before it serves: {engine.refusal()}.")
    try:
        shadow_engine.active()
    except ModelUnavailable:
        pass
    if shadow_engine.refusal():
        found.append(f"The candidate in shadow was refused: {shadow_engine.refusal()}.")
    return found


@needs("lifecycle.view_modelevent")
@require_safe
def version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One version: what it states about itself, and its gates against the version that is active now."""
    shown = ModelVersion.objects.defer("artifact").filter(pk=version_id).first()
    if shown is None:
        raise Http404
    labels = [
        {
            "name": words.LABELS.get(label, label),
            "supported": shown.manifest.get("supported", {}).get(label),
            "metrics": shown.manifest.get("metrics", {}).get(label, {}),
            "cut": cut,
        }
        for label, cut in shown.manifest.get("thresholds", {}).items()
    ]
    reports = GateReport.objects.filter(version=shown).select_related("against").defer("against__artifact")
    return _page(
        request,
        "version",
        title=str(shown),
        version=shown,
        labels=labels,
        report=reports.order_by("-at", "-pk").first(),
        events=shown.events.select_related("actor").order_by("-at"),
    )


@step_up
@needs("lifecycle.add_modelevent")
@require_POST
def step(request: HttpRequest) -> HttpResponse:
    """Promote, roll back, start or stop the shadow."""
    form = StepForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was changed: the form was not complete.")
        return HttpResponseRedirect(reverse("admin:classifier"))
    try:
        messages.success(request, _do(form.cleaned_data, actor=request.user))
    except DomainError as error:
        messages.error(request, f"Nothing was changed: {error.detail}")
    return HttpResponseRedirect(reverse("admin:classifier"))


def _do(data: dict[str, Any], *, actor: Any) -> str:
    if data["step"] == "roll_back":
        return f"{services.roll_back(actor=actor, reason=data['reason'])} is active again."
    if data["step"] == "stop_shadow":
        services.stop_shadow(actor=actor, reason=data["reason"])
        return "Nothing is in shadow any more."
    chosen = ModelVersion.objects.defer("artifact").filter(pk=data["version"]).first()
    if chosen is None:
        raise Http404
    if data["step"] == "promote":
        services.promote(chosen, actor=actor, reason=data["reason"])
        return f"{chosen} is active. Every worker has it within ten seconds."
    services.start_shadow(chosen, actor=actor, reason=data["reason"])
    return f"{chosen} is in shadow: it scores live comments without effect."


@needs("lifecycle.view_modelevent")
@require_safe
def shadow(request: HttpRequest) -> HttpResponse:
    return _page(request, "shadow", title="In shadow", comparison=selectors.shadow_comparison())


# --- the audit sample ---------------------------------------------------------------------------------
@needs("lifecycle.view_modelevent")
@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        "errors",
        title="Real error rates",
        overall=selectors.errors_overall(),
        tables=[
            ("Month", selectors.errors_by_month()),
            ("Section", selectors.errors_by_section()),
        ],
    )


@needs("lifecycle.change_auditsample")
@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """The next text to judge. Nothing on the page, its address included, tells what the machine did."""
    waiting = selectors.waiting_samples(user_id=request.user.pk or 0)
    sample = waiting.select_related("comment__article", "comment__parent").first()
    text = None
    if sample is not None:
        text = CommentRevision.objects.filter(comment_id=sample.comment_id, revision=sample.revision).first()
    return _page(
        request,
        "review",
        title="Judge again",
        sample=sample,
        text=text,
        to_judge=waiting.count(),
        reasons=words.reason_choices(),
    )


@needs("lifecycle.change_auditsample")
@require_POST
def judge(request: HttpRequest) -> HttpResponse:
    form = ReviewForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            review_sample(
                sample_id=data["sample"],
                verdict=data["verdict"],
                reviewer=request.user,
                reason_code=data["reason"],
            )
            messages.success(request, "Kept. Here is the next one.")
        except DomainError as error:
            messages.error(request, f"Nothing was kept: {error.detail}")
    else:
        messages.error(request, "Nothing was kept: choose one of the two.")
    return HttpResponseRedirect(reverse("admin:classifier_review"))


# --- the threshold workbench ----------------------------------------------------------------------------
@needs("moderation.change_policy")
@require_safe
def thresholds(request: HttpRequest) -> HttpResponse:
    """Propose thresholds and see what they would have done with the last 30 days."""
    site = _site(request)
    active = ModelVersion.objects.filter(is_active=True).defer("artifact").first()
    if site is None or active is None:
        return _page(request, "thresholds", title="Thresholds", is_empty=True)
    scopes = workbench.Scopes(site, active)
    label = request.GET.get("label", "")
    label = label if label in scopes.of_site else next(iter(scopes.of_site), "toxicity")
    now_cut = scopes.of_site.get(label)
    asked = ProposalForm(request.GET) if "hold" in request.GET else None
    form = asked or ProposalForm(
        initial={
            "site": site,
            "label": label,
            "hold": round(now_cut.hold, 4) if now_cut else None,
            "reject": round(now_cut.reject, 4) if now_cut else None,
        }
    )
    rows = workbench.recent_rows(site, active, now=timezone.now())
    effect = None
    if asked is not None and asked.is_valid():
        effect = workbench.effect_of(rows, scopes, label=label, cut=asked.cut)
    return _page(
        request,
        "thresholds",
        title="Thresholds",
        form=form,
        site=site,
        label=label,
        label_name=words.LABELS[label],
        now_cut=now_cut,
        proposed=asked.cut if effect and asked else None,
        effect=effect,
        number=len(rows),
        judged=sum(row.is_violation is not None for row in rows),
        chart=_chart(rows, label, now_cut, asked.cut if effect and asked else None),
        gate_charts=_gate_charts(active, label, now_cut, asked.cut if effect and asked else None),
        seen_version=scopes.site_policy.version if scopes.site_policy else 0,
        is_supported=scopes.supported.get(label, True),
        needs_proof=not is_fresh(request),
    )


def _site(request: HttpRequest) -> Site | None:
    wanted = request.GET.get("site", "")
    try:
        chosen = Site.objects.filter(pk=UUID(wanted)).first() if wanted else None
    except ValueError:
        raise Http404 from None
    return chosen or Site.objects.order_by("-is_default", "name").first()


def _gate_charts(active: ModelVersion, label: str, now_cut: Any, proposed: Any) -> list[dict[str, Any]]:
    return [
        {
            "on": one["on"],
            "rows": one["rows"],
            **_frame(now_cut, proposed),
            "held": drawing.polyline(CURVE_CUTS, one["load"]),
            "caught": drawing.polyline(CURVE_CUTS, one["recall"]),
        }
        for one in workbench.gate_curves(active, label)
    ]


def _chart(rows: list[workbench.Row], label: str, now_cut: Any, proposed: Any) -> dict[str, Any]:
    curve = workbench.curve_of(rows, label)
    cuts = curve.cuts.tolist()
    return {
        **_frame(now_cut, proposed),
        "held": drawing.polyline(cuts, curve.held.tolist()),
        "caught": drawing.polyline(cuts, curve.caught.tolist()) if curve.caught is not None else "",
        "table": [
            (cuts[i], curve.held[i], curve.caught[i] if curve.caught is not None else None)
            for i in range(0, len(cuts), 10)
        ],
    }


def _frame(now_cut: Any, proposed: Any) -> dict[str, Any]:
    """Axes and threshold lines of a chart."""
    return {
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
        "now": drawing.x_of(now_cut.hold) if now_cut else "",
        "proposed": drawing.x_of(proposed.hold) if proposed else "",
        "lines": [(drawing.y_of(share / 4), f"{share * 25} %") for share in range(5)],
        "ticks": [(drawing.x_of(tick / 5), f"{tick / 5:.1f}") for tick in range(6)],
    }


@needs("moderation.change_policy")
@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    form = ApplyForm(request.POST)
    here = reverse("admin:classifier_thresholds")
    if not form.is_valid():
        problem = next(str(error) for found in form.errors.values() for error in found)
        messages.error(request, f"Nothing was changed. {problem}")
        return HttpResponseRedirect(here)
    data = form.cleaned_data
    if asked := proof_first(request):
        return asked
    try:
        policy = workbench.apply_thresholds(
            site=data["site"],
            label=data["label"],
            cut=form.cut,
            seen_version=data["seen_version"],
            actor=request.user,
            reason=data["reason"],
        )
        name = words.LABELS[data["label"]]
        messages.success(
            request,
            f"{name.capitalize()}: hold from {form.cut.hold:g}, reject from {form.cut.reject:g}. "
            f"Version {policy.version} of the policy of {policy.site}.",
        )
    except DomainError as error:
        messages.error(request, f"Nothing was changed: {error.detail}")
    return HttpResponseRedirect(f"{here}?site={data['site'].pk}&label={data['label']}")
