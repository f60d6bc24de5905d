"""The seed command may run again, and seeds what is missing; the large size adds to the small one."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from articles.models import Article, Site
from comments.models import Comment, Thread
from moderation.models import Decision
from seeds.generator import Writer
from seeds.large import Plan, seed_large
from seeds.small import Seeded, seed_small

OURS = ("articles", "comments", "moderation", "ads", "delivery", "audit", "auth")


def ignore(articles: int, comments: int) -> None:
    """Nobody watches."""


def rows() -> dict[str, int]:
    models = [model for label in OURS for model in apps.get_app_config(label).get_models()]
    return {model._meta.label: model._default_manager.count() for model in models}


@pytest.mark.django_db
def test_the_second_run_adds_nothing() -> None:
    first = seed_small(now=timezone.now())
    after_one = rows()
    second = seed_small(now=timezone.now())
    assert first.articles >= 11
    assert second == Seeded(articles=0, comments=0)
    assert rows() == after_one


@pytest.mark.django_db
def test_what_an_editor_changed_stays_changed() -> None:
    seed_small(now=timezone.now())
    Site.objects.update(name="Our own name")
    Article.objects.filter(slug="who-owns-the-ternhaven-bun").update(headline="Ours now")
    seed_small(now=timezone.now())
    assert Site.objects.get().name == "Our own name"
    assert Article.objects.get(slug="who-owns-the-ternhaven-bun").headline == "Ours now"


@pytest.mark.django_db
def test_a_site_that_is_already_the_default_one_stays_it() -> None:
    Site.objects.create(code="ours", name="Ours", domain="ours.example.com", is_default=True)
    seed_small(now=timezone.now())
    assert Site.objects.get(is_default=True).code == "ours"


@pytest.mark.django_db
def test_a_production_database_is_refused_without_force(settings: Any) -> None:
    settings.MODE = "production"
    with pytest.raises(CommandError, match="--force"):
        call_command("seed")
    assert not Article.objects.exists()


@pytest.mark.django_db
def test_the_large_size_adds_articles_with_threads_once() -> None:
    plan = Plan(articles=12, threads=(300, 40))
    told: list[tuple[int, int]] = []
    made = seed_large(plan, now=timezone.now(), progress=lambda *made: told.append(made))
    assert made == (12, sum(map(plan.comments_of, range(12))))
    assert tuple(map(sum, zip(*told, strict=True))) == made
    again = seed_large(plan, now=timezone.now(), progress=ignore)
    assert again == (0, 0)
    assert Comment.objects.count() == made[1]


@pytest.mark.django_db
def test_large_threads_are_decided_by_import_counted_and_nested() -> None:
    seed_large(Plan(articles=2, threads=(300, 40)), now=timezone.now(), progress=ignore)
    assert set(Decision.objects.values_list("actor_kind", flat=True)) == {"import"}
    assert set(Comment.objects.values_list("status", flat=True)) == {"published", "rejected"}
    assert set(Comment.objects.values_list("depth", flat=True)) == {0, 1, 2, 3, 4, 5}
    for thread in Thread.objects.all():
        assert thread.published_count == Comment.objects.published().filter(article=thread.article_id).count()


def test_generated_texts_are_the_same_for_the_same_seed_only() -> None:
    assert Writer(7).body() == Writer(7).body()
    assert Writer(7).body() != Writer(8).body()
