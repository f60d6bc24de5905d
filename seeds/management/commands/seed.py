"""``manage.py seed``: the demo's title, or thousands of articles for measuring."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from seeds.large import Plan, seed_large
from seeds.small import seed_small


class Command(BaseCommand):
    help = "Fill the database with demo content. Safe to run again: what is there stays as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--size",
            choices=("small", "large"),
            default="small",
            help="the demo's articles, or 5,000 more for measuring, one with 10,000 comments",
        )
        parser.add_argument(
            "--articles", type=int, default=Plan().articles, help="how many the large size adds"
        )
        parser.add_argument("--force", action="store_true", help="also on a production database")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.MODE == "production" and not options["force"]:
            raise CommandError(
                "This is a production database. --force puts made-up readers into it all the same."
            )
        started = time.monotonic()
        made = seed_small(now=timezone.now())
        articles, comments = made.articles, made.comments
        if options["size"] == "large":
            more = self._large(Plan(articles=options["articles"]))
            articles, comments = articles + more[0], comments + more[1]
        took = time.monotonic() - started
        self.stdout.write(f"Seeded {articles:,} articles with {comments:,} comments in {took:.1f} s.")

    def _large(self, plan: Plan) -> tuple[int, int]:
        """With a bar for articles and one for comments, on the error stream."""
        columns = (
            TextColumn("{task.description:>8}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True)) as progress:
            articles = progress.add_task("articles", total=plan.articles)
            comments = progress.add_task("comments", total=sum(map(plan.comments_of, range(plan.articles))))

            def advance(more_articles: int, more_comments: int) -> None:
                progress.advance(articles, more_articles)
                progress.advance(comments, more_comments)

            return seed_large(plan, now=timezone.now(), progress=advance)
