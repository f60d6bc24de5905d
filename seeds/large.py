"""Thousands of articles and comments for measuring, beside the demo's own. The same texts everywhere."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from articles.models import Article, Section, Site
from comments.models import MAX_DEPTH, Comment, CommentPrivate, CommentRevision, Mailbox
from moderation.models import Decision, ReasonCode
from newsroom.audit.services import record
from newsroom.ids import uuid7
from seeds.bulk import apply_decisions, copy_rows, count_threads
from seeds.clock import SEEDED_DAYS
from seeds.content import address_of
from seeds.generator import Writer
from seeds.paper import seed_sections, seed_site
from seeds.readers import seed_mailboxes

LONG_THREADS = (10_000, 5_000, 2_000, 1_000, 1_000, *[200] * 20, *[50] * 100)
SHORT_THREAD = 12  # The other articles have up to this many comments.
READERS = 3_000
OLDEST_DAYS = 400  # All are older than the demo's own articles, which stay on the front page.
BATCH = 5_000  # comments in a transaction: bounds memory, and what an interrupted run loses
REPLY_SHARE = 0.55
REFUSED_SHARE = 0.04
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How many articles, and how many comments the first ones get."""

    articles: int = 5_000
    threads: tuple[int, ...] = LONG_THREADS

    def comments_of(self, number: int) -> int:
        """The size of the thread of article ``number``, from 0."""
        if number < len(self.threads):
            return self.threads[number]
        return random.Random(f"thread {number}").randrange(SHORT_THREAD + 1)


def seed_large(plan: Plan, *, now: datetime, progress: Progress) -> tuple[int, int]:
    """Add what is missing of the plan, batch by batch; returns how many articles and comments it made.

    Args:
        progress: told after each batch how many articles and comments it added.
    """
    site = seed_site()
    sections = list(seed_sections(site).values())
    known = set(Article.objects.filter(site=site).values_list("external_id", flat=True))
    numbers = [number for number in range(plan.articles) if _external_id(number) not in known]
    readers = _readers(now=now) if numbers else []
    comments = 0
    for batch in _batches(numbers, plan):
        with transaction.atomic():
            articles = [_article(number, site, sections, now=now) for number in batch]
            Article.objects.bulk_create(articles)
            made = _seed_comments(articles, batch, plan, readers=readers, now=now)
            record(
                action="seeds.large",
                object_type="site",
                object_id=site.pk,
                actor_kind="import",
                data={"articles": len(batch), "comments": made},
            )
        comments += made
        progress(len(batch), made)
    return len(numbers), comments


def _batches(numbers: Sequence[int], plan: Plan) -> Iterator[list[int]]:
    batch: list[int] = []
    size = 0
    for number in numbers:
        batch.append(number)
        size += plan.comments_of(number)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


# --- articles ---------------------------------------------------------------------------------
def _external_id(number: int) -> str:
    return f"large-{number:05d}"


def _article(number: int, site: Site, sections: Sequence[Section], *, now: datetime) -> Article:
    writer, dice = Writer(number), random.Random(f"article {number}")
    headline = writer.headline()
    age = timedelta(days=dice.uniform(SEEDED_DAYS + 1, OLDEST_DAYS))
    return Article(
        site=site,
        section=dice.choice(sections),
        headline=headline,
        standfirst=writer.standfirst(),
        body=writer.body(),
        byline=writer.byline(),
        slug=f"{slugify(headline)[:100]}-{number:05d}",
        external_id=_external_id(number),
        status=Article.Status.PUBLISHED,
        published_at=now - age,
        demo=True,
    )


# --- readers ----------------------------------------------------------------------------------
def _readers(*, now: datetime) -> list[tuple[str, Mailbox]]:
    writer = Writer(-1)
    names = sorted({writer.reader() for _ in range(READERS)})
    since = dict.fromkeys((address_of(name) for name in names), now - timedelta(days=OLDEST_DAYS))
    mailboxes = seed_mailboxes(since, last_used=dict.fromkeys(since, now))
    return [(name, mailboxes[address_of(name)]) for name in names]


# --- comments ---------------------------------------------------------------------------------
def _seed_comments(
    articles: Sequence[Article],
    numbers: Sequence[int],
    plan: Plan,
    *,
    readers: Sequence[tuple[str, Mailbox]],
    now: datetime,
) -> int:
    """Comments of these articles, each decided by import; returns how many."""
    decisions: list[Decision] = []
    privates: list[CommentPrivate] = []
    for article, number in zip(articles, numbers, strict=True):
        dice = random.Random(f"comments {number}")
        for comment, decision in _thread(
            article, Writer(-2 - number), dice, plan.comments_of(number), now=now
        ):
            name, mailbox = dice.choice(readers)
            comment.name = name
            decisions.append(decision)
            # No network: pseudonyms of comments this old have been deleted.
            privates.append(CommentPrivate(comment=comment, mailbox=mailbox))
    comments = [decision.comment for decision in decisions]
    copy_rows(comments)
    copy_rows([_revision(comment) for comment in comments])
    copy_rows(privates)
    apply_decisions(decisions)
    count_threads([article.pk for article in articles])
    return len(comments)


def _thread(
    article: Article, writer: Writer, dice: random.Random, size: int, *, now: datetime
) -> Iterator[tuple[Comment, Decision]]:
    """Comments in the order of their time, some below earlier published ones."""
    published = article.published_at or now
    span = (now - published).total_seconds()
    open_for_replies: list[Comment] = []
    for delay in sorted(min(dice.expovariate(1 / 86_400), span - 60) for _ in range(size)):
        at = published + timedelta(seconds=delay)
        parent = dice.choice(open_for_replies) if open_for_replies and dice.random() < REPLY_SHARE else None
        comment = _comment(article, writer, parent, at=at, votes=int(dice.expovariate(0.25)))
        refused = dice.random() < REFUSED_SHARE
        if not refused and comment.depth < MAX_DEPTH:
            open_for_replies.append(comment)
        yield comment, _decision(comment, refused=refused, at=at + timedelta(milliseconds=90))


def _comment(
    article: Article, writer: Writer, parent: Comment | None, *, at: datetime, votes: int
) -> Comment:
    ancestors: list[UUID] = [*parent.ancestors, parent.pk] if parent else []
    return Comment(
        id=uuid7(at=at),
        article=article,
        parent=parent,
        ancestors=ancestors,
        depth=len(ancestors),
        body=writer.comment(is_reply=parent is not None),
        created_at=at,
        next_attempt_at=at,
        votes=votes,
        demo=True,
    )


def _revision(comment: Comment) -> CommentRevision:
    return CommentRevision(
        id=uuid7(at=comment.created_at),
        comment=comment,
        revision=1,
        name=comment.name,
        body=comment.body,
        created_at=comment.created_at,
    )


def _decision(comment: Comment, *, refused: bool, at: datetime) -> Decision:
    return Decision(
        id=uuid7(at=at),
        comment=comment,
        revision=1,
        round=1,
        actor_kind=Decision.ActorKind.IMPORT,
        outcome=Decision.Outcome.REJECTED if refused else Decision.Outcome.PUBLISHED,
        reason_code=ReasonCode.OFF_TOPIC if refused else ReasonCode.NONE,
        at=at,
        demo=True,
    )
