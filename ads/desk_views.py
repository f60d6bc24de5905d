"""The ad manager's own pages, below the admin site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from ads.booking_form import BookingForm
from ads.bookings import Order, book
from ads.delivery.forecast import Wanted, availability
from ads.models import Slot
from ads.selectors import sites_of
from articles.models import Site
from newsroom.errors import FieldError

TO_BOOK = ("ads.add_campaign", "ads.add_lineitem", "ads.add_creative")


def ads_urls(wrap: Callable[[Any], Any]) -> list[URLPattern]:
    """``wrap`` is the admin site's own guard: it sends people without a session to the login page."""
    return [path("ads/book/", wrap(booking), name="ads_book")]


def booking(request: HttpRequest) -> HttpResponse:
    """One form that books a campaign; *check* shows what it meets, *book* stores it."""
    site = own_site(request)
    if not request.user.has_perms(TO_BOOK):
        raise PermissionDenied
    form = BookingForm(request.POST or None, request.FILES or None, site=site, actor=request.user)
    found = None
    if request.method == "POST" and form.is_valid() and form.order is not None:
        if "book" in request.POST:
            answer = _book(request, form)
            if answer is not None:
                return answer
        else:
            found = availability(_wanted(form.order), at=timezone.now())
    context = {
        **admin.site.each_context(request),
        "title": "Book a campaign",
        "form": form,
        "site": site,
        "image": form.kept,
        "availability": found,
        "warnings": _warnings(form.order) if form.order else [],
        "currency": site.currency,
    }
    return TemplateResponse(request, "admin/ads/booking.html", context)


def _book(request: HttpRequest, form: BookingForm) -> HttpResponse | None:
    if form.order is None:
        return None
    if form.order.advertiser is None and not request.user.has_perm("ads.add_advertiser"):
        raise PermissionDenied
    try:
        creative = book(form.order, actor=request.user)
    except FieldError as error:
        form.refuse(error)
        return None
    for sentence in _warnings(form.order):
        messages.warning(request, sentence)
    messages.success(request, f"Booked: {form.order.campaign}. It runs once an editor has approved the ad.")
    return HttpResponseRedirect(reverse("admin:ads_creative_approval", args=[creative.pk]))


def _warnings(order: Order) -> list[str]:
    """Where it will not stand as it is booked."""
    too_dear, too_small = order.never_in()
    found = []
    if too_dear:
        found.append(f"Its price is below the floor of {_codes(too_dear)}: it will not stand there.")
    if too_small:
        found.append(f"Its size fits no place of {_codes(too_small)}: it will not stand there.")
    return found


def _codes(slots: Sequence[Slot]) -> str:
    return ", ".join(slot.code for slot in slots)


def _wanted(order: Order) -> Wanted:
    item = order.unsaved().line_item
    return Wanted(item, item.campaign.advertiser, order.slots, order.starts_at, order.ends_at)


def own_site(request: HttpRequest) -> Site:
    """The site that ``?site=`` names, among those that the user works on; else the first of them.

    Raises:
        Http404: none, or not this one.
    """
    sites = sites_of(request.user).order_by("-is_default", "name")
    code = request.GET.get("site")
    found = sites.filter(code=code).first() if code else sites.first()
    if found is None:
        raise Http404
    return found
