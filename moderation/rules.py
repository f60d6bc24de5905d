"""Rules: what is found about a text besides its scores. Judges name and body; quotes neither."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import ahocorasick
import numpy as np
from django.db import connection
from publicsuffixlist import PublicSuffixList

from comments.models import Comment, CommentPrivate
from moderation.circumstances import Circumstances, circumstances
from moderation.classifier.text import MatchForm, match_form
from moderation.models import WordList
from moderation.policy import Finding, ResolvedPolicy

if TYPE_CHECKING:
    from datasketch import MinHash

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

WAVE_WINDOW = timedelta(hours=24)
WAVE_COMMENTERS = 2  # near-copies by this many *other* commenters make a wave
WAVE_SIMILARITY = 0.8
WAVE_MIN_WORDS = 8  # "RIP" and "Well said" are not waves
PERMUTATIONS, BANDS = 64, 16
HISTORY_MIN, HISTORY_SHARE = (
    3,
    0.3,
)  # Coral's rule: 30 % refused in seven days; at least three, so that one is no history
FORM_MIN_AGE_S = 2.0


def rule_findings(comment: Comment, private: CommentPrivate, policy: ResolvedPolicy) -> list[Finding]:
    """Everything that the rules find, in no order. Two queries; three when a word list has changed."""
    known = circumstances(comment, private)
    return [
        *_word_findings(comment, known),
        *_link_findings(comment, policy, known),
        *_form_findings(private),
        *_author_findings(private, policy, known),
        *_wave_findings(comment, private),
    ]


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


def _word_findings(comment: Comment, known: Circumstances) -> list[Finding]:
    lists = [each for each in known.word_lists if each.kind != WordList.Kind.BLOCKED_DOMAIN]
    listed = {word.lower() for word_list in lists for word in word_list.words}
    # Where a disguise has several readings ("4ss", "turrrnip"), the listed one is what was meant.
    forms = {where: match_form(getattr(comment, where), listed.__contains__) for where in ("body", "name")}
    found = []
    for word_list in lists:
        version = f"{word_list.pk}:{word_list.version}"
        for where, form in forms.items():
            spans = find_words(form, word_list.words)
            if spans:
                found.append(
                    Finding(f"{word_list.kind}_word", where=where, spans=tuple(spans), version=version)
                )
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


def _link_findings(comment: Comment, policy: ResolvedPolicy, known: Circumstances) -> list[Finding]:
    found = links(comment.body)
    in_name = links(comment.name)
    result = []
    count = len(found) + len(in_name)
    if count:
        result.append(Finding("links", where="body", spans=tuple((s, e) for s, e, _ in found), value=count))
    if count > policy.max_links:
        result.append(
            Finding("too_many_links", where="body", value=count, data={"allowed": policy.max_links})
        )
    if count:
        for blocked in known.word_lists:
            if blocked.kind != WordList.Kind.BLOCKED_DOMAIN:
                continue
            hits = [(s, e) for s, e, domain in found if domain in blocked.words]
            if hits or any(domain in blocked.words for _, _, domain in in_name):
                result.append(
                    Finding(
                        "blocked_domain",
                        where="body",
                        spans=tuple(hits),
                        version=f"{blocked.pk}:{blocked.version}",
                    )
                )
    return result


# --- the form, the author, the network ---------------------------------------------------------------
def _form_findings(private: CommentPrivate) -> list[Finding]:
    if private.honeypot:
        return [Finding("honeypot")]
    if private.form_age_s is not None and private.form_age_s < FORM_MIN_AGE_S:
        return [Finding("form_too_fast", value=round(private.form_age_s, 2))]
    return []


def _author_findings(private: CommentPrivate, policy: ResolvedPolicy, known: Circumstances) -> list[Finding]:
    found = []
    mailbox = private.mailbox
    if policy.premoderate or mailbox.premoderated:
        found.append(Finding("premoderated", data={"by": "author" if mailbox.premoderated else "policy"}))
    if mailbox.blocked:
        found.append(Finding("blocked_author"))
    if not mailbox.verified_at:
        found.append(Finding("unverified_address"))
    refused, decided = known.refused, known.decided
    if decided >= HISTORY_MIN and refused / decided >= HISTORY_SHARE and not mailbox.trusted:
        found.append(
            Finding(
                "rejection_rate",
                value=round(refused / decided, 3),
                data={"refused": refused, "decided": decided},
            )
        )
    if known.of_network > policy.flood_limit:
        found.append(Finding("flood", value=known.of_network, data={"allowed": policy.flood_limit}))
    return found


# --- waves -------------------------------------------------------------------------------------------
@lru_cache(maxsize=8)  # Judging and storing ask for the same one.
def sketch(text: str) -> tuple[tuple[int, ...], bytes] | None:
    """LSH bands (16 signed 64-bit) and MinHash signature (64 × uint32) of a text.

    None if the text is too short to compare.

    Source: Broder 1997; three-word shingles of the match form.
    """
    words = re.findall(r"\w+", match_form(text).text)
    if len(words) < WAVE_MIN_WORDS and not links(text):
        return None
    shingles = {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))}
    minhash = _empty_sketch().copy()
    minhash.update_batch([shingle.encode() for shingle in sorted(shingles)])
    signature = minhash.hashvalues.astype(np.uint32)
    rows = PERMUTATIONS // BANDS
    bands = (_band_key(band, signature[band * rows : (band + 1) * rows].tobytes()) for band in range(BANDS))
    return tuple(bands), signature.tobytes()


@cache
def _empty_sketch() -> MinHash:
    """Kept, since drawing permutations takes longer than using them. The import takes a second and SciPy."""
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, seed=1)


def _band_key(band: int, values: bytes) -> int:
    digest = hashlib.blake2b(values, digest_size=8, salt=bytes([band])).digest()
    return int.from_bytes(digest, "big", signed=True)


def store_sketch(comment: Comment) -> None:
    """Keep the text's sketch, for the next near-copy to find. Inside the deciding transaction."""
    made = sketch(comment.body)
    if made is None:
        return
    bands, signature = made
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO moderation_sketch (comment_id, bands, signature, at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (comment_id) DO UPDATE SET bands = EXCLUDED.bands, signature = EXCLUDED.signature",
            [comment.pk, list(bands), signature, comment.created_at],
        )


def _wave_findings(comment: Comment, private: CommentPrivate) -> list[Finding]:
    made = sketch(comment.body)
    if made is None:
        return []
    bands, signature = made
    mine = np.frombuffer(signature, dtype=np.uint32)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.mailbox_id, s.signature FROM moderation_sketch s"
            " JOIN comments_commentprivate p ON p.comment_id = s.comment_id"
            " WHERE s.bands && %s::bigint[] AND s.at > %s AND s.at <= %s"
            " AND s.comment_id <> %s AND p.mailbox_id <> %s LIMIT 200",
            [
                list(bands),
                comment.created_at - WAVE_WINDOW,
                comment.created_at + WAVE_WINDOW,
                comment.pk,
                private.mailbox_id,
            ],
        )
        near = cursor.fetchall()
    commenters = {
        mailbox
        for mailbox, stored in near
        if (np.frombuffer(stored, dtype=np.uint32) == mine).mean() >= WAVE_SIMILARITY
    }
    if len(commenters) < WAVE_COMMENTERS:
        return []
    return [Finding("near_duplicates", where="body", value=len(commenters), data={"hours": 24})]
