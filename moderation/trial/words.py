"""Codes as a report says them."""

from __future__ import annotations

from datetime import date

from moderation.policy import Outcome

FORMATS = {
    "wordpress": "WordPress export",
    "disqus": "Disqus export",
    "coral": "Coral export",
    "isso": "Isso database",
    "csv": "CSV",
}
HELD_BY = {"rule": "a rule", "detector": "the classifier", "failure": "a failure", "": "a rule"}
LABELS = {
    "toxicity": "toxic",
    "severe_toxicity": "severely toxic",
    "obscene": "obscene",
    "insult": "insult",
    "threat": "threat",
    "identity_attack": "attack on a group",
    "spam": "spam",
}
_REASONS = {
    "banned_word": "a banned word",
    "suspect_word": "a suspect word",
    "links": "more links than allowed",
    "wave": "near-copies by several commenters within a day",
    "language": "a language that the classifier does not read",
    "toxic": "toxic",
    "obscene": "obscene",
    "insult": "insult",
    "hate": "attack on a group",
    "threat": "threat",
    "spam": "spam",
    "model_unavailable": "no score could be computed",
}
_LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech",
    "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "ga": "Irish", "gl": "Galician", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese",
    "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay", "nl": "Dutch",
    "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish",
    "th": "Thai", "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def reason(outcome: Outcome) -> str:
    return _REASONS.get(outcome.reason_code, outcome.reason_code)


def language(code: str, is_sure: bool, home: str) -> str:
    """A language's name, and whether it is a guess."""
    if not code:
        return "not looked at"
    if code.startswith("und-"):
        return f"{code.removeprefix('und-').capitalize()} script"
    name = _LANGUAGES.get(code, code)
    return name if is_sure else f"too short or mixed to tell, read as {_LANGUAGES.get(home, home)}"


def number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def percent(part: int, whole: int) -> str:
    """With one decimal; never 0 or 100 where it is not quite."""
    if not whole:
        return "–"
    share = part / whole
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.999 < share < 1:
        return "over 99.9%"
    return f"{share:.1%}"


def day(value: date | None) -> str:
    return f"{value.day} {value:%B %Y}" if value else "–"
