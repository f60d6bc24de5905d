"""The demo title's word lists."""

from __future__ import annotations

from articles.models import Site
from moderation.models import WordList
from seeds.content import load


def seed_word_lists(site: Site) -> None:
    """Banned and suspect words and a blocked domain. Lists that exist stay as they are."""
    for kind, words in load().words.items():
        WordList.objects.get_or_create(site=site, kind=kind, defaults={"words": words})
