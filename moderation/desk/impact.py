"""What a word list would have caught in the last 30 days, before it is saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from articles.models import Site
from comments.models import Comment
from moderation.classifier.text import match_form
from moderation.desk.marking import Mark, Segment, segments
from moderation.models import WordList
from moderation.text_rules import find_words, links

WINDOW = timedelta(days=30)
MOST_READ = 5_000  # the newest; about a second's work
EXAMPLES = 30
TOO_COMMON, ENOUGH_COMMENTS = 0.5, 20  # A word in every second one of at least so many comments says nothing.


@dataclass(frozen=True, slots=True)
class Caught:
    """A comment that the list would have caught, its words marked."""

    comment: Comment
    name: Sequence[Segment]
    body: Sequence[Segment]


@dataclass(frozen=True, slots=True)
class Impact:
    """How many of how many comments, what had become of them, which words, and some to read."""

    read: int
    caught: int
    published: int
    newly: int
    by_word: Sequence[tuple[str, int]]
    examples: Sequence[Caught]

    @property
    def too_common(self) -> list[str]:
        """Words that stand in at least half of the comments."""
        if self.read < ENOUGH_COMMENTS:
            return []
        return [word for word, count in self.by_word if count >= TOO_COMMON * self.read]


def impact_of(*, site: Site, kind: str, words: Sequence[str], stored: Sequence[str], now: datetime) -> Impact:
    """What these words would have caught, and how many of them the ``stored`` ones did not."""
    if not words:
        return Impact(0, 0, 0, 0, (), ())
    comments = list(
        Comment.objects.filter(article__site=site, created_at__gt=now - WINDOW)
        .exclude(status=Comment.Status.ERASED)
        .select_related("article")
        .order_by("-created_at")[:MOST_READ]
    )
    is_domain = kind == WordList.Kind.BLOCKED_DOMAIN
    by_word: Counter[str] = Counter()
    examples: list[Caught] = []
    caught = published = newly = 0
    for comment in comments:
        hits = _domains(comment, words) if is_domain else _words(comment, words)
        if not hits:
            continue
        caught += 1
        published += comment.status == Comment.Status.PUBLISHED
        newly += not {word for word, *_ in hits} & set(stored)
        by_word.update({word for word, *_ in hits})
        if len(examples) < EXAMPLES:
            examples.append(_example(comment, hits))
    return Impact(len(comments), caught, published, newly, by_word.most_common(), examples)


Hit = tuple[str, str, int, int]  # word, where, start, end


def _words(comment: Comment, words: Sequence[str]) -> list[Hit]:
    known = {word.lower() for word in words}
    hits = []
    for where in ("body", "name"):
        form = match_form(getattr(comment, where), known.__contains__)
        if not find_words(form, words):
            continue
        hits += [(word, where, start, end) for word in words for start, end in find_words(form, [word])]
    return hits


def _domains(comment: Comment, domains: Sequence[str]) -> list[Hit]:
    return [
        (domain, where, start, end)
        for where in ("body", "name")
        for start, end, domain in links(getattr(comment, where))
        if domain in domains
    ]


def _example(comment: Comment, hits: Iterable[Hit]) -> Caught:
    marks = {
        where: [Mark(s, e, word, True) for word, at, s, e in hits if at == where]
        for where in ("name", "body")
    }
    return Caught(comment, segments(comment.name, marks["name"]), segments(comment.body, marks["body"]))
