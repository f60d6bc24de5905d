"""From a filled slot to the block on the page."""

from __future__ import annotations

from django.utils.translation import gettext

from ads.models import Creative, Slot
from ads.selectors import FilledSlot
from newsroom.pages.context import Ad, Picture

ABOVE, BELOW = Slot.Position.ARTICLE_TOP, Slot.Position.ARTICLE_BOTTOM


def advertisement(filled: FilledSlot | None) -> Ad | None:
    """The block of a slot, or None: a slot without an ad leaves no empty box."""
    if filled is None or filled.creative is None:
        return None
    return block(filled, filled.creative)


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
