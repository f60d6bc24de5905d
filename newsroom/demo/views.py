"""The tour, its one-time doors, its live lines, and the demo's mail."""

from __future__ import annotations

import secrets
import shlex
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from ads.models import Slot
from articles.models import Article, Section, Site
from articles.selectors import readable_articles, site_for
from comments.models import Comment
from comments.selectors import thread_version
from comments.services import accepts_comments
from comments.tokens import is_status_token
from newsroom.access import pending
from newsroom.access.second_factor import is_required
from newsroom.demo.doors import DOORS, DoorClosed, make_token, open_door, read_token
from newsroom.demo.guard import demo_only
from newsroom.demo.health import health
from newsroom.demo.journey import journey
from newsroom.demo.mail import letters
from newsroom.demo.people import read_logins
from newsroom.demo.ports import LONGEST, SAMPLE, ask, curl_call
from newsroom.demo.readers import readers_stop
from newsroom.demo.texts import SAMPLES, Sample, made_up_address
from newsroom.pages.cards import masthead
from newsroom.pages.context import Form
from newsroom.pages.forms import Typed
from newsroom.pages.words import FIELD_PROBLEMS, PROBLEMS, REASONS

BREAKABLE = {
    "worker": "killed; the reconciler judges in its place, and within half a minute it is named",
    "broker": "frozen; comments are still accepted, at once",
    "database": "killed; the site says 503 and loses nothing",
    "model": "cannot be loaded; comments are held, never published",
    "ports": "killed; the paper goes on, and the part is named within half a minute",
}
BREAK_FOR_S = 30


@demo_only
@require_safe
def tour(request: HttpRequest) -> HttpResponse:
    site, now = site_for(request), timezone.now()
    article = _article_to_comment(site)
    sample = next((sample for sample in SAMPLES if sample.key == request.GET.get("try")), None)
    said = request.GET.get("say", "").strip()[:LONGEST]
    context = {
        "masthead": _masthead(site),
        "article": article,
        "asked": ask(said) if said else None,
        "sample_text": said or SAMPLE,
        "longest_text": LONGEST,
        "analyze_call": curl_call(said or SAMPLE),
        "ports_url": settings.NEWSROOM_PORTS_URL,
        "comment_count": thread_version(article.pk)[1] if article else 0,
        "samples": SAMPLES,
        "chosen": sample,
        "address": made_up_address(),
        "form": _form(article, sample) if article else None,
        "reasons": REASONS,
        "problems": PROBLEMS,
        "field_problems": FIELD_PROBLEMS,
        "suits": _newest(site, section__slug="sport"),
        "conflicts": _newest(site, sensitivities__topic="war", sensitivities__risk="high"),
        "readers": readers_stop(site, at=now),
        "needs_app": is_required(),
        "doors": {name: make_token(name, at=now) for name in DOORS},
        "origin": f"{request.scheme}://{request.get_host()}",
        "calls": _curl_calls(site, origin=f"{request.scheme}://{request.get_host()}"),
        "health": health(),
        "breaks": [(part, _break_command(part), effect) for part, effect in BREAKABLE.items()],
    }
    return _page("demo/tour.html", context)


@demo_only
@require_safe
def elsewhere(request: HttpRequest) -> HttpResponse:
    """A page such as another system would serve, with embedded comments."""
    article = _article_to_comment(site_for(request))
    if article is None:
        raise Http404
    return HttpResponse(render_to_string("demo/elsewhere.html", {"article": article}))


