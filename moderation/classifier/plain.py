"""A few countable things about a comment, beside its words: the non-text part of every score."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from moderation.classifier.text import MAX_CHARACTERS, MatchForm

_NOT_CAPITALS = bytes(c for c in range(256) if not 65 <= c <= 90)
_NOT_LETTERS = bytes(c for c in range(256) if not (65 <= c <= 90 or 97 <= c <= 122))
_NOT_DIGITS = bytes(c for c in range(256) if not 48 <= c <= 57)
_LINK = re.compile(
    r"https?://|www\.|\.(?:com|net|org|info|biz|xyz|shop|io|me|ly|co|ru|top|site|online|club)\b"
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w|(?:^|\s)@\w{3,}")
_PHONE = re.compile(r"\+?\d[\d ().-]{8,}\d")
_MONEY = re.compile(r"[$€£]\s?\d|\d\s?(?:%|usd|dollars|btc|eth|usdt)\b")
_EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
_MESSENGERS = ("whatsapp", "whats app", "telegram", "t.me/")

NAMES = (
    "capitals",
    "shouting",
    "exclamations",
    "questions",
    "digits",
    "links",
    "contact",
    "second_person",
    "money",
    "emoji",
    "disguise",
)
"""The plain features, in the order of an artifact's rows for them. All lie in [0, 1]."""


def plain_features(text: str, form: MatchForm) -> list[float]:
    """The values of `NAMES` for one comment: ``text`` as written and its match form."""
    text = text[:MAX_CHARACTERS]
    raw = text.encode("utf-8", "replace")
    lower = text.lower()
    letters = len(raw.translate(None, _NOT_LETTERS))
    capitals = len(raw.translate(None, _NOT_CAPITALS))
    digits = len(raw.translate(None, _NOT_DIGITS))
    return [
        capitals / (letters + 5),
        float(letters >= 10 and capitals > 0.7 * letters),
        min(text.count("!"), 5) / 5,
        min(text.count("?"), 5) / 5,
        digits / (len(raw) + 10),
        min(len(_LINK.findall(lower)), 3) / 3,
        min(_contacts(lower, digits), 2) / 2,
        min(_second_persons(form.text), 4) / 4,
        min(len(_MONEY.findall(lower)), 2) / 2 if digits else 0.0,
        min(len(_EMOJI.findall(text)), 5) / 5 if len(raw) != len(text) else 0.0,
        min(abs(len(form.text) - len(text)), 10) / 10,
    ]


def _contacts(lower: str, digits: int) -> int:
    """Ways to reach the writer elsewhere: addresses, handles, telephone numbers, messengers."""
    found = sum(lower.count(name) for name in _MESSENGERS)
    if "@" in lower:
        found += len(_ADDRESS.findall(lower))
    if digits >= 9:
        found += len(_PHONE.findall(lower))
    return found


def _second_persons(text: str) -> int:
    """How often the reader is addressed; "young" and "youth" are not "you"."""
    padded = f" {text} "
    said = padded.count(" you") - padded.count(" youn") - padded.count(" yout")
    return said + padded.count(" u ") + padded.count(" ur ")


def plain_rows(texts: Sequence[str], forms: Sequence[MatchForm]) -> npt.NDArray[np.float64]:
    """Shape ``(len(texts), len(NAMES))``."""
    rows = [plain_features(text, form) for text, form in zip(texts, forms, strict=True)]
    return np.array(rows, dtype=np.float64).reshape(len(texts), len(NAMES))
