"""Findings, labels and outcomes in an editor's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moderation.models import REJECT_REASONS, Decision, ReasonCode
from moderation.policy import REASON_OF_LABEL

POLICY_FIELDS = {
    "premoderate": "a person reads every comment first",
    "auto_reject": "the classifier rejects by itself",
    "new_authors": "first comments that are read first",
    "flood_limit": "comments of one network in ten minutes",
}
LABELS = {
    "toxicity": "toxicity",
    "severe_toxicity": "severe toxicity",
    "obscene": "obscene",
    "insult": "insult",
    "threat": "threat",
    "identity_attack": "attack on identity",
    "spam": "spam",
}

# Short names beside marked words.
MARKS = {f"score:{label}": name for label, name in LABELS.items()} | {
    "banned_word": "banned word",
    "suspect_word": "suspect word",
    "threat_words": "threat",
    "links": "link",
    "blocked_domain": "blocked domain",
    "too_many_links": "link",
    "shortened_link": "shortened link",
}

_PLAIN = {
    "banned_word": "Contains a banned word.",
    "suspect_word": "Contains a suspect word.",
    "threat_words": "Contains words that threaten somebody.",
    "blocked_domain": "Links to a blocked domain.",
    "shortened_link": "A link hides where it leads behind a shortener.",
    "disposable_address": "Sent with a throw-away email address.",
    "honeypot": "The field that only machines see was filled in.",
    "blocked_author": "The author is blocked.",
    "outside_desk_hours": "Nobody was at the desk: held from half the usual score.",
    "unverified_address": "The author's address is not verified.",
    "model_unavailable": "The classifier was not available.",
}

# Reasons for holding that say nothing about the text, and what such texts most often turn out to be.
_LIKELY = {
    ReasonCode.WAVE: ReasonCode.SPAM,
    ReasonCode.LINKS: ReasonCode.SPAM,
    ReasonCode.FLOOD: ReasonCode.SPAM,
    ReasonCode.FORM: ReasonCode.SPAM,
}

# In two letters or fewer: what the keyboard takes after "r".
REASON_KEYS = {
    ReasonCode.SPAM: "s",
    ReasonCode.INSULT: "i",
    ReasonCode.HATE: "h",
    ReasonCode.THREAT: "t",
    ReasonCode.OBSCENE: "o",
    ReasonCode.TOXIC: "x",
    ReasonCode.BANNED_WORD: "b",
    ReasonCode.PERSONAL_DATA: "p",
    ReasonCode.ILLEGAL: "l",
    ReasonCode.OFF_TOPIC: "f",
    ReasonCode.OTHER: "e",
}

OUTCOMES: dict[str, str] = {
    Decision.Outcome.PUBLISHED: "published",
    Decision.Outcome.HELD: "held",
    Decision.Outcome.REJECTED: "rejected",
    Decision.Outcome.REMOVED: "taken down",
    Decision.Outcome.PENDING: "sent back to be checked again",
}


def finding_sentence(finding: Mapping[str, Any]) -> str:
    """One finding as a sentence with its numbers. Never quotes the text: the marks in it do."""
    code, value, data = finding["code"], finding.get("value"), finding.get("data", {})
    if code in _PLAIN:
        return _PLAIN[code]
    if code.startswith("score:"):
        label = code.removeprefix("score:")
        return f"The classifier gives {LABELS.get(label, label)} a probability of {percent(value)}."
    if code == "links":
        return f"Contains {_counted(value, 'link')}."
    if code == "too_many_links":
        return f"Contains {_counted(value, 'link')}; {data.get('allowed')} are allowed."
    if code == "near_duplicates":
        hours, articles = data.get("hours", 24), data.get("articles", 0)
        others = f"came from {_counted(value, 'other commenter')}" if value else ""
        own = f"stands under {_counted(articles, 'other article')} by this author" if articles else ""
        return f"Nearly the same text {' and '.join(filter(None, (others, own)))} within {hours} hours."
    if code == "flood":
        sent = _counted(value, "comment")
        return f"{sent} from one network in ten minutes; {data.get('allowed')} are allowed."
    if code == "rejection_rate":
        refused, decided = data.get("refused"), data.get("decided")
        return f"{refused} of the author's {decided} comments of the last 7 days were refused."
    if code == "form_too_fast":
        return f"The form was sent {value} s after it was opened."
    if code == "premoderated":
        return (
            "Every comment of this author is read first."
            if data.get("by") == "author"
            else "Every comment here is read first."
        )
    if code == "new_author":
        return f"The author is new: {value} published so far; the first {data.get('of')} are read first."
    if code == "language":
        return f"Written in a language that the classifier does not know ({data.get('language', 'unknown')})."
    if code == "attempts_exhausted":
        return f"Checking failed {_counted(value, 'time')}."
    return f"{code.replace('_', ' ').capitalize()}."


def likeliest_reason(*, held_for: str, worst_label: str) -> str:
    """The reason that a refusal of this text most likely needs; changed only where it is wrong."""
    if held_for in REJECT_REASONS:
        return held_for
    if held_for in _LIKELY:
        return str(_LIKELY[ReasonCode(held_for)])
    return REASON_OF_LABEL.get(worst_label, str(ReasonCode.OTHER))


def flag_words(flag: str, value: bool) -> str:
    """What a switch about an author now says."""
    says = {"trusted": "trusted", "blocked": "blocked", "premoderated": "read first"}[flag]
    return says if value else f"no longer {says}"


def reason_choices() -> list[tuple[str, str, str]]:
    """Code, words and key of every reason for refusing."""
    return [(reason.value, str(reason.label), REASON_KEYS[reason]) for reason in REJECT_REASONS]


def percent(value: float | None) -> str:
    """A probability in whole percent, but never rounded to a certainty that it is not."""
    if value is None:
        return "?"
    if 0.0 < value < 0.01:
        return "under 1 %"
    if 0.99 < value < 1.0:
        return "over 99 %"
    return f"{value:.0%}".replace("%", " %")


def _counted(number: float | None, noun: str) -> str:
    whole = int(number or 0)
    return f"{whole} {noun}" if whole == 1 else f"{whole} {noun}s"
