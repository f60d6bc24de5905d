"""Delivery, and *where did this run?*, as pages of the admin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ads.booking_form import DayInput
from ads.delivery.circumstances import circumstances_of
from ads.delivery.credits import credit_decisions, credit_exposure, exposures
from ads.delivery.earnings import FIRST_STEP, PAUSE, earnings, hour_micros, in_all
from ads.delivery.explaining import decision_of, explain
from ads.delivery.models import AdDecision, Credit, Statement
from ads.delivery.progress import booked_items, daily, progress_of
from ads.delivery.reconciling import soundness
from ads.delivery.references import ids_meant, reference_of
from ads.delivery.reports import LONGEST, total
from ads.delivery.statements import as_csv, make_statement, next_period, proof_token, proven
from ads.delivery.whereabouts import MOST_RUNS, Run, article_meant, ran, runs_of, span_of, verdict_on
from ads.desk_views import own_site
from ads.models import Advertiser, Campaign
from articles.models import Article, Site
from articles.selectors import effective_sensitivity
from comments.models import Comment
from moderation.selectors import thread_states
from newsroom.access.step_up import proof_first
from newsroom.errors import DomainError

PRIVATE_PAGE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
MAY_SEE = "ads.view_lineitem"
MOST_EARNINGS = 200
MOST_REASON = 300


def delivery_urls(wrap: Callable[[Any], Any]) -> list[URLPattern]:
    """``wrap`` is the admin site's own guard."""
    return [
        path("ads/delivery/", wrap(delivery), name="ads_delivery"),
        path("ads/delivery/<uuid:item_id>/", wrap(delivery_of), name="ads_delivery_of"),
        path("ads/earnings/", wrap(earned), name="ads_earnings"),
        path("ads/statements/<uuid:statement_id>/", wrap(statement), name="ads_statement"),
        path("ads/campaigns/<uuid:campaign_id>/statement/", wrap(new_statement), name="ads_new_statement"),
        path("ads/exposure/<uuid:article_id>/", wrap(exposure), name="ads_exposure"),
        path("ads/where/", wrap(where), name="ads_where"),
        path("ads/where/<ad_reference:asked>/", wrap(why), name="ads_why"),
    ]


def delivery(request: HttpRequest) -> HttpResponse:
    """Every booking with how far it has come."""
    site, now = _allowed(request), timezone.now()
    rows = progress_of(list(booked_items(site, at=now)), at=now)
    return _page(request, "delivery", site, title="Delivery", rows=rows, sums=soundness())


