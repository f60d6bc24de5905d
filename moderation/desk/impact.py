"""What a word list would have caught in the last 30 days, before it is saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from articles.models import Article
from comments.models import Comment
from moderation.desk.marking import Mark, Segment, segments
from moderation.models import WordList
from moderation.text_rules import OF_DOMAINS, Listed, links, word_forms, word_hits

WINDOW = timedelta(days=30)
MOST_READ = 5_000  # the newest; about a second's work
EXAMPLES = 30
MOST_ARTICLES, SHORT_PARAGRAPH = 50, 60  # characters
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
    too_common: Sequence[str] = ()  # Words that stand in at least half of the comments.


def impact_of(word_list: WordList, *, words: Sequence[str], stored: Sequence[str], now: datetime) -> Impact:
    """What these words would have caught as this list's, and how many of them the ``stored`` ones did not."""
    if not words:
        return Impact(0, 0, 0, 0, (), ())
    comments = _comments(word_list, now=now)
    by_word: Counter[str] = Counter()
    examples: list[Caught] = []
    caught = published = newly = 0
    candidate = Listed(word_list.kind, words, is_literal=word_list.is_literal)
    for comment in comments:
        hits = _hits(comment, candidate)
        if not hits:
            continue
        caught += 1
        published += comment.status == Comment.Status.PUBLISHED
        newly += not {word for word, *_ in hits} & set(stored)
        by_word.update({word for word, *_ in hits})
        if len(examples) < EXAMPLES:
            examples.append(_example(comment, hits))
    if len(comments) < ENOUGH_COMMENTS:
        too_common = _everyday(candidate, word_list)
    else:
        too_common = [word for word, count in by_word.items() if count >= TOO_COMMON * len(comments)]
    return Impact(len(comments), caught, published, newly, by_word.most_common(), examples, too_common)


def _comments(word_list: WordList, *, now: datetime) -> list[Comment]:
    found = Comment.objects.filter(article__site=word_list.site_id, created_at__gt=now - WINDOW)
    if word_list.section_id:
        found = found.filter(article__section=word_list.section_id)
    newest = found.exclude(status=Comment.Status.ERASED).order_by("-created_at")[:MOST_READ]
    return list(newest.select_related("article").defer("article__body"))


def _everyday(candidate: Listed, word_list: WordList) -> list[str]:
    """Words of every second paragraph in the title's own articles: what a young site can be asked."""
    bodies = Article.objects.filter(site=word_list.site_id).exclude(body="").order_by("-published_at")
    paragraphs = [
        text
        for body in bodies.values_list("body", flat=True)[:MOST_ARTICLES]
        for text in body.split("\n\n")
        if len(text) > SHORT_PARAGRAPH
    ]
    if candidate.kind in OF_DOMAINS or len(paragraphs) < ENOUGH_COMMENTS:
        return []
    found: Counter[str] = Counter()
    for text in paragraphs:
        found.update({word for word, *_ in _hits(Comment(body=text, name=""), candidate)})
    return [word for word, count in found.items() if count >= TOO_COMMON * len(paragraphs)]


Hit = tuple[str, str, int, int]  # word, where, start, end


def _hits(comment: Comment, candidate: Listed) -> list[Hit]:
    if candidate.kind in OF_DOMAINS:
        return _domains(comment, candidate.words)
    forms = word_forms({"body": comment.body, "name": comment.name}, [candidate])
    return [
        (word, where, start, end)
        for where, form in forms.items()
        for word, start, end in word_hits(form, candidate.words, is_literal=candidate.is_literal)
    ]


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
