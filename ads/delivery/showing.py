"""What a page is told of its slots: as an object, and as bytes of which all but ids and tokens are ready."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.utils.translation import check_for_language, gettext, gettext_noop, override
from rest_framework.renderers import JSONRenderer

from ads.creatives import shown
from ads.delivery.models import Kind
from ads.delivery.records import Record, carried, signed
from ads.models import Creative, Slot

if TYPE_CHECKING:
    from ads.delivery.serving import Served

WHY = gettext_noop(
    "It was chosen by what this page is about, never by who you are: no cookie, no profile."
    " If it should not stand here, tell us this reference:"
)
LETTERS = {"i": Kind.IMPRESSION, "v": Kind.VIEWABLE, "c": Kind.CLICK}
_json = JSONRenderer()


def event_paths(decision: Record) -> EventPaths:
    """Where a page says what happened to a filled decision."""
    impression, viewable, click = signed(carried(decision))
    return EventPaths(f"/a/i/{impression}", f"/a/v/{viewable}", f"/a/c/{click}")


class EventPaths(NamedTuple):
    impression: str
    viewable: str
    click: str


def as_json(one: Served) -> dict[str, Any]:
    place = {"between": [str(one.gap.above), str(one.gap.below)]} if one.gap else {}
    if one.creative is None or one.decision is None or one.slot is None:
        return {"slot": one.code} | place | {"no_fill_reason": one.reason}
    paths = event_paths(one.decision)
    return place | {
        "slot": one.code,
        "decision_id": str(one.decision.pk),
        **told(one.creative, one.slot),
        "impression_url": paths.impression,
        "viewable_url": paths.viewable,
        "click_url": paths.click,
    }


def told(creative: Creative, slot: Slot) -> dict[str, Any]:
    """What does not change from one page view to the next."""
    advertiser = creative.line_item.campaign.advertiser
    site = advertiser.site
    with override(site.language if check_for_language(site.language) else settings.LANGUAGE_CODE):
        why = gettext(WHY)
    return {
        "creative": shown(creative, site=site)
        | {"sponsor": advertiser.name, "label": site.ad_label, "why": why},
        "size": creative.size if creative.size != "fluid" or not slot.sizes else slot.sizes[0],
        "disclosure": f"{site.disclosure} · {advertiser.name}",
    }


def ready(creative: Creative, slot: Slot) -> bytes:
    """The same as it goes out, without the braces around it."""
    return _rendered(told(creative, slot))[1:-1]


def as_bytes(served: Iterable[Served]) -> bytes:
    """The document of what ``as_json`` makes of each."""
    return b'{"results":[%b]}' % b",".join(map(_one, served))


def _one(one: Served) -> bytes:
    if one.decision is None or one.gap or not one.ready:
        return _rendered(as_json(one))
    impression, viewable, click = event_paths(one.decision)
    rest = f'"impression_url":"{impression}","viewable_url":"{viewable}","click_url":"{click}"}}'
    start = f'{{"slot":"{one.code}","decision_id":"{one.decision.pk}",'  # A slug, as is all that follows.
    return b"%b%b,%b" % (start.encode(), one.ready, rest.encode())


def _rendered(value: Any) -> bytes:
    rendered: bytes = _json.render(value)
    return rendered
