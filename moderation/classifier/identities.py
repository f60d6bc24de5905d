"""Who is named is not what is said: words for groups of people are read as one and the same word.

A model that meets "gay" mostly in insults learns that the word is one. Here every word of the list becomes
one sign before anything is counted, so a sentence gets the same score whichever group it names, and what is
said about one group teaches about all. Only the classifier reads this form: word lists see the words.
"""

import re
from collections.abc import Iterable, Iterator

import numpy as np

from moderation.classifier.text import MatchForm, Offsets

GROUP, GROUPS = "\ue000", "\ue001"
"""One member of a group or the adjective; several members. No match form holds private characters."""

_ORIENTATION_AND_GENDER = """
    lesbian gay bisexual transgender transgendered transsexual trans queer lgbt lgbtq lgbtqi homosexual
    straight heterosexual asexual male female nonbinary cisgender intersex
"""
_ORIGIN = """
    african black white european caucasian hispanic latino latina latinx mexican canadian american asian
    indian eastern_european middle_eastern chinese japanese korean vietnamese filipino thai indonesian
    pakistani
    bangladeshi afghan iranian persian iraqi syrian lebanese israeli palestinian egyptian moroccan algerian
    tunisian libyan saudi arab arabic arabian turkish kurdish armenian greek italian spanish portuguese french
    german austrian swiss dutch belgian danish swedish norwegian finnish polish czech slovak hungarian
    romanian
    bulgarian serbian croatian albanian russian ukrainian lithuanian latvian estonian irish scottish welsh
    english british australian brazilian colombian venezuelan cuban jamaican haitian puerto_rican nigerian
    somali ethiopian kenyan ghanaian sudanese eritrean congolese rwandan zimbabwean south_african indigenous
    aboriginal inuit metis native_american first_nations roma romani sinti immigrant migrant refugee foreigner
"""
_RELIGION = """
    christian muslim islamic jewish jew buddhist hindu sikh taoist jain catholic protestant orthodox
    evangelical
    mormon baptist lutheran anglican methodist quaker amish shia sunni atheist agnostic pagan
"""
_AGE_AND_ABILITY = """
    old older young younger teenage teenager millenial millennial middle_aged elderly senior blind deaf
    paralyzed paralysed disabled handicapped autistic dyslexic epileptic diabetic
"""


def _words(*lists: str) -> list[str]:
    return sorted({word.replace("_", " ") for words in lists for word in words.split()})


TERMS = _words(_ORIENTATION_AND_GENDER, _ORIGIN, _RELIGION, _AGE_AND_ABILITY)
"""The words that are read alike, in lower case; with an "s" they stand for several people."""


def _pattern(terms: Iterable[str]) -> str:
    """One expression for all terms, as a tree by letters: it looks at each letter of a text about once."""
    tree: dict[str, list[str]] = {}
    ends = False
    for term in terms:
        if term:
            tree.setdefault(term[0], []).append(term[1:])
        else:
            ends = True
    if not tree:
        return ""
    branches = [(" ?" if letter == " " else letter) + _pattern(rest) for letter, rest in sorted(tree.items())]
    joined = "(?:" + "|".join(branches) + ")"
    return joined + "?" if ends else joined


_TERM = _pattern(TERMS)
_NAMED = re.compile(rf"(?<!\w)(an )?{_TERM}(?:[ -]{_TERM})*(?:(s)|(?='s))?(?!\w)")
_WORD = re.compile("[a-z]+")
_FIRST_WORDS = frozenset(word + end for term in TERMS for word in term.split()[:1] for end in ("", "s"))
_BEGINNINGS = frozenset(
    "".join(words[:count]) + end
    for words in map(str.split, TERMS)
    for count in range(1, len(words) + 1)
    for end in ("", "s")
)
"""Every run of letters that a term may begin with; its blanks may be missing ("middleaged")."""


def _named(text: str) -> Iterator[re.Match[str]]:
    """The matches of `_NAMED`, tried only where one may begin: at certain words, or an "an " before."""
    words = set(_WORD.findall(text))
    if _FIRST_WORDS.isdisjoint(words):
        return
    done = 0
    for begin in sorted(place for word in words & _BEGINNINGS for place in _places(text, word)):
        if begin < done:
            continue
        found = None
        if begin - 3 >= done and text.startswith("an ", begin - 3):
            found = _NAMED.match(text, begin - 3)
        found = found or _NAMED.match(text, begin)
        if found:
            yield found
            done = found.end()


def _places(text: str, word: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)


def read_alike(text: str) -> str:
    """The text of `groups_alike`, without the offsets: enough for a score."""
    pieces = []
    done = 0
    for found in _named(text):
        begin, end = found.span()
        pieces += [text[done:begin], "a " if found[1] else "", GROUPS if found[2] else GROUP]
        done = end
    return "".join([*pieces, text[done:]]) if done else text


def groups_alike(text: str) -> MatchForm:
    """A match form with every word for a group of people read as one sign, and "an" before it as "a".

    Several in a row ("african american", "old white") are one. Offsets lead back to ``text``.
    """
    pieces: list[str] = []
    starts: list[Offsets] = []
    ends: list[Offsets] = []

    def keep(begin: int, end: int) -> None:
        pieces.append(text[begin:end])
        places = np.arange(begin, end, dtype=np.int32)
        starts.append(places)
        ends.append(places + 1)

    def read_as(sign: str, begin: int, end: int) -> None:
        pieces.append(sign)
        starts.append(np.array([begin], dtype=np.int32))
        ends.append(np.array([end], dtype=np.int32))

    done = 0
    for found in _named(text):
        begin, end = found.span()
        keep(done, begin)
        if found[1]:
            read_as("a", begin, begin + 2)
            keep(begin + 2, begin + 3)
            begin += 3
        read_as(GROUPS if found[2] else GROUP, begin, end)
        done = end
    if not done:
        return MatchForm(text)
    keep(done, len(text))
    return MatchForm("".join(pieces), np.concatenate(starts), np.concatenate(ends))
