"""From a filled slot to the block on the page."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext

from ads.delivery.models import Kind
from ads.delivery.serving import serve
from ads.delivery.views import event_path
from ads.models import Creative, Slot
from ads.selectors import FilledSlot
from articles.models import Article
from newsroom.pages.context import Ad, Picture

ABOVE, BELOW = Slot.Position.ARTICLE_TOP, Slot.Position.ARTICLE_BOTTOM


def page_ads(article: Article, *, at: datetime, device: str = "") -> dict[str, Ad]:
    """The ads of one page view by position, written down so that they can be counted and explained.

    Of several slots in one position the first by code that has an ad is shown; a slot without one leaves
    no empty box.
    """
    outside = Slot.objects.filter(site=article.site, active=True).exclude(position=Slot.Position.IN_THREAD)
    slots = list(outside.order_by("position", "code"))
    shown: dict[str, Ad] = {}
    codes = [slot.code for slot in slots]
    for one in serve(article, codes, at=at, loaded=slots, device=device) if slots else []:
        if one.slot is None or one.decision is None or one.creative is None or one.slot.position in shown:
            continue
        advertiser = one.creative.line_item.campaign.advertiser
        filled = FilledSlot(
            code=one.code,
            position=one.slot.position,
            size=one.creative.size,
            creative=one.creative,
            sponsor=advertiser.name,
            disclosure=article.site.disclosure,
            label=article.site.ad_label,
        )
        identifier = one.decision.pk
        shown[one.slot.position] = replace(
            block(filled, one.creative),
            url=event_path(Kind.CLICK, identifier),
            impression_url=event_path(Kind.IMPRESSION, identifier),
            viewable_url=event_path(Kind.VIEWABLE, identifier),
            reference=str(identifier),
        )
    return shown


def block(filled: FilledSlot, creative: Creative) -> Ad:
    """A creative as it stands in a slot: who pays is said beside the sponsor, never instead of them."""
    is_picture = creative.kind == Creative.Kind.IMAGE
    disclosure = f"{filled.disclosure} · {filled.sponsor}"
    if creative.paid_by:
        disclosure += gettext(", paid by %(payer)s") % {"payer": creative.paid_by}
    return Ad(
        slot=filled.code,
        label=filled.label,
        disclosure=disclosure,
        headline="" if is_picture else creative.headline,
        text=creative.text,
        call_to_action=creative.call_to_action or creative.headline,
        url=creative.target_url,
        picture=_picture(creative),
        is_picture=is_picture,
        notice=creative.line_item.campaign.advertiser.site.political_notice if creative.political else "",
    )


def _picture(creative: Creative) -> Picture | None:
    image = creative.image
    if image is None:
        return None
    width, height = image.width, image.height
    if creative.kind == Creative.Kind.IMAGE:  # A picture with twice the pixels takes no more room.
        width, height = (int(side) for side in creative.size.split("x"))
    return Picture(url=image.url, alt=creative.image_alt, width=width, height=height)
