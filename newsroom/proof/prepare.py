"""Fills the database of a proof: migrations, the shipped classifier, a few open articles."""

from __future__ import annotations

import os

ARTICLES = 5


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)

    from django.utils import timezone

    from articles.models import Article, Section, Site
    from moderation.engine import register_shipped_model

    register_shipped_model()
    if Site.objects.exists():
        return
    site = Site.objects.create(code="proof", name="The Proof", domain="proof.example.org", is_default=True)
    section = Section.objects.create(site=site, name="Local", slug="local")
    for number in range(1, ARTICLES + 1):
        Article.objects.create(
            site=site,
            section=section,
            headline=f"Article {number} of the proof",
            body="It takes comments.",
            slug=f"proof-{number}",
            status=Article.Status.PUBLISHED,
            published_at=timezone.now(),
        )


if __name__ == "__main__":
    main()
