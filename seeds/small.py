"""The demo's content: one title, its articles, readers, queue and house ads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from seeds.advertising import seed_ads
from seeds.delivery import seed_delivery
from seeds.desk import seed_desk
from seeds.editor import seed_editor
from seeds.highlights import seed_highlights
from seeds.objections import seed_objections
from seeds.paper import seed_articles, seed_sections, seed_site
from seeds.rules import seed_rules
from seeds.threads import seed_threads


@dataclass(frozen=True, slots=True)
class Seeded:
    articles: int
    comments: int


@transaction.atomic
def seed_small(*, now: datetime) -> Seeded:
    """Make what is missing. Comments come with their article, so a second run adds none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('newsroom.seeds'))")
    site = seed_site()
    sections = seed_sections(site)
    seed_rules(site)
    editor = seed_editor()
    seed_ads(site, editor=editor, now=now)
    articles = seed_articles(site, sections, now=now)
    comments = seed_threads(articles, editor=editor, now=now) if articles else 0
    seed_highlights(articles.values(), editor=editor)
    seed_objections(now=now)
    seed_desk(site, editor=editor, now=now)
    seed_delivery(site, now=now)
    return Seeded(len(articles), comments)
