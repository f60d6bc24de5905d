"""Rules that need nothing but the text (pure: no Django, no database). Judge name and body; quote neither."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick
import numpy as np
from publicsuffixlist import PublicSuffixList

from moderation.classifier.text import MAX_CHARACTERS, MatchForm, match_form
from moderation.policy import Finding, ResolvedPolicy
from moderation.threats import threat_findings

BANNED, SUSPECT, BLOCKED_DOMAIN, TRUSTED_DOMAIN = "banned", "suspect", "blocked_domain", "trusted_domain"
OF_DOMAINS = frozenset((BLOCKED_DOMAIN, TRUSTED_DOMAIN))

# Domains that stand for another address, which nobody sees before following it.
SHORTENERS = frozenset((
    "bit.ly", "bitly.com", "buff.ly", "cutt.ly", "dub.sh", "goo.gl", "is.gd", "j.mp", "lnkd.in", "ow.ly",
    "rb.gy", "rebrand.ly", "s.id", "shorturl.at", "short.io", "shrtco.de", "soo.gd", "su.pr", "t.co",
    "t.ly", "tiny.cc", "tiny.one", "tinyurl.com", "tr.im", "trib.al", "u.to", "urlz.fr", "v.gd", "wp.me",
    "x.gd",
))  # fmt: skip

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
    """A list of words or, of a ``kind`` in `OF_DOMAINS`, of domains."""

    kind: str
    words: Sequence[str]
    version: str = ""
    is_literal: bool = False  # As written, in any case; else disguises are undone.


def text_findings(*, name: str, body: str, lists: Sequence[Listed], policy: ResolvedPolicy) -> list[Finding]:
    """Everything that the rules find by reading alone, in no order."""
    forms = {"body": one_blank_apart(match_form(body)), "name": one_blank_apart(match_form(name))}
    return [
        *threat_findings(forms),
        *_word_findings(name, body, lists),
        *_link_findings(name, body, lists, policy),
    ]


# --- words ------------------------------------------------------------------------------------------------
Hit = tuple[str, int, int]
"""A listed word, and the range of the text in which it stands."""


def literal_form(text: str) -> MatchForm:
    """A text as it is written but for upper and lower case: what a literal list is compared with."""
    text = text[:MAX_CHARACTERS]
    lowered = text.lower()
    if len(lowered) == len(text):
        return MatchForm(lowered)
    pieces = [character.lower() for character in text]  # "İ" becomes two.
    starts = np.repeat(np.arange(len(pieces), dtype=np.int32), [len(piece) for piece in pieces])
    return MatchForm("".join(pieces), starts, starts + 1)


def folded(word: str, *, is_literal: bool = False) -> str:
    """A listed word as texts are compared with it, one space between words."""
    return " ".join((literal_form if is_literal else match_form)(word).text.split())


@lru_cache(maxsize=64)
def _automaton(words: tuple[str, ...], is_literal: bool) -> ahocorasick.Automaton | None:
    automaton = ahocorasick.Automaton()
    for word in words:
        key = folded(word, is_literal=is_literal)
        if key:
            automaton.add_word(key, (word, key))
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton


def one_blank_apart(form: MatchForm) -> MatchForm:
    """The form with each run of blanks or line ends as one blank: a phrase is found across any of them."""
    form = form.without(blank.start() for blank in _BLANK_AFTER_BLANK.finditer(form.text))
    return MatchForm(_BLANK.sub(" ", form.text), form.starts, form.ends)


def word_hits(form: MatchForm, words: Iterable[str], *, is_literal: bool = False) -> list[Hit]:
    """Which whole words or phrases stand where, as ranges of the original text; ``form`` is of that kind."""
    automaton = _automaton(tuple(words), is_literal)
    if automaton is None:
        return []
    form = one_blank_apart(form)
    text, hits = form.text, set()
    for last, (word, key) in automaton.iter(text):
        start, end = last - len(key) + 1, last + 1
        if not _runs_on(text, start - 1) and not _runs_on(text, end - 1):
            hits.add((word, *form.span(start, end)))
    return sorted(hits, key=lambda hit: hit[1:])


def _runs_on(text: str, position: int) -> bool:
    """Whether one word goes on from ``position`` to the next character; a sign ends a word."""
    pair = text[max(position, 0) : position + 2]
    return len(pair) == 2 and pair.isalnum()


def find_words(form: MatchForm, words: Iterable[str], *, is_literal: bool = False) -> list[tuple[int, int]]:
    """Where whole words or phrases stand, as ranges of the original text."""
    return sorted({(start, end) for _, start, end in word_hits(form, words, is_literal=is_literal)})


def word_forms(texts: Mapping[str, str], lists: Sequence[Listed]) -> dict[str, MatchForm]:
    """Texts in the form that these lists, all literal or all not, are compared with."""
    if lists and lists[0].is_literal:
        return {where: literal_form(text) for where, text in texts.items()}
    # Where a disguise has several readings ("4ss", "turrrnip"), the listed one is what was meant.
    listed = {word.lower() for word_list in lists for word in word_list.words}
    return {where: match_form(text, listed.__contains__) for where, text in texts.items()}


def _word_findings(name: str, body: str, lists: Sequence[Listed]) -> list[Finding]:
    found = []
    for is_literal in (False, True):
        alike = [each for each in lists if each.kind not in OF_DOMAINS and each.is_literal is is_literal]
        forms = word_forms({"body": body, "name": name}, alike) if alike else {}
        for word_list in alike:
            for where, form in forms.items():
                spans = find_words(form, word_list.words, is_literal=is_literal)
                if spans:
                    code = f"{word_list.kind}_word"
                    found.append(Finding(code, where=where, spans=tuple(spans), version=word_list.version))
    return found


# --- links -------------------------------------------------------------------------------------------------
def registrable_domain(host: str) -> str:
    """What somebody registered of a host name: example.co.uk of www.example.co.uk; empty if nothing."""
    return _suffixes.privatesuffix(host, accept_unknown=False) or ""


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
        domain = registrable_domain(host)
        if domain:
            found.append((start, end, domain))
    return found


def _link_findings(name: str, body: str, lists: Sequence[Listed], policy: ResolvedPolicy) -> list[Finding]:
    found = links(body)
    in_name = links(name)
    result = []
    trusted = {domain for each in lists if each.kind == TRUSTED_DOMAIN for domain in each.words}
    counted = [(s, e) for s, e, domain in found if domain not in trusted]
    count = len(counted) + sum(domain not in trusted for _, _, domain in in_name)
    if count:
        result.append(Finding("links", where="body", spans=tuple(counted), value=count))
    if count > policy.max_links:
        result.append(
            Finding("too_many_links", where="body", value=count, data={"allowed": policy.max_links})
        )
    shorteners = SHORTENERS - trusted
    short = [(s, e) for s, e, domain in found if domain in shorteners]
    if short or any(domain in shorteners for _, _, domain in in_name):
        result.append(Finding("shortened_link", where="body", spans=tuple(short)))
    for blocked in lists if found or in_name else ():
        if blocked.kind != BLOCKED_DOMAIN:
            continue
        hits = [(s, e) for s, e, domain in found if domain in blocked.words]
        if hits or any(domain in blocked.words for _, _, domain in in_name):
            result.append(Finding("blocked_domain", where="body", spans=tuple(hits), version=blocked.version))
    return result
