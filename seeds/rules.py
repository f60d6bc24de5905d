"""The demo title's word lists and policy."""

from __future__ import annotations

from articles.models import Site
from moderation.models import Policy, WordList
from seeds.content import load

# Whoever tries the demo writes all comments from one address, and wants to see more than eight judged.
COMMENTS_OF_ONE_NETWORK = 100


def seed_rules(site: Site) -> None:
    """Banned and suspect words, a blocked domain, and a policy. What exists stays as it is."""
    for kind, words in load().words.items():
        WordList.objects.get_or_create(
            site=site, section=None, kind=kind, is_literal=False, defaults={"words": words}
        )
    Policy.objects.get_or_create(
        site=site, section=None, article=None, defaults={"flood_limit": COMMENTS_OF_ONE_NETWORK}
    )
