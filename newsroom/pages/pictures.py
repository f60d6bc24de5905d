"""Drawings for articles without a picture of their own: a few per section, chosen by the slug."""

from __future__ import annotations

from zlib import crc32

from django.templatetags.static import static

from newsroom.pages.context import Picture

VARIANTS = 3
WIDTH, HEIGHT = 1200, 800
# Sections without drawings stay text only: a wrong picture is worse than none.
DRAWN = {
    "business": "business",
    "city": "local",
    "climate": "environment",
    "culture": "culture",
    "economy": "business",
    "environment": "environment",
    "health": "health",
    "local": "local",
    "opinion": "opinion",
    "politics": "politics",
    "science": "science",
    "sport": "sport",
    "sports": "sport",
    "technology": "technology",
    "world": "world",
}


def drawing(*, section_slug: str, article_slug: str) -> Picture | None:
    """The section's drawing for this article: always the same one, decorative, or None."""
    kind = DRAWN.get(section_slug)
    if kind is None:
        return None
    variant = crc32(article_slug.encode()) % VARIANTS + 1
    return Picture(url=static(f"pages/art/{kind}-{variant}.svg"), alt="", width=WIDTH, height=HEIGHT)
