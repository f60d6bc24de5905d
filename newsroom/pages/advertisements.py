"""From a filled slot to the block on the page."""

from __future__ import annotations

from ads.models import Slot
from ads.selectors import FilledSlot
from newsroom.pages.context import Ad

ABOVE, BELOW = Slot.Position.ARTICLE_TOP, Slot.Position.ARTICLE_BOTTOM


def advertisement(filled: FilledSlot | None) -> Ad | None:
    """The block of a slot, or None: a slot without an ad leaves no empty box."""
    if filled is None or filled.creative is None:
        return None
    creative = filled.creative
    return Ad(
        slot=filled.code,
        label=filled.label,
        disclosure=f"{filled.disclosure} · {filled.sponsor}",
        headline=creative.headline,
        text=creative.text,
        call_to_action=creative.call_to_action or creative.headline,
        url=creative.target_url,
    )
