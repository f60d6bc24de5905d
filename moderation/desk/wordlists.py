"""Word lists: what may stand in one, storing it, and taking it in and out as a file."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction

from moderation.models import WordList
from moderation.text_rules import folded, registrable_domain
from newsroom.audit.services import record
from newsroom.errors import DomainError, FieldError

SHORTEST = 2  # Folded letters. One letter stands in nearly every text.
MOST_WORDS = 5_000
LONGEST = 100  # characters, as stored
LARGEST_FILE = 512 * 1024  # bytes; 5,000 words of the longest kind


class ListChanged(DomainError):
    code = "list_changed"
    status = 409
    title = "Somebody else has changed this list meanwhile"


def cleaned_words(lines: Iterable[str], *, is_domains: bool = False, is_literal: bool = False) -> list[str]:
    """The words of a list, one a line, without empty lines and repetitions.

    Raises:
        FieldError: a word that folds to nothing or to a single letter, and so matches nothing or everything.
    """
    words: dict[str, str] = {}
    for line in lines:
        word = unicodedata.normalize("NFC", " ".join(line.replace("\0", "").split()))
        if not word:
            continue
        if len(word) > LONGEST:
            raise FieldError("words", f"“{word[:30]}…” is longer than {LONGEST} characters.")
        if is_domains:
            words.setdefault(_domain(word), _domain(word))
            continue
        key = folded(word, is_literal=is_literal)
        if not _says_something(key, is_literal=is_literal):
            says = (
                "a single letter or sign, which would match nearly everything"
                if key
                else "nothing, so that it could never match"
            )
            raise FieldError("words", f"“{word}” comes down to {says}.")
        words.setdefault(key, word)
    if len(words) > MOST_WORDS:
        raise FieldError("words", f"A list holds at most {MOST_WORDS} words.")
    return sorted(words.values(), key=str.casefold)


def _says_something(key: str, *, is_literal: bool) -> bool:
    """Two letters or digits; or, written as it is, one picture such as an emoji."""
    if sum(character.isalnum() for character in key) >= SHORTEST:
        return True
    return is_literal and any(unicodedata.category(character) == "So" for character in key)


def _domain(word: str) -> str:
    host = word.lower().split("://")[-1].split("/")[0].split(":")[0].removeprefix("www.").strip(".")
    domain = registrable_domain(host) if " " not in host else ""
    if not domain:
        raise FieldError("words", f"“{word}” is no domain, such as example.com.")
    if domain != host:
        raise FieldError("words", f"“{word}”: a whole domain is blocked, {domain}.")
    return domain


@transaction.atomic
def save_word_list(
    word_list: WordList, *, actor: Any, reason: str = "", seen_version: int | None = None
) -> bool:
    """Store a new or changed list; whether anything changed. A change raises the version.

    Args:
        seen_version: of the list when its words were shown; 0 for a new one. Without it the last one wins.

    Raises:
        ListChanged: it has another version by now, or somebody else made the same list.
    """
    before = WordList.objects.select_for_update().filter(pk=word_list.pk).first()
    if seen_version is not None and (before.version if before else 0) != seen_version:
        raise ListChanged
    old, new = set(before.words if before else ()), set(word_list.words)
    if before and old == new:
        return False
    word_list.version = before.version + 1 if before else 1
    try:
        with transaction.atomic():
            word_list.save()
    except IntegrityError as error:
        raise ListChanged("There is such a list already: change that one.") from error
    # Counts only: a listed word can be somebody's name, and the trail is kept for good.
    data = {
        "kind": word_list.kind,
        "version": word_list.version,
        "added": len(new - old),
        "removed": len(old - new),
        "words": len(new),
    }
    record(
        action="wordlist.update" if before else "wordlist.create",
        object_type="wordlist",
        object_id=word_list.pk,
        actor_kind="person",
        actor=actor,
        reason=reason,
        data=data,
    )
    return True


# --- files -----------------------------------------------------------------------------------------------
def as_text(word_list: WordList) -> str:
    return "".join(f"{word}\n" for word in word_list.words)


def as_csv(word_list: WordList) -> str:
    """A table with a heading: what a spreadsheet opens, and what ``words_of_file`` takes back."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["word", "kind", "site", "section", "literal"])
    section = word_list.section.slug if word_list.section else ""
    for word in word_list.words:
        literal = "yes" if word_list.is_literal else "no"
        writer.writerow([word, word_list.kind, word_list.site.code, section, literal])
    return out.getvalue()


def words_of_file(data: bytes, *, name: str) -> list[str]:
    """The words in a text file, one a line, or in the column *word* (else the first) of a CSV file.

    Raises:
        FieldError: it is too large, or no text in UTF-8.
    """
    if len(data) > LARGEST_FILE:
        raise FieldError("file", f"A file of at most {LARGEST_FILE // 1024} KB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FieldError("file", "This is no text in UTF-8. Save it as “CSV UTF-8” or plain text.") from error
    if not name.lower().endswith(".csv"):
        return text.splitlines()
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), _dialect(text)) if row]
    except csv.Error as error:
        raise FieldError("file", f"This is no CSV file: {error}.") from error
    heading = [cell.strip().lower() for cell in rows[0]] if rows else []
    column = heading.index("word") if "word" in heading else 0
    return [row[column] for row in rows[1 if "word" in heading else 0 :] if len(row) > column]


def _dialect(text: str) -> type[csv.Dialect]:
    """Spreadsheets of half the world write semicolons."""
    first = text.partition("\n")[0]

    class Found(csv.excel):
        delimiter = ";" if first.count(";") > first.count(",") else ","

    return Found