def delivery_of(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """One booking, day by day."""
    site, now = _allowed(request), timezone.now()
    item = booked_items(site, at=now - timedelta(days=36_500)).filter(pk=item_id).first()
    if item is None:
        raise Http404
    (row,) = progress_of([item], at=now)
    days, chart, pacing = daily(item, at=now)
    title = f"{item.campaign.advertiser.name}: {item.campaign.name}"
    made = Statement.objects.filter(campaign=item.campaign).order_by("-number")
    context = {
        "statements": made,
        "period": next_period(item.campaign, at=now),
        "row": row,
        "days": days,
        "sums": total(days),
        "charts": [c for c in (pacing, chart) if c],
    }
    return _page(request, "delivery_of", site, title=title, **context)


class DaysForm(forms.Form):
    first_day = forms.DateField(widget=DayInput)
    last_day = forms.DateField(widget=DayInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first_day"), given.get("last_day")
        if first and last and not timedelta(0) <= last - first <= LONGEST:
            self.add_error("last_day", "Give a range of 1 to 366 days.")
        return given


def earned(request: HttpRequest) -> HttpResponse:
    """What each thread earns: the ads on its page, less the time of its moderators."""
    site = _allowed(request)
    today = timezone.localdate(timezone=ZoneInfo(site.time_zone))
    usual = {"first_day": today - timedelta(days=27), "last_day": today}
    is_asked = bool({"first_day", "last_day"} & set(request.GET))
    form = DaysForm(request.GET if is_asked else usual)
    days = form.cleaned_data if form.is_valid() else usual
    rows = earnings(site, first=days["first_day"], last=days["last_day"])
    context = {
        "form": form,
        "rows": rows[:MOST_EARNINGS],
        "left_out": max(0, len(rows) - MOST_EARNINGS),
        "sums": in_all(rows, site),
        "most": max((max(row.revenue_micros, row.cost_micros or 0) for row in rows), default=0),
        "rate": hour_micros(site),
        "pause": PAUSE.total_seconds() // 60,
        "first_step": FIRST_STEP.total_seconds() // 60,
    }
    return _page(request, "earnings", site, title="What a thread earns", **context)


def exposure(request: HttpRequest, article_id: UUID) -> HttpResponse:
    """Who stood on an article that it would not accept as judged now; one step credits one of them."""
    site = _allowed(request)
    article = Article.objects.select_related("section").filter(pk=article_id, site=site).first()
    if article is None:
        raise Http404
    found = exposures(article)
    if request.method == "POST":
        if not request.user.has_perm("ads.change_campaign"):
            raise PermissionDenied
        chosen = [one.advertiser for one in found if str(one.advertiser.pk) == request.POST.get("advertiser")]
        made = sum(credit_exposure(article=article, advertiser=one, actor=request.user) for one in chosen)
        messages.success(request, f"{made} impressions credited.")
        return HttpResponseRedirect(request.path)
    context = {"article": article, "now": effective_sensitivity(article), "found": found}
    return _page(request, "exposure", site, title="Exposure", **context)


class PeriodForm(forms.Form):
    first_day = forms.DateField(widget=DayInput)
    last_day = forms.DateField(widget=DayInput)


def new_statement(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Make the statement of a closed period of one campaign."""
    site = _allowed(request)
    if request.method != "POST" or not request.user.has_perm("ads.change_campaign"):
        raise PermissionDenied
    found = Campaign.objects.of_site(site).select_related("advertiser").filter(pk=campaign_id).first()
    if found is None:
        raise Http404
    form = PeriodForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the first and the last day.")
        return HttpResponseRedirect(reverse("admin:ads_delivery"))
    first, last = form.cleaned_data["first_day"], form.cleaned_data["last_day"]
    try:
        made = make_statement(found, first=first, last=last, actor=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.detail)
        return HttpResponseRedirect(reverse("admin:ads_delivery"))
    return HttpResponseRedirect(reverse("admin:ads_statement", args=[made.pk]))


def statement(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    """One statement as a page, or with ``?format=csv`` as a table."""
    site = _allowed(request)
    found = Statement.objects.filter(pk=statement_id, site=site).first()
    if found is None:
        raise Http404
    if request.GET.get("format") == "csv":
        if asked := proof_first(request):
            return asked
        name = f"statement-{found.number}.csv"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-cache",
        }
        return HttpResponse(as_csv(found), content_type="text/csv; charset=utf-8", headers=headers)
    proof = reverse("ad-statement", args=[proof_token(found)])
    return _page(request, "statement", site, title=f"Statement {found.number}", statement=found, proof=proof)


@require_safe
def proof_of_delivery(request: HttpRequest, token: str) -> HttpResponse:
    """The same statement for the advertiser, read-only; without its token it does not exist."""
    found = proven(token)
    if found is None:
        raise Http404
    response = TemplateResponse(request, "ads/proof.html", {"statement": found})
    for name, value in PRIVATE_PAGE.items():
        response[name] = value
    return response


class WhereForm(forms.Form):
    """What somebody who complains can say: who, on which article, when; or the reference under the ad."""

    reference = forms.CharField(max_length=60, required=False, help_text="From “Why this ad?” on the page.")
    advertiser = forms.ModelChoiceField(Advertiser.objects.none(), required=False, empty_label="any")
    article = forms.CharField(
        max_length=500, required=False, help_text="Its address, or words of its headline."
    )
    first_day = forms.DateField(required=False, widget=DayInput)
    last_day = forms.DateField(required=False, widget=DayInput)

    def __init__(self, *args: Any, site: Site, **options: Any) -> None:
        super().__init__(*args, **options)
        own = Advertiser.objects.of_site(site).order_by("name")
        self.fields["advertiser"].queryset = own  # type: ignore[attr-defined]

    def clean_reference(self) -> str:
        asked: str = self.cleaned_data["reference"]
        if asked and ids_meant(asked) is None:
            raise forms.ValidationError("A reference has fifteen letters and digits.")
        return asked


class CreditForm(forms.Form):
    """Which of the impressions listed are given back, and why."""

    run = forms.ModelMultipleChoiceField(AdDecision.objects.none())
    reason = forms.CharField(max_length=MOST_REASON)


def where(request: HttpRequest) -> HttpResponse:
    """*Where did this run?*: impressions by advertiser, article and time; one step credits those chosen."""
    site = _allowed(request)
    form = WhereForm(request.GET or None, site=site)
    found: list[Run] = []
    article, is_asked = None, bool(request.GET) and form.is_valid()
    if is_asked:
        asked = form.cleaned_data
        if asked["reference"]:
            return why(request, asked["reference"])
        article = article_meant(site, asked["article"])
        if article is not None or not asked["article"]:
            start, end = _span(site, asked)
            advertiser = asked["advertiser"].pk if asked["advertiser"] else None
            among = ran(
                site, advertiser=advertiser, article=article.pk if article else None, start=start, end=end
            )
            if request.method == "POST":
                _credit_chosen(request, among)
                return HttpResponseRedirect(request.get_full_path())
            found = runs_of(among.order_by("-at")[:MOST_RUNS])
    context = {"form": form, "runs": found, "article": article, "is_asked": is_asked, "most": MOST_RUNS}
    return _page(request, "where", site, title="Where did this run?", **context)


def _credit_chosen(request: HttpRequest, among: QuerySet[AdDecision]) -> None:
    """Credit what was ticked, of that which the page lists."""
    if not request.user.has_perm("ads.change_campaign"):
        raise PermissionDenied
    form = CreditForm(request.POST)
    form.fields["run"].queryset = among  # type: ignore[attr-defined]
    if not form.is_valid():
        messages.error(request, "Tick what is to be credited, and say why.")
        return
    chosen = [run.decision.pk for run in runs_of(list(form.cleaned_data["run"])) if run.may_be_credited]
    made = credit_decisions(chosen, reason=form.cleaned_data["reason"], actor=request.user)
    messages.success(request, f"{made} impressions credited.")


def why(request: HttpRequest, asked: str) -> HttpResponse:
    """One decision: what stood around it then and now, and why it was this ad."""
    site = _allowed(request)
    rows = AdDecision.objects.select_related(
        "slot", "article__section", "creative", "line_item__campaign__advertiser"
    )
    decision = decision_of(rows.filter(site=site), asked)
    if decision is None:
        raise Http404
    now = effective_sensitivity(decision.article)
    thread = thread_states([decision.article_id])[decision.article_id]
    advertiser = decision.line_item.campaign.advertiser if decision.line_item else None
    verdict = verdict_on(decision, circumstances_of(decision), now=now, thread=thread)
    context = {
        "decision": decision,
        "reference": reference_of(decision.pk),
        "advertiser": advertiser,
        "told": explain(decision),
        "now": now,
        "thread": thread,
        "verdict": verdict,
        "events": decision.events.order_by("at"),
        "uncounted": decision.uncounted.order_by("at"),
        "neighbours": Comment.objects.filter(pk__in=decision.neighbours).order_by("-created_at"),
        "credits": Credit.objects.filter(decision=decision).order_by("at"),
    }
    return _page(request, "why", site, title="Why this ad", **context)


def _allowed(request: HttpRequest) -> Site:
    site = own_site(request)
    if not request.user.has_perm(MAY_SEE):
        raise PermissionDenied
    return site


def _page(request: HttpRequest, name: str, site: Site, **context: Any) -> HttpResponse:
    with timezone.override(ZoneInfo(site.time_zone)):
        given = {**admin.site.each_context(request), "site": site, "currency": site.currency, **context}
        return TemplateResponse(request, f"admin/ads/{name}.html", given).render()


def _span(site: Site, asked: dict[str, Any]) -> tuple[datetime, datetime]:
    today = timezone.localdate(timezone=ZoneInfo(site.time_zone))
    last = min(asked["last_day"] or today, today)
    first = min(asked["first_day"] or last - timedelta(days=27), last)
    return span_of(site, first=first, last=last)
