"""What the four buttons write: mild, and judged by the shipped classifier as each button says.

All but the spam have under eight words, and there are several: repeated clicking makes no wave.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One button: its label, what it leads one to expect, and who writes what."""

    key: str
    label: str
    expect: str
    name: str
    bodies: tuple[str, ...]


SAMPLES = (
    Sample(
        "friendly",
        "A friendly one",
        "is published at once",
        "Perran Tuck",
        (
            "Lovely piece, thank you for writing it.",
            "A fair account, and well told.",
            "Thank you, this was worth reading twice.",
            "More like this please, Tribune.",
        ),
    ),
    Sample(
        "rude",
        "A rude one",
        "waits for an editor",
        "Gale Warning",
        (
            "Shut up, you pathetic moron.",
            "Only an idiot would print this.",
            "What a stupid fool you are.",
        ),
    ),
    Sample(
        "disguised",
        "A disguised one",
        "is seen through, and waits",
        "G4le W4rning",
        (
            "Wh@t an 1d10t wrote this st*pid piece?",
            "You are such an i d i o t.",
            "Y0u p@thetic m0r0n, g0 away.",
        ),
    ),
    Sample(
        "spam",
        "A spam one",
        "waits, with its link marked",
        "Best Prizes",
        (
            "Hello dear friends, visit my website and win a free phone now http://prizes.example.com",
            "Earn 900 a week from home! No experience needed, start now: https://fast-cash.example.com/join",
            "Buy followers cheap and fast, discount today only, order at https://followers.example.com now",
        ),
    ),
)


def made_up_address() -> str:
    """Another commenter each time: the same address may not send the same text twice."""
    return f"reader-{secrets.token_hex(4)}@example.com"
