"""How long each kind of personal data is kept: named here, set by ``NEWSROOM_RETENTION``, shown to all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data: what it is, what it is for, and when its time begins."""

    key: str
    what: Promise
    why: Promise
    since: Promise
    days: int  # unless NEWSROOM_RETENTION says otherwise


KINDS = (
    Kind(
        "networks",
        gettext_lazy("A code made from the network address that a comment came from"),
        gettext_lazy("Stopping floods of comments"),
        gettext_lazy("after the comment was sent"),
        30,
    ),
    Kind(
        "votes",
        gettext_lazy("The same for recommendations, another code each day"),
        gettext_lazy("Counting each reader once"),
        gettext_lazy("after the click"),
        2,
    ),
    Kind(
        "reporters",
        gettext_lazy("The same for reports about comments"),
        gettext_lazy("Counting each reader once"),
        gettext_lazy("after the report"),
        2,
    ),
    Kind(
        "report_contacts",
        gettext_lazy("Name and address of somebody who reported a comment, encrypted, and their words"),
        gettext_lazy("Telling them what was decided"),
        gettext_lazy("after it was decided"),
        90,
    ),
    Kind(
        "addresses",
        gettext_lazy("Email address of a commenter, encrypted"),
        gettext_lazy("Mail about their comments; the keyed code of the address stays with the comments"),
        gettext_lazy("after the last decision about a comment, or the end of an appeal"),
        90,
    ),
    Kind(
        "spam_authors",
        gettext_lazy("Name and address code of who sent spam that was rejected"),
        gettext_lazy("Correcting mistakes"),
        gettext_lazy("after the decision"),
        15,
    ),
    Kind(
        "spam_texts",
        gettext_lazy("The text of rejected spam, without its author"),
        gettext_lazy("Teaching the program that looks for spam"),
        gettext_lazy("after the decision"),
        365,
    ),
    Kind(
        "appeals",
        gettext_lazy("The words of an appeal and its answer"),
        gettext_lazy("Showing them to who appealed"),
        gettext_lazy("after it was decided"),
        365,
    ),
    Kind(
        "links",
        gettext_lazy("That a link to “My comments” was asked for"),
        gettext_lazy("Letting each link open once"),
        gettext_lazy("after it expired"),
        1,
    ),
    Kind(
        "letters",
        gettext_lazy("That a letter was sent, without its words and address"),
        gettext_lazy("Not sending it twice"),
        gettext_lazy("after it was sent"),
        30,
    ),
    Kind(
        "ads",
        gettext_lazy("Which ad a page got, for which kind of device, and that it was seen or clicked"),
        gettext_lazy("Counting and explaining ads; nothing in it says who read the page"),
        gettext_lazy("after the page was made"),
        400,
    ),
)
BY_KEY = {kind.key: kind for kind in KINDS}


def kept_for(key: str) -> timedelta:
    """How long this kind is kept here."""
    days: int = settings.NEWSROOM_RETENTION.get(key, BY_KEY[key].days)
    return timedelta(days=days)


def kinds_kept() -> list[tuple[Kind, int]]:
    """Every kind and its days, as set."""
    return [(kind, kept_for(kind.key).days) for kind in KINDS]
