"""Which language the classifier reads, for the desk's first screen."""

from __future__ import annotations

from dataclasses import dataclass

from articles.models import Site
from moderation.models import ModelVersion

NAMES = {"en": "English", "de": "German", "fr": "French", "pt": "Portuguese", "ko": "Korean"}


@dataclass(frozen=True, slots=True)
class LanguageNote:
    """``reads``: the classifier's language; ``others``: titles written in another one."""

    name: str
    reads: str
    others: tuple[str, ...]


def language_note() -> LanguageNote | None:
    """The active classifier's language; None while none is active."""
    active = ModelVersion.objects.filter(is_active=True).values_list("name", "manifest__language").first()
    if active is None:
        return None
    name, code = active
    others = [
        site.name for site in Site.objects.order_by("name") if site.language.split("-")[0].lower() != code
    ]
    return LanguageNote(name, NAMES.get(code, code), tuple(others))