# Opening a link by GET changes nothing, so that a preview in a chat cannot use it up. The token in the
# address is the secret; there is no session yet that another site's page could ride on.
@csrf_exempt
@demo_only
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows where the link leads; POST, sent by its button, signs in and uses the link up."""
    now = timezone.now()
    try:
        if request.method != "POST":
            door = read_token(token, at=now)
            context = {"masthead": _masthead(site_for(request)), "door": door, "needs_app": is_required()}
            return _page("demo/enter.html", context)
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            raise PermissionDenied
        user, door = open_door(token, at=now)
    except DoorClosed as error:
        context = {"masthead": _masthead(site_for(request)), "closed": error.detail}
        return _page("demo/enter.html", context, status=error.status)
    response = HttpResponseRedirect(_sign_in(request, user, leads_to=door.leads_to))
    response.status_code = HTTPStatus.SEE_OTHER
    return response


def _sign_in(request: HttpRequest, user: User, *, leads_to: str) -> str:
    """Where to go next: to the work, or first to the app's code, which a link does not stand for."""
    if is_required():
        pending.begin(request, user, then=leads_to)
        return reverse("admin:second_factor_at_login")
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return leads_to


@demo_only
@require_safe
def comment_journey(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    if not is_status_token(comment_id, request.GET.get("token", "")):
        raise Http404
    comment = Comment.objects.filter(pk=comment_id).first()
    if comment is None:
        raise Http404
    return JsonResponse(journey(comment, at=timezone.now()))


@demo_only
@require_safe
def parts(request: HttpRequest) -> HttpResponse:
    return JsonResponse(health())


@demo_only
@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    return _page("demo/mail.html", {"masthead": _masthead(site_for(request)), "letters": letters()})


def _article_to_comment(site: Site) -> Article | None:
    """The newest article from the archive that takes comments, else the newest one that does."""
    now = timezone.now()
    found = [
        article
        for article in readable_articles(site=site, at=now).select_related("site", "section")[:50]
        if accepts_comments(article, at=now)
    ]
    return next((article for article in found if article.is_from_archive), found[0] if found else None)


def _newest(site: Site, **rules: str) -> Article | None:
    return readable_articles(site=site, at=timezone.now()).filter(**rules).first()


def _form(article: Article, sample: Sample | None) -> Form:
    """The article's own form, here; filled in without script where ``?try=`` names a button."""
    typed = Typed.empty(article, at=timezone.now())
    return Form(
        action=article.get_absolute_url(),
        api_url=reverse("article-comments", args=[article.slug]),
        token_url=f"{reverse('embeds')}?{urlencode({'article': article.slug})}",
        token=typed.token,
        key=typed.key,
        name=sample.name if sample else "",
        email=made_up_address() if sample else "",
        body=secrets.choice(sample.bodies) if sample else "",
    )


def _curl_calls(site: Site, *, origin: str) -> list[tuple[str, str]]:
    """Calls that work as they stand, with the demo's ad manager's token."""
    known = read_logins().get("ad_manager")
    if known is None:
        return []
    path = f"{origin}/api/v1/ads/slots/"
    bearer = f"-H 'Authorization: Bearer {known['token']}'"
    calls = [("List the slots", f"curl -s {bearer} {shlex.quote(path)}")]
    slot = Slot.objects.filter(site=site, active=True).order_by("code").first()
    if slot is not None:
        calls.append(("Read one, with its version (ETag)", f"curl -si {bearer} {path}{slot.pk}/"))
        body = """-H 'Content-Type: application/json' -d '{"active": false}'"""
        change = f"curl -s -X PATCH {bearer} -H 'If-Match: \"{slot.version}\"' {body} {path}{slot.pk}/"
        calls.append((f"Switch {slot.code} off, if it is still version {slot.version}", change))
    return calls


def _break_command(part: str) -> str:
    state = settings.NEWSROOM_STATE
    elsewhere = f" --state {shlex.quote(str(state))}" if state != settings.BASE_DIR / ".state" else ""
    return f"python3 dev.py break {part} --for {BREAK_FOR_S}{elsewhere}"


def _masthead(site: Site) -> Any:
    return masthead(site=site, sections=list(Section.objects.filter(site=site)), now=timezone.now())


def _page(template: str, context: dict[str, Any], *, status: int = HTTPStatus.OK) -> HttpResponse:
    zone: ZoneInfo = context["masthead"].zone
    with timezone.override(zone):
        return HttpResponse(render_to_string(template, context), status=status)
