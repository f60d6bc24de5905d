"""Rules that need nothing but the text (pure: no Django, no database). Judge name and body; quote neither."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick
from publicsuffixlist import PublicSuffixList

from moderation.classifier.text import MatchForm, match_form
from moderation.policy import Finding, ResolvedPolicy

BANNED, SUSPECT, BLOCKED_DOMAIN = "banned", "suspect", "blocked_domain"

# Host names are matched from their first label on and cut afterwards: with a suffix inside the expression,
# 5,000 characters of "a-" took 2 s.
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"']+|(?<![a-z0-9-])(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:/[^\s<>\"']*)?",
    re.IGNORECASE,
)
_LOCAL_PART = re.compile(r"[\w.+-]")  # before the @ of a mail address
_TOP_LABEL = re.compile(r"[a-z]{2,24}", re.IGNORECASE)
_BLANK = re.compile(r"\s")
_BLANK_AFTER_BLANK = re.compile(r"(?<=\s)\s")
_suffixes = PublicSuffixList()


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of words or domains. ``kind`` is `BANNED`, `SUSPECT` or `BLOCKED_DOMAIN`."""

    kind: str
    words: Sequence[str]
    version: str = ""


def text_findings(*, name: str, body: str, lists: Sequence[Listed], policy: ResolvedPolicy) -> list[Finding]:
    """Everything that the rules find by reading alone, in no order."""
    return [*_word_findings(name, body, lists), *_link_findings(name, body, lists, policy)]


# --- words ------------------------------------------------------------------------------------------------
@lru_cache(maxsize=32)
def _automaton(words: tuple[str, ...]) -> ahocorasick.Automaton | None:
    automaton = ahocorasick.Automaton()
    for word in words:
        folded = " ".join(match_form(word).text.split())
        if folded:
            automaton.add_word(folded, (word, folded))
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton


def find_words(form: MatchForm, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where whole words or phrases stand, as ranges of the original text. Disguises are already undone."""
    automaton = _automaton(tuple(words))
    if automaton is None:
        return []
    # A phrase is found across any run of blanks or a line end.
    blanks = [blank.start() for blank in _BLANK_AFTER_BLANK.finditer(form.text)]
    form = form.without(blanks)
    text, spans = _BLANK.sub(" ", form.text), []
    for last, (_, folded) in automaton.iter(text):
        start, end = last - len(folded) + 1, last + 1
        if (start == 0 or not text[start - 1].isalnum()) and (end == len(text) or not text[end].isalnum()):
            spans.append(form.span(start, end))
    return sorted(set(spans))


def _word_findings(name: str, body: str, lists: Sequence[Listed]) -> list[Finding]:
    lists = [each for each in lists if each.kind != BLOCKED_DOMAIN]
    if not lists:
        return []
    listed = {word.lower() for word_list in lists for word in word_list.words}
    # Where a disguise has several readings ("4ss", "turrrnip"), the listed one is what was meant.
    texts = {"body": body, "name": name}
    forms = {where: match_form(text, listed.__contains__) for where, text in texts.items()}
    found = []
    for word_list in lists:
        for where, form in forms.items():
            spans = find_words(form, word_list.words)
            if spans:
                code = f"{word_list.kind}_word"
                found.append(Finding(code, where=where, spans=tuple(spans), version=word_list.version))
    return found


# --- links -------------------------------------------------------------------------------------------------
def links(text: str) -> list[tuple[int, int, str]]:
    """Each link or bare domain with a real public suffix: its range and registrable domain."""
    found = []
    for match in _LINK.finditer(text):
        start, end = match.span()
        host = match["host"]
        if (
            host is not None
            and start
            and text[start - 1] == "@"
            and _LOCAL_PART.match(text[start - 2 : start - 1])
        ):
            continue  # A mail address.
        if host is None:
            host = re.sub(r"^[a-z]+://", "", match[0], flags=re.IGNORECASE).split("/")[0].split("?")[0]
            host = host.rsplit("@", 1)[-1].split(":")[0].strip(".").lower()
        else:
            labels = host.lower().split(".")
            while labels and not _TOP_LABEL.fullmatch(labels[-1]):
                labels.pop()  # "example.org.2": what follows the domain is no part of it.
            end = end if len(".".join(labels)) == len(host) else start + len(".".join(labels))
            host = ".".join(labels)
        domain = _suffixes.privatesuffix(host, accept_unknown=False)
        if domain:
            found.append((start, end, domain))
    return found


def _link_findings(name: str, body: str, lists: Sequence[Listed], policy: ResolvedPolicy) -> list[Finding]:
    found = links(body)
    in_name = links(name)
    result = []
    count = len(found) + len(in_name)
    if count:
        result.append(Finding("links", where="body", spans=tuple((s, e) for s, e, _ in found), value=count))
    if count > policy.max_links:
        result.append(
            Finding("too_many_links", where="body", value=count, data={"allowed": policy.max_links})
        )
    for blocked in lists if count else ():
        if blocked.kind != BLOCKED_DOMAIN:
            continue
        hits = [(s, e) for s, e, domain in found if domain in blocked.words]
        if hits or any(domain in blocked.words for _, _, domain in in_name):
            result.append(Finding("blocked_domain", where="body", spans=tuple(hits), version=blocked.version))
    return result
