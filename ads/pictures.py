"""Pictures for creatives: decoded, checked, and encoded again, so that nothing but pixels is kept."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

from ads.models import AdImage
from ads.services import save_object
from articles.models import Site
from newsroom.errors import FieldError

MOST_BYTES = 2_000_000
MOST_PIXELS = 12_000_000
MOST_SIDE = 6_000
FOLDER = "ads"
# What is written, by what was read: the suffix, and how it is encoded.
ENCODINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "JPEG": ("jpg", {"quality": 85, "optimize": True}),
    "PNG": ("png", {"optimize": True}),
    "WEBP": ("webp", {"quality": 85, "method": 4}),
}


@dataclass(frozen=True, slots=True)
class Encoded:
    content: bytes
    suffix: str
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def encode_again(content: bytes, *, field: str = "image") -> Encoded:
    """The pixels of a JPEG, PNG or WebP in a fresh file of the same kind, turned as the camera meant them.

    Raises:
        FieldError: too large, animated, or nothing that can be read as one of these.
    """
    if len(content) > MOST_BYTES:
        raise FieldError(field, f"Send at most {MOST_BYTES // 10**6} MB.", code="too_large")
    try:
        # The size stands in the header: a bomb is refused before anything is unpacked.
        with Image.open(io.BytesIO(content), formats=list(ENCODINGS)) as picture:
            kind, (width, height) = str(picture.format), picture.size
            if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
                words = f"Use at most {MOST_PIXELS // 10**6} megapixels and {MOST_SIDE:,} pixels a side."
                raise FieldError(field, words, code="too_large")
            if getattr(picture, "n_frames", 1) > 1:
                raise FieldError(field, "This picture moves. Send a still one.", code="animated")
            pixels = _pixels(picture, has_alpha=kind != "JPEG")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FieldError(
            field, "Send a JPEG, PNG or WebP picture that can be read.", code="invalid_image"
        ) from error
    suffix, options = ENCODINGS[kind]
    written = io.BytesIO()
    pixels.save(written, kind, **options)
    return Encoded(written.getvalue(), suffix, *pixels.size)


@transaction.atomic
def store_image(content: bytes, *, site: Site, actor: Any) -> tuple[AdImage, bool]:
    """Keep a picture for a site; whether it is new. The same pixels again give the same row.

    Raises:
        FieldError: see ``encode_again``.
    """
    encoded = encode_again(content)
    known = AdImage.objects.filter(site=site, sha256=encoded.sha256).first()
    if known is not None:
        return known, False
    name = f"{FOLDER}/{encoded.sha256}.{encoded.suffix}"
    if not default_storage.exists(name):
        written = default_storage.save(name, ContentFile(encoded.content))
        if written != name:  # Somebody else wrote the same pixels at this moment.
            default_storage.delete(written)
    image = AdImage(
        site=site,
        sha256=encoded.sha256,
        file=name,
        width=encoded.width,
        height=encoded.height,
        weight_bytes=len(encoded.content),
    )
    return save_object(image, actor=actor), True


def _pixels(picture: Image.Image, *, has_alpha: bool) -> Image.Image:
    """A new picture of the same pixels: no EXIF, profile, comment or text comes along."""
    turned = ImageOps.exif_transpose(picture)
    is_transparent = has_alpha and ("A" in turned.getbands() or "transparency" in turned.info)
    mode = "RGBA" if is_transparent else "L" if turned.mode in {"1", "L"} else "RGB"
    converted = turned.convert(mode)
    fresh = Image.new(mode, converted.size)
    fresh.paste(converted)
    return fresh
