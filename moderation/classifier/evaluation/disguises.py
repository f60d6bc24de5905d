"""Ten ways to hide a word from a filter, and whether the plain word's outcome survives them."""

import unicodedata
from collections.abc import Callable

_LOOK_ALIKES = str.maketrans("aeopcxyis", "аеорсхуіѕ")  # Cyrillic.
_LEET = str.maketrans("aeiost", "4310$7")


def _leet(word: str) -> str:
    return word[0] + word[1:].translate(_LEET)


def _nfd(word: str) -> str:
    return unicodedata.normalize("NFD", "".join(f"{c}\u0301" if c in "aeiou" else c for c in word))


def _emoji_letters(word: str) -> str:
    return " ".join(chr(0x1F1E6 + ord(c) - ord("a")) if c.isalpha() else c for c in word)


DISGUISES: dict[str, Callable[[str], str]] = {
    "look-alike letters": lambda word: word.translate(_LOOK_ALIKES),
    "full-width letters": lambda word: "".join(chr(ord(c) + 0xFEE0) for c in word),
    "leet": _leet,
    "zero-width characters": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "spaced letters": " ".join,
    "emoji letters": _emoji_letters,
    "decomposed accents": _nfd,
    "mixed case": lambda word: "".join(c.upper() if i % 2 else c for i, c in enumerate(word)),
    "repeated letters": lambda word: "".join(c * 4 if i == len(word) // 2 else c for i, c in enumerate(word)),
}
"""Each takes a lower-case ASCII word and returns it disguised."""

WORDS = ("idiot", "moron", "clown", "stupid", "pathetic", "imbecile")
TEMPLATE = "You are such a {word} and everybody knows it."
