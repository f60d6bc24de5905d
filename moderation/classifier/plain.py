"""A few countable things about a comment, beside its words: the non-text part of every score."""

import math
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from moderation.classifier.text import MAX_CHARACTERS, MatchForm

_NOT_CAPITALS = bytes(c for c in range(256) if not 65 <= c <= 90)
_NOT_LETTERS = bytes(c for c in range(256) if not (65 <= c <= 90 or 97 <= c <= 122))
_NOT_DIGITS = bytes(c for c in range(256) if not 48 <= c <= 57)
_LINK = re.compile(r"https?://|www\.|\b[\w-]{2,}\.(?:com|net|org|info|biz|xyz|shop|io|me|ly|co|ru|top|site|online|club)\b", re.I)
_CONTACT = re.compile(r"[\w.+-]+@[\w-]+\.\w|\+?\d[\d ().-]{8,}\d|(?:^|\s)@\w{3,}|whats ?app|telegram|t\.me", re.I)
_SECOND_PERSON = re.compile(r"\b(?:you|your|yours|you're|youre|yourself|u|ur)\b")
_MONEY = re.compile(r"[$€£]\s?\d|\d\s?(?:%|usd|dollars|btc|eth|usdt)\b", re.I)
_EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")

NAMES = (
    "capitals", "shouting", "exclamations", "questions", "digits", "links", "contact",
    "second_person", "money", "emoji", "length", "disguise",
)  # fmt: skip
"""The plain features, in the order of an artifact's rows for them. All lie in [0, 1]."""


def plain_features(text: str, form: MatchForm) -> list[float]:
    """The values of `NAMES` for one comment: ``text`` as written and its match form."""
    text = text[:MAX_CHARACTERS]
    raw = text.encode("utf-8", "replace")
    letters = len(raw.translate(None, _NOT_LETTERS))
    capitals = len(raw.translate(None, _NOT_CAPITALS))
    share = capitals / (letters + 5)
    return [
        share,
        float(letters >= 10 and capitals > 0.7 * letters),
        min(text.count("!"), 5) / 5,
        min(text.count("?"), 5) / 5,
        len(raw.translate(None, _NOT_DIGITS)) / (len(raw) + 10),
        min(len(_LINK.findall(text)), 3) / 3 if "." in text or "/" in text else 0.0,
        min(len(_CONTACT.findall(text)), 2) / 2,
        min(len(_SECOND_PERSON.findall(form.text)), 4) / 4,
        min(len(_MONEY.findall(text)), 2) / 2,
        min(len(_EMOJI.findall(text)), 5) / 5 if not text.isascii() else 0.0,
        min(math.log1p(len(text)) / math.log(MAX_CHARACTERS + 1), 1.0),
        min(abs(len(form.text) - len(text)), 10) / 10,
    ]


def plain_rows(texts: Sequence[str], forms: Sequence[MatchForm]) -> npt.NDArray[np.float64]:
    """Shape ``(len(texts), len(NAMES))``."""
    rows = [plain_features(text, form) for text, form in zip(texts, forms, strict=True)]
    return np.array(rows, dtype=np.float64).reshape(len(texts), len(NAMES))
