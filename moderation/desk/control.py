"""Changing word lists and policies: each change raises the version and leaves an audit row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from moderation.classifier.text import match_form
from moderation.models import Policy, WordList
from newsroom.audit.services import record
from newsroom.errors import FieldError

SHORTEST = 2  # Folded letters. One letter stands in nearly every text.
MOST_WORDS = 5_000
LONGEST = 100  # characters, as stored


def folded(word: str) -> str:
    """A word as rules compare it: disguises undone, one space between words."""
    return " ".join(match_form(word).text.split())


def cleaned_words(lines: Iterable[str], *, is_domains: bool = False) -> list[str]:
    """The words of a list, one a line, without empty lines and repetitions.

    Raises:
        FieldError: a word that folds to nothing or to a single letter, and so matches nothing or everything.
    """
    words: dict[str, str] = {}
    for line in lines:
        word = " ".join(line.split())
        if not word:
            continue
        if len(word) > LONGEST:
            raise FieldError("words", f"“{word[:30]}…” is longer than {LONGEST} characters.")
        if is_domains:
            words.setdefault(_domain(word), _domain(word))
            continue
        key = folded(word)
        if sum(character.isalnum() for character in key) < SHORTEST:
            says = (
                "a single letter, which would match nearly everything"
                if key
                else "nothing, so that it could never match"
            )
            raise FieldError("words", f"“{word}” comes down to {says}.")
        words.setdefault(key, word)
    if len(words) > MOST_WORDS:
        raise FieldError("words", f"A list holds at most {MOST_WORDS} words.")
    return sorted(words.values(), key=str.casefold)


def _domain(word: str) -> str:
    host = word.lower().split("://")[-1].split("/")[0].removeprefix("www.").strip(".")
    if "." not in host or " " in host:
        raise FieldError("words", f"“{word}” is no domain, such as example.com.")
    return host


@transaction.atomic
def save_word_list(word_list: WordList, *, actor: Any) -> bool:
    """Store a new or changed list; whether anything changed. A change raises the version."""
    before = WordList.objects.select_for_update().filter(pk=word_list.pk).first()
    old, new = set(before.words if before else ()), set(word_list.words)
    if before and old == new and (before.site_id, before.kind) == (word_list.site_id, word_list.kind):
        return False
    word_list.version = before.version + 1 if before else 1
    word_list.save()
    # Counts only: a listed word can be somebody's name, and the trail is kept for good.
    data = {
        "kind": word_list.kind,
        "version": word_list.version,
        "added": len(new - old),
        "removed": len(old - new),
        "words": len(new),
    }
    action = "wordlist.update" if before else "wordlist.create"
    record(
        action=action,
        object_type="wordlist",
        object_id=word_list.pk,
        actor_kind="person",
        actor=actor,
        data=data,
    )
    return True


POLICY_FIELDS = ("thresholds", "premoderate", "auto_reject", "max_links", "flood_limit")


@transaction.atomic
def save_policy(policy: Policy, *, actor: Any, reason: str) -> bool:
    """Store a policy with who changed what, why; whether anything changed. A change raises the version."""
    before = Policy.objects.select_for_update().filter(pk=policy.pk).first()
    changes = {
        name: {"before": getattr(before, name, None), "after": getattr(policy, name)}
        for name in POLICY_FIELDS
        if before is None or getattr(before, name) != getattr(policy, name)
    }
    if before and not changes:
        return False
    policy.version = before.version + 1 if before else 1
    policy.save()
    record(
        action="policy.update" if before else "policy.create",
        object_type="policy",
        object_id=policy.pk,
        actor_kind="person",
        actor=actor,
        reason=reason,
        data={"version": policy.version, "changes": changes},
    )
    return True
