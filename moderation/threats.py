"""The rule for threats in plain words (pure: no Django). English, as the shipped classifier is.

The classifier has seen too few threats to hold them by its score (docs/classifier.md), and a published threat
is the worst that it can miss. The rule finds violence that is announced to somebody, asked for or wished on
somebody, where that somebody is spoken to or pointed at. What is done to things ("I will kill the weeds"),
told ("he was killed") or meant well ("I will find you a link") is none. It holds, with its words marked, and
never rejects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from moderation.classifier.text import MatchForm
from moderation.policy import Finding


def _any(words: str, *, most: int = 1) -> str:
    """An expression for one of ``words``; with ``most``, for up to so many of them, each after a blank."""
    one = "|".join(words.split(", "))
    return f"(?:{one})" if most == 1 else f"(?: (?:{one})){{0,{most}}}"


# Whom it is about: somebody who is spoken to or pointed at.
_YOU = _any("you, u, ya, y'all")
_GROUP = _any("all of, both of, each of, every one of, every last one of")
_WHOM = _any(f"{_YOU}, him, her, them, 'em, {_GROUP} (?:you|them|these|those)") + r"\b"
_LIKE = _any("people, folks, men, women, scum, animals, idiots, traitors, liars") + " like " + _any(
    "you, him, her, them, this, that"
)  # fmt: skip
_THEY = _any(f"{_YOU}, he, she, they, {_LIKE}, {_GROUP} (?:you|them)")
_YOUR = _any("your, ur, his, her, their")
_DEAR = _any("family, families, kids?, child, children, wife, husband, mother, daughter, son") + r"\b"
_HOME = _any("house, home, door, doorstep, place, street, office, work, school, bedroom") + r"\b"
_BODY = _any("heads?, face, necks?, throats?, skulls?, teeth, legs?, arms?, bones?, brains?, nose") + r"\b"

_HARM = _any(
    "kill, murder, stab, shoot, strangle, choke, hang, behead, lynch, rape, slaughter, butcher, execute, "
    "torture, drown, poison, hurt, maim, cripple, exterminate"
)
_WOUND = _any(
    "break, smash, bash, cut, slit, crush, punch, kick, stab, shoot, rip, tear, knock, blow, beat, chop"
)
_HARMED = _any(
    "killed, murdered, stabbed, shot, strangled, hanged, hung, beheaded, lynched, raped, slaughtered, "
    "butchered, executed, tortured, drowned, poisoned, beaten to death, beaten up, burned alive, "
    "burnt alive, put down, put to death, gassed, exterminated, castrated"
) + r"\b"  # fmt: skip
_IN_GOOD_FAITH = _any(  # "beat you to it", "shoot you an email", "cut you some slack"
    "to it, to the, at, an?, on the, in the polls, in the election, by, off, back, "
    "with kindness, some, slack, your"
)
_MEANT = rf"(?!(?: \w+)? {_IN_GOOD_FAITH}\b)"
_HARM_SOMEBODY = (  # One beats other teams, too, and cuts taxes: with those words, only the reader.
    rf"(?:{_HARM} (?:{_WHOM}{_MEANT}|{_YOUR} (?:\w+ )?{_DEAR})|(?:beat|cut|smash|bash) {_YOU}\b{_MEANT})"
)

# "I will", "we are going to", "somebody should really" and what stands between that and the deed.
_MODAL = _any(
    "will, shall, am, are, want, would, should, must, ought, needs?, has, have, swear, promise, wish, hope"
)
_SOMEONE = _any("i, we, someone, somebody")
_WILL = (
    rf"(?:{_SOMEONE} (?:\w+ )?{_MODAL}|(?:i|we)(?:'ll|'m|'re|'d)|{_SOMEONE} (?:gonna|wanna|gotta)|im|ill)"
    + _any(
        "to, really, just, all, love, like, going, gonna, coming, come, soon, personally, gladly, happily, "
        f"and, find, hunt, track, down, get, go, over, there, i, we, will, could, {_YOU}, them, him, her",
        most=7,
    )
)

_ANNOUNCED = (
    rf"{_WILL} {_HARM_SOMEBODY}",
    rf"{_WILL} {_WOUND}(?: (?:{_YOU}|off|out|in|open|through)){{0,2}} (?:{_YOUR}|the) (?:\w+ )?{_BODY}",
    rf"{_WILL} (?:finish|end) (?:you|him|her|them)(?= ?(?:[.!?]|$))",
    rf"{_WILL} burn (?:down )?your {_HOME}",
    r"(?:i|we)(?:'ll|'m|'re| will| am| are)(?: \w+)? "
    + _any("come, coming, visit, visiting, show up, showing up, drop by, stop by")
    + rf"(?: \w+)? (?:to|at|by|outside|over to|round to|in front of) your {_HOME}",
    rf"wait(?:ing)?(?: for {_YOU})? (?:outside|in front of|behind) your {_HOME}",
    r"(?:i|we) (?:(?:\w+ )?(?:know|found out)|will find out|have found out) where "
    rf"(?:you|your {_DEAR}) (?:live|lives|sleep|sleeps|go to school|goes to school)(?= ?(?:[.!?,]|$| and\b))",
    r"(?:i|we)(?:'m| am|'re| are) coming for (?:you|your family)\b",
    r"(?:i|we)(?:'ll|'m|'re| will| am| are)?(?: \w+)? put(?:ting)? a bullet (?:in|through|into)\b",
    rf"(?:put|deserves?|needs?) a bullet (?:in|through|into) (?:{_WHOM}|{_YOUR})\b",
)
_ASKED_FOR = (
    rf"{_THEY}(?: (?:all|really|just|both|certainly|surely)){{0,3}} "
    rf"(?:(?:deserves?|needs?|ought|has|have) to|should|must){_any('all, just, really, have', most=2)} "
    rf"(?:be|get|been){_any('taken, dragged, lined, put, out, and, up, against, the, a, wall', most=6)} "
    rf"{_HARMED}(?! at\b)",
    rf"{_THEY}(?: (?:all|really|just)){{0,3}} (?:deserves? to|should(?: all)?|needs? to) "
    r"(?:die|drop dead|burn in hell)\b",
    r"(?:someone|somebody|we|they|let's|lets|please)(?: \w+)? "
    rf"(?:should|ought to|must|needs? to|has to|have to|please|just)(?: \w+){{0,2}} {_HARM_SOMEBODY}",
    r"string (?:them|him|her|you|'em) up\b",
    r"(?:hang|shoot|kill|gas|lynch|exterminate) "
    r"(?:them all|(?:all of|the (?:whole )?lot of|every (?:last )?one of) (?:them|you))\b",
)
_WISHED = (
    rf"(?:i|we)(?: would|'d) (?:love|like) to see (?:{_THEY}|him|her|them) {_HARMED}",
    rf"(?:i|we) (?:\w+ )?(?:hope|wish|pray){_any('that, for, to, see, all, of', most=3)} "
    rf"(?:{_THEY}|him|her|them|your \w+){_any('all, both, just, would, will, to, gets?, be', most=4)} "
    + _any(
        "die, dies, killed, murdered, shot, raped, hanged, stabbed, cancer, hit by, run over, drop dead, "
        "burn in hell, rot in hell"
    )
    + r"\b",
    r"(?:please|just|go|go and|do us (?:all )?a favou?r and|better|should) "
    r"(?:kill|hang|shoot|drown) yourself\b",
    r"(?:^|[.!?,] ?|you )(?:just |please )?(?:kill yourself|hang yourself|go (?:and )?die|please die|kys)\b",
    r"why don't you (?:(?:just|all|go|and) ){0,3}(?:die|kill yourself|drop dead)\b",
)
_FORETOLD = (
    rf"{_YOU}(?:'re| are) (?:a )?(?:dead (?:man|meat)|(?:going to|gonna) (?:die|bleed|pay with your life))"
    r"(?! (?:of|from|at|if|when|one day|someday|before|laughing))\b",
    r"(?<!of )you(?:'ll| will) (?:pay with your life|be dead|bleed)\b",
    r"your days are (?:numbered|counted)\b",
    r"(?:you(?:'d| had)? better|you should|i'd|i would) (?:watch your back|sleep with one eye open)\b",
    r"(?:^|[.!?,] ?)watch your back(?= ?(?:[.!?,]|$))",
)
_THREAT = re.compile(rf"(?<![a-z'])(?:{'|'.join((*_ANNOUNCED, *_ASKED_FOR, *_WISHED, *_FORETOLD))})")


def threat_findings(forms: Mapping[str, MatchForm]) -> list[Finding]:
    """Where threats stand, by field; the time is bounded by the length of a match form.

    Args:
        forms: match forms with one blank between words, by the name of the field.
    """
    found = []
    for where, form in forms.items():
        spans = tuple(form.span(*match.span()) for match in _THREAT.finditer(form.text))
        if spans:
            found.append(Finding("threat_words", where=where, spans=spans))
    return found
