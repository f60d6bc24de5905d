"""What a creative shows: its rules, the digest that an approval is bound to, and the parts for a page."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ads.models import AdImage, Creative
from articles.models import Site
from newsroom.errors import FieldError

KB = 1000
# Pixels to kB of the first load. Source: IAB New Ad Portfolio (2017), fixed sizes; 300x600 as its half page.
IAB_SIZES = {
    "970x250": 250,
    "970x90": 200,
    "728x90": 150,
    "300x250": 150,
    "300x600": 200,
    "160x600": 150,
    "300x1050": 250,
    "320x50": 50,
    "300x50": 50,
}
NATIVE_KB = 150
SHARP = 2  # Screens with double resolution: a picture may have twice the pixels of its size.


def content_digest(creative: Creative) -> str:
    """SHA-256 of all that readers are shown and where a click leads them."""
    shown = {name: str(getattr(creative, name)) for name in Creative.content}
    shown["image"] = creative.image.sha256 if creative.image else ""
    text = json.dumps(shown, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def check_creative(creative: Creative) -> None:
    """Settle what follows from the rest, and refuse what does not fit together.

    Raises:
        FieldError: the size, its picture, its weight, or a political ad where the site takes none.
    """
    advertiser = creative.line_item.campaign.advertiser
    if creative.image is not None and creative.image.site_id != advertiser.site_id:
        raise FieldError("image", "This site has nothing with this id.", code="does_not_exist")
    if creative.kind == Creative.Kind.IMAGE:
        _check_picture(creative)
    else:
        _check_native(creative)
    if creative.paid_by == advertiser.name:
        creative.paid_by = ""  # Said once is enough.
    if creative.political and not advertiser.site.political_ads:
        raise FieldError("political", "This site takes no political ads.", code="political_ads_refused")


def _check_native(creative: Creative) -> None:
    if creative.size != "fluid":
        raise FieldError("size", "A native ad is fluid; leave the size out.", code="invalid")
    if creative.image is not None:
        _check_weight(creative.image, NATIVE_KB)


def _check_picture(creative: Creative) -> None:
    if creative.size not in IAB_SIZES:
        raise FieldError("size", f"Use one of {', '.join(IAB_SIZES)}.", code="invalid_choice")
    if creative.image is None:
        raise FieldError("image", "Upload a picture of this size.", code="required")
    if not creative.image_alt:
        raise FieldError("image_alt", "Say what the picture shows, with its words.", code="required")
    width, height = (int(side) for side in creative.size.split("x"))
    found = (creative.image.width, creative.image.height)
    if found not in {(width, height), (width * SHARP, height * SHARP)}:
        words = (
            f"This picture has {found[0]}x{found[1]} pixels; {creative.size} needs {width}x{height} or twice."
        )
        raise FieldError("image", words, code="wrong_size")
    _check_weight(creative.image, IAB_SIZES[creative.size])


def _check_weight(image: AdImage, most_kb: int) -> None:
    if image.weight_bytes > most_kb * KB:
        words = f"This picture weighs {image.weight_bytes / KB:.0f} kB; at most {most_kb} kB fit here."
        raise FieldError("image", words, code="too_heavy")


def shown(creative: Creative, *, site: Site) -> dict[str, Any]:
    """What a page needs to show it, as JSON takes it."""
    image = creative.image
    return {
        "kind": creative.kind,
        "headline": creative.headline,
        "text": creative.text,
        "call_to_action": creative.call_to_action or creative.headline,
        "image": {
            "url": image.url,
            "width": image.width,
            "height": image.height,
            "alt": creative.image_alt,
        }
        if image
        else None,
        "size": creative.size,
        "paid_by": creative.paid_by,
        "notice": site.political_notice if creative.political else "",
    }
