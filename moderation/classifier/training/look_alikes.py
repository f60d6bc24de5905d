"""Which character is mistaken for which: the rule behind `resources/look-alikes.json`.

    python -m moderation.classifier.training.look_alikes    # writes the table anew

The table ships, so that a match form costs one look at each character, needs no other package, and stays what
it was in training when one of these packages or Python's character data is renewed.
"""

import json
import sys
import unicodedata
from collections import defaultdict
from pathlib import Path

from anyascii import anyascii
from confusable_homoglyphs import confusables

from moderation.classifier.text import LIKE_NO_OTHER, LOOK_ALIKES, NOT_SHOWN

_BLANK_LETTERS = frozenset(
    "\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5"
)  # Letters and signs that show nothing.
_PUNCTUATION = str.maketrans(
    dict.fromkeys("‘’‚‛′`´", "'")
    | dict.fromkeys("“”„‟«»″", '"')
    | dict.fromkeys("‐‑‒–—―−•", "-")
    | dict.fromkeys("…·", ".")
)


def fold_character(character: str) -> str:
    """What one character looks like to a reader, in lower-case ASCII where that exists, else itself."""
    if any(first <= character <= last for first, last in LIKE_NO_OTHER):
        return character
    category = unicodedata.category(character)
    if character in "\n\r\t" or category in ("Zs", "Zl", "Zp"):
        return " "
    if category in ("Mn", "Me", "Cf", "Cc", *NOT_SHOWN) or character in _BLANK_LETTERS:
        return ""
    plain = character.translate(_PUNCTUATION)
    if plain.isascii():
        return plain.lower()
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", character).casefold())
    plain = "".join(c for c in plain if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return "".join(map(_look_alike, plain))


def _look_alike(character: str) -> str:
    """The ASCII letter that ``character`` is mistaken for, else ``character``."""
    if character.isascii():
        return character
    # The table itself: `is_confusable` looks up each character's script first and takes 20 times as long.
    found = confusables.confusables_data.get(character)
    if found:
        letters = sorted(h["c"] for h in found if len(h["c"]) == 1 and h["c"].isascii())
        if letters and letters[-1].isalnum():
            return str(letters[-1]).lower()
    spelled = anyascii(character).lower()
    is_symbol = unicodedata.category(character) == "So"
    is_latin = unicodedata.name(character, "").startswith("LATIN")
    if (len(spelled) == 1 and is_symbol and spelled.isalnum()) or (is_latin and spelled.isalnum()):
        return spelled
    return character


def look_alikes() -> dict[str, str]:
    """What characters fold to, and all that do: but for those that stay, and those that nothing shows."""
    characters: dict[str, list[str]] = defaultdict(list)
    for code in range(sys.maxunicode + 1):
        folded = fold_character(chr(code))
        if folded != chr(code) and unicodedata.category(chr(code)) not in NOT_SHOWN:
            characters[folded].append(chr(code))
    return {folded: "".join(found) for folded, found in sorted(characters.items())}


def write(path: Path = LOOK_ALIKES) -> None:
    table = {"unicode": unicodedata.unidata_version, "folds": look_alikes()}
    path.write_text(json.dumps(table, indent=0, separators=(",", ":")) + "\n", encoding="ascii")


if __name__ == "__main__":
    write()
