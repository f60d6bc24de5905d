"""Reading the demo content from its files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
FRONT_MATTER = re.compile(r"\+\+\+\n(.*?)\n\+\+\+\n(.*)", re.DOTALL)
DOMAINS = ("example.org", "example.net", "example.com")


class Fate(StrEnum):
    """What a seeded comment is there to show. Where a detector decides, it is a wish: real scores decide."""

    ORDINARY = "ordinary"
    RUDE = "rude"  # Held by the detector; ``then`` says what an editor did with it, if one did.
    DISGUISED = "disguised"  # Likewise, in a spelling that hides the insult.
    RULE = "rule"  # Held by the rule that ``rule`` names.
    FAILURE = "failure"  # Held after the last attempt.
    SPAM = "spam"  # Rejected.
    BANNED = "banned"  # Rejected by a word list.
    WAVE = "wave"  # One of many near-copies.
    REMOVED = "removed"  # Published, then taken down by an editor for ``reason``.
    WITHDRAWN = "withdrawn"  # By its author.


def address_of(name: str) -> str:
    """A made-up address that belongs to the name: same name, same commenter."""
    mailbox = re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".")
    return f"{mailbox}@{DOMAINS[len(name) % len(DOMAINS)]}"


@dataclass(frozen=True, slots=True)
class ArticleText:
    key: str
    slug: str
    section: str
    headline: str
    standfirst: str
    byline: str
    tags: tuple[str, ...]
    published: str
    body: str
    is_archive: bool
    sensitivity: dict[str, str]


@dataclass(frozen=True, slots=True)
class CommentText:
    """One comment as written. ``parent`` is the key of another of the same article."""

    key: str
    article: str
    by: str
    text: str
    fate: Fate
    parent: str | None = None
    depth: int = 0
    then: str = ""  # What an editor did with it: steps such as ``publish, remove insult``.
    honeypot: bool = False
    reason: str = ""
    rule: str = ""  # The finding that holds it, for RULE.

    @property
    def address(self) -> str:
        return address_of(self.by)


@dataclass(frozen=True, slots=True)
class Wave:
    minutes: int
    comments: tuple[CommentText, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """All of it. Keys of articles are file names; keys of comments are ``article/place``: ``bun/3.0.1``."""

    site: dict[str, str]
    sections: tuple[dict[str, Any], ...]
    slots: tuple[dict[str, Any], ...]
    house: dict[str, Any]
    sold: tuple[dict[str, Any], ...]
    words: dict[str, list[str]]
    editor: dict[str, str]
    articles: tuple[ArticleText, ...]
    comments: dict[str, tuple[CommentText, ...]]
    wave: Wave


@cache
def load() -> Content:
    paper = tomllib.loads((FOLDER / "site.toml").read_text())
    articles = tuple(_article(path) for path in sorted((FOLDER / "articles").glob("*.md")))
    return Content(
        site=paper["site"],
        sections=tuple(paper["section"]),
        slots=tuple(paper["slot"]),
        house=paper["house"],
        sold=tuple(paper["sold"]),
        words=paper["words"],
        editor=paper["editor"],
        articles=articles,
        comments={article.key: tuple(_thread(article.key)) for article in articles},
        wave=_wave(),
    )


def _article(path: Path) -> ArticleText:
    match = FRONT_MATTER.fullmatch(path.read_text())
    if match is None:
        raise ValueError(f"{path.name} does not start with +++ front matter +++.")
    head = tomllib.loads(match[1])
    return ArticleText(
        key=path.stem,
        slug=head["slug"],
        section=head["section"],
        headline=head["headline"],
        standfirst=head["standfirst"],
        byline=head["byline"],
        tags=tuple(head["tags"]),
        published=head["published"],
        body=match[2].strip(),
        is_archive=head.get("archive", False),
        sensitivity=head.get("sensitivity", {}),
    )


def _thread(article: str) -> Iterator[CommentText]:
    """The comments of one article, parents before their replies."""
    path = FOLDER / "comments" / f"{article}.toml"
    if path.exists():
        for place, entry in enumerate(tomllib.loads(path.read_text())["c"]):
            yield from _subtree(entry, article=article, key=f"{article}/{place}", parent=None, depth=0)


def _subtree(
    entry: dict[str, Any], *, article: str, key: str, parent: str | None, depth: int
) -> Iterator[CommentText]:
    yield _comment(
        entry,
        article=article,
        key=key,
        fate=Fate(entry.get("fate", Fate.ORDINARY)),
        parent=parent,
        depth=depth,
    )
    for place, reply in enumerate(entry.get("r", ())):
        yield from _subtree(reply, article=article, key=f"{key}.{place}", parent=key, depth=depth + 1)


def _comment(
    entry: dict[str, Any], *, article: str, key: str, fate: Fate, parent: str | None = None, depth: int = 0
) -> CommentText:
    known = {"by", "text", "fate", "then", "reason", "rule", "honeypot", "r", "article"}
    if unknown := entry.keys() - known:
        raise ValueError(f"{key} has unknown keys {sorted(unknown)}.")
    return CommentText(
        key=key,
        article=article,
        by=entry["by"],
        text=entry["text"],
        fate=fate,
        parent=parent,
        depth=depth,
        then=entry.get("then", ""),
        honeypot=entry.get("honeypot", False),
        reason=entry.get("reason", ""),
        rule=entry.get("rule", ""),
    )


def _wave() -> Wave:
    raw = tomllib.loads((FOLDER / "comments" / "wave.toml").read_text())
    comments = tuple(
        _comment(entry, article=entry["article"], key=f"{entry['article']}/wave.{place}", fate=Fate.WAVE)
        for place, entry in enumerate(raw["c"])
    )
    return Wave(minutes=raw["pitch_minutes"], comments=comments)
