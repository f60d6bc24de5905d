"""What views of public pages share: rendering in the site's time, headers, and who may send a form."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone

from articles.models import Section, Site
from newsroom.pages.cards import masthead
from newsroom.pages.context import Masthead

# Readable with its token alone, so the address must not travel and nothing on the way may keep it.
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
FRESH = {"Cache-Control": "no-cache"}


def site_masthead(site: Site, *, current: str = "") -> Masthead:
    return masthead(
        site=site, sections=list(Section.objects.filter(site=site)), now=timezone.now(), current=current
    )


def answer_page(
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] = FRESH,
) -> HttpResponse:
    """The rendered page, its times in the zone of the site that it names."""
    top: Masthead | None = context.get("masthead")
    with timezone.override(top.zone if top else None):
        return HttpResponse(render_to_string(template, dict(context)), status=status, headers=dict(headers))


def see_other(address: str) -> HttpResponse:
    """The answer to a POST is elsewhere, to be fetched by GET: reloading it sends nothing again."""
    response = HttpResponseRedirect(address, headers=PRIVATE)
    response.status_code = HTTPStatus.SEE_OTHER
    return response


def comes_from_elsewhere(request: HttpRequest) -> bool:
    """Whether another site's page sent this form. Browsers say so; an old one that says nothing may post."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site:
        return fetch_site not in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")  # "null": sent from our own pages that give no referrer
    return origin != "null" and urlsplit(origin).netloc != request.get_host()


def refuse_from_elsewhere(request: HttpRequest) -> None:
    """No cookie stands for anybody on these pages; still, a form is sent from this site only.

    Raises:
        PermissionDenied: another site's page sent it.
    """
    if comes_from_elsewhere(request):
        raise PermissionDenied
