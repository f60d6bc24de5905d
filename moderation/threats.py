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
# "her feelings", "her career": not a person.
_NO_PERSON = _any(
    "feelings?, careers?, chances?, plans?, ideas?, dreams?, credibility, campaigns?, reputation, business, "
    "projects?, bills?, proposals?, votes?, budgets?, joy, arguments?, will, wishes"
)
_WHOM = _any(f"{_YOU}, him, her(?! {_NO_PERSON}), them, 'em, {_GROUP} (?:you|them|these|those)") + r"\b"
_LIKE = _any("people, folks, men, women, scum, animals, idiots, traitors, liars") + " like " + _any(
    "you, him, her, them, this, that"
)  # fmt: skip
_THEY = _any(f"{_YOU}, he, she, they, {_LIKE}, {_GROUP} (?:you|them)")
_OFFICE = (  # Those whom readers of a paper threaten in the third person.
    _any(
        "mayors?, councill?ors?, judges?, (?:prime )?ministers?, presidents?, senators?, governors?, mps?, "
        "politicians?, journalists?, reporters?, editors?, cops?, police(?:m[ae]n|wom[ae]n)?, officers?, "
        "traitors?, cyclists?, immigrants?, migrants?, refugees?, foreigners?, asylum seekers?, muslims?, "
        "jews?, christians?, gays?, idiots?, scum, pigs?, vermin"
    )
    + r"(?!'s)\b(?! (?:plans?|ideas?|proposals?|bill|budget|scheme|campaign|career)\b)"
)
_SOME_OFFICE = rf"(?:(?:the|this|that|these|those|all|every)(?: (?:the|these|those|of the))? )?{_OFFICE}"
_YOUR = _any("your, ur, his, her, their")
_DEAR = _any("family, families, kids?, child, children, wife, husband, mother, daughter, son") + r"\b"
_HOME = _any("house, home, door, doorstep, place, street, office, work, school, bedroom") + r"\b"
_HOUSE = (
    _any(
        "house, houses, home, homes, office, offices, school, mosques?, church, synagogues?, temple, hall, "
        "hostel, shelter, centre, center, station, parliament, court, courthouse, newsroom, car"
    )
    + r"\b"
)
_BODY = (
    _any(
        "heads?, face, necks?, throats?, skulls?, teeth, legs?, arms?, bones?, brains?, nose, hands?, "
        "fingers?, ears?, guts"
    )
    + r"\b"
)
_END = "(?= ?(?:[.!?,]|$))"
_END_OR_AND = r"(?= ?(?:[.!?,]|$| and\b))"
_START = "(?:^|(?<=[.!?,] )|(?<=[.!?,]))"

_HARM = _any(
    "kill, murder, stab, shoot, strangle, choke, hang, behead, lynch, rape, slaughter, butcher, execute, "
    "torture, drown, poison, hurt, maim, cripple, exterminate"
)
_WOUND = _any(
    "break, smash, bash, cut, slit, crush, punch, kick, stab, shoot, rip, tear, knock, blow, beat, chop"
)
_HARMED = (
    _any(
        "killed, murdered, stabbed, shot, strangled, hanged, hung, beheaded, lynched, raped, slaughtered, "
        "butchered, executed, tortured, drowned, poisoned, beaten to death, beaten up, burned alive, "
        "burnt alive, put to death, gassed, exterminated, castrated"
    )
    + r"(?! (?:at|off|down|out|of|by the|properly|well|as|with a camera|in (?:black|colou?r|order))\b)\b"
)
_IN_GOOD_FAITH = _any(  # "beat you to it", "shoot you an email", "cut you some slack", "hurt them in the cup"
    "to it, to the, at, an?, on the, in the polls, in the election, in the (?:cup|league|final|derby), "
    "in the (?:first|second|right|next|proper), by, off, back, out, over, with kindness, some, slack, your, "
    "properly, financially, in the (?:pocket|wallet)"
)
_MEANT = rf"(?!(?: \w+)? {_IN_GOOD_FAITH}\b)"
_BEAT = (
    rf"(?:(?:beat|cut|smash|bash) {_YOU}{_END}|beat {_WHOM} (?:up|to (?:death|a pulp)|senseless|bloody)\b)"
)
_HARM_SOMEBODY = _any(
    rf"{_HARM} (?:{_WHOM}{_MEANT}|{_SOME_OFFICE}{_MEANT}|{_YOUR} (?:\w+ )?{_DEAR}), {_BEAT}, "
    rf"run (?:{_WHOM} over|over (?:{_WHOM}|{_SOME_OFFICE})), skin {_WHOM} alive, "
    rf"put {_WHOM} in (?:(?:the|a) )?(?:ground|hospital|coffin|grave|box|wheelchair), "
    rf"beat the \w+ out of {_WHOM}, "
    rf"(?:burn|bomb|torch|blow up|shoot up|set fire to)(?: down)? (?:the|this|that|{_YOUR}) (?:\w+ )?{_HOUSE}"
)

# "I will", "we are going to", "somebody should really" and what stands between that and the deed.
_MODAL = _any(
    "will, shall, am, are, want, would, should, must, ought, needs?, has, have, swear, promise, wish, hope"
)
_SOMEONE = _any("i, we, someone, somebody")
_WILL = (
    rf"(?:{_SOMEONE} (?:\w+ )?{_MODAL}|(?:i|we)(?:'ll|'m|'re|'d)|{_SOMEONE} (?:gonna|wanna|gotta)|im|ill|"
    rf"imma|ima|i'?m ?ma|(?:^|(?<=[.!?] )|(?<=[.!?]))(?:gonna|going|will))"
    + _any(
        "to, really, just, all, love, like, going, gonna, coming, come, soon, personally, gladly, happily, "
        f"and, find, hunt, track, down, get, go, over, there, i, we, will, could, {_YOU}, them, him, her",
        most=7,
    )
)
_PEACEFULLY = (
    r"(?! (?:with (?!(?:a|my) (?:gun|knife|bat|hammer|brick|axe))|on \w+ with|to (?:talk|speak|deliver|"
    r"collect|pick|help|see|fix|drop|discuss|teach|sing|sign|thank))\b)"
)
_ARE = "(?:'re| are)"
_ARE_GOING_TO = rf"(?:{_ARE} (?:going to|gonna)| gonna|'ll| will)"


def _one_of(*expressions: str) -> str:
    return f"(?:{'|'.join(expressions)})"


# What is told is done, after "I will", "we are going to", "somebody should".
_DEED = _one_of(
    _HARM_SOMEBODY,
    rf"{_WOUND}(?: (?:{_YOU}|off|out|in|open|through)){{0,2}} (?:{_YOUR}|the) (?:\w+ )?{_BODY}",
    r"(?:finish|end) (?:you|him|her|them)(?= ?(?:[.!?]|$))",
    rf"(?:hunt|track) (?:you|him|her) down(?:{_END}| and\b)",
    r"hunt down (?:you|your)\b",
    rf"find you(?:{_END}| and (?:you|we|i)\b)",
)
_WE = _one_of(  # after "I" or "we"
    r"(?:'ll|'m|'re| will| am| are)(?: \w+)? (?:come|coming|visit|visiting|show(?:ing)? up|drop by|stop by)"
    rf"(?: \w+)? (?:to|at|by|outside|over to|round to|in front of) your {_HOME}{_PEACEFULLY}",
    rf"(?:'m| am|{_ARE}| will be|'ll be) outside your {_HOME}",
    rf"(?:'m| am|{_ARE}) watching your (?:{_HOME}|{_DEAR})",
    r" (?:(?:\w+ )?(?:know|found out)|will find out|have found out) where "
    rf"(?:you|your {_DEAR}) (?:lives?|sleeps?|works?|park(?: your car)?|goe?s? to school){_END_OR_AND}",
    rf" (?:\w+ )?know (?:what|which) school your {_DEAR}",
    r"(?: have|'ve)? (?:\w+ )?(?:know|have|got|found) your (?:home )?address\b",
    rf"(?:'m| am|{_ARE}) coming for (?:you|your family)\b(?!,? said)",
    r"(?:'ll|'m|'re| will| am| are)?(?: \w+)? put(?:ting)? a bullet (?:in|through|into) "
    rf"(?:{_WHOM}|(?:{_YOUR}|the) (?:\w+ )?{_BODY})",
    r"(?:'ll|'m|'re| will| am| are) bring(?:ing)? (?:a|my|our) (?:gun|rifle|shotgun|machete) to (?!a gun)",
    r"(?:'ve| have)? (?:planted|put|placed|left|hidden) a bomb (?:in|at|under|on|inside)\b",
    rf"(?: would|'d) (?:love|like) to see (?:{_THEY}|him|her|them) (?:{_HARMED}|hang|dead|die|burn)\b",
    rf" (?:\w+ )?want (?:to see )?{_WHOM} (?:dead|killed|hanged|shot){_END}",
)
_BE_HARMED = _one_of(  # after "they", "you", "people like him", "the judges"
    r"(?: (?:all|really|just|both|certainly|surely)){0,3} "
    r"(?:(?:(?:deserves?|needs?|ought|has|have) to|should|must)(?: (?:all|just|really)){0,2} (?:be|get)|"
    r"should (?:all )?have been)"
    rf"{_any('taken, dragged, lined, put, out, and, up, against, the, a, wall', most=6)} {_HARMED}",
    r"(?: (?:all|really|just)){0,3} (?:deserves? to|should(?: all)?|needs? to) "
    r"(?:die(?! (?:in (?:peace|prison|jail|office|bed|dignity)|with|on|out|off|at|peacefully)\b)|drop dead|"
    r"burn in hell)\b",
    r" deserves? (?:a bullet|the rope|a rope|the noose|a noose|the gallows|a lynching)\b",
)
_HOPE = rf"(?:hope|wish|pray){_any('that, for, to, see, all, of', most=3)} " + _one_of(
    rf"(?:{_THEY}|him|her|them|your \w+)"
    rf"{_any('all, both, just, would, will, to, gets?, be, were, was', most=4)} "
    r"(?:(?:die|dies)(?! (?:out|down|off|in the (?:final|next|last))\b)|killed(?! off)|murdered|"
    r"shot(?! down)|raped|hanged|stabbed|cancer|hit by (?:a|the) (?:car|bus|truck|lorry|train|van|tram)|"
    r"run over|drop dead|dead|burn(?! (?:up|off|calories))|rot in hell)\b",
    r"(?:someone|somebody)(?: would| will)? (?:kill|shoot|stab|rape|hang|strangle|murder|lynch)s? " + _WHOM,
)
_AT_THE_START = _one_of(  # of a sentence
    r"(?:just |please )?(?:hang|shoot|kill|lynch|gas|behead|drown|execute|exterminate) "
    rf"(?:(?:him|her|them|{_SOME_OFFICE})(?: (?:all|both|now|on sight))?){_END}",
    rf"(?:just |please )?(?:burn|bomb|torch|blow up)(?: down)? (?:the|{_YOUR}) (?:\w+ )?{_HOUSE}",
    rf"(?:a )?bullet (?:in|to|through) (?:the|{_YOUR}) {_BODY}",
    r"(?:just |please )?(?:kill (?:your ?self|ur ?self)|hang yourself|go (?:and )?die|please die|kys)\b",
    rf"(?:just |please )?(?:drop dead|die)(?: already| now| soon)?{_END}",
    rf"(?:you{_ARE}|ur) dead{_END}",
    rf"you{_ARE} next{_END}",
    rf"watch your back{_END}",
    _HOPE,
)
_ELSEWHERE = _one_of(
    rf"wait(?:ing)?(?: for {_YOU})? (?:outside|in front of|behind) your {_HOME}",
    rf"(?:put|deserves?|needs?) a bullet (?:in|through|into) (?:{_WHOM}|{_YOUR} (?:\w+ )?{_BODY})",
    r"there(?: is|'s) a bomb (?:in|at|under|on|inside)\b",
    r"would be a shame if (?:it (?:burn\w*|caught fire)|(?:some|any)thing happened to (?:you|them|your))\b",
    rf"(?:{_YOU}|{_LIKE}|{_GROUP} (?:you|them)) (?:(?:deserves?|needs?|ought) to be put down\b|"
    rf"(?:must|have to) die{_END})",
    r"(?:someone|somebody|we|they|let's|lets|please)(?: \w+)? "
    rf"(?:should|ought to|must|needs? to|has to|have to|please|just)(?: \w+){{0,2}} {_HARM_SOMEBODY}",
    rf"(?:someone|somebody|let's|lets)(?: please)? {_HARM_SOMEBODY}",
    r"(?<!they )string (?:them|him|her|you|'em) (?:all )?up\b(?! (?:along|on|with|across|over)\b)",
    r"(?:hang|shoot|kill|gas|lynch|exterminate) "
    r"(?:them all|(?:all of|the (?:whole )?lot of|every (?:last )?one of) (?:them|you))\b"
    r"(?! (?:on|in|out|up)\b)",
    rf"death to (?:all \w+|{_WHOM}|{_SOME_OFFICE})",
    r"(?:line|put) (?:them|him|her|you)(?: all)?(?: up)? (?:and shoot|against (?:the|a) wall)\b",
    r"can't wait (?:to see (?:you|him|her|them) (?:hang|die|dead|burn)|"
    r"(?:until|till) (?:you|he|she|they)(?:'re|'s| are| is) dead)\b",
    r"(?:please|just|go|go and|better|should) (?:kill|hang|shoot|drown) (?:your ?self|ur ?self|yourselves)\b",
    r"do (?:us|everyone|the world)(?: all)? a favou?r and (?:die|drop dead|jump|kill yourself)\b",
    r"go (?:and )?jump (?:off|from) (?:a|the) (?:bridge|cliff|roof|building)\b",
    r"why don't you (?:(?:just|all|go|and) ){0,3}(?:die|kill yourself|drop dead)\b",
    rf"{_YOU}{_ARE} (?:a )?(?:dead (?:man|meat)|(?:going to|gonna) (?:die|pay with your life))"
    r"(?! (?:of|from|at|if|when|on|in|out|there|one day|someday|before|laughing))\b",
    rf"{_YOU}{_ARE_GOING_TO} (?:bleed(?: for|{_END})|(?:get|be) (?:killed|stabbed|shot|raped|lynched|hanged|"
    rf"beaten up)(?= ?(?:[.!?]|$)| (?:soon|tonight|tomorrow|one day|for this|for that|like)\b))",
    r"(?<!of )you(?:'ll| will) (?:pay with your life|be dead(?! (?:before|by the time|when|long|if)\b)|"
    r"end up in (?:a|the) (?:ditch|coffin|box|grave|river|morgue)|get what's coming to you)\b",
    rf"or you{_ARE} dead{_END}",
    r"you (?:won't|will not) see (?:christmas|tomorrow|the morning|another day)\b",
    r"you (?:just |please )?(?:kill yourself|hang yourself|go (?:and )?die|please die|kys)\b",
    rf"your {_DEAR} will (?:die|bleed|be next)\b",
    r"your days are (?:numbered|counted)\b(?! if\b)",
    r"(?:you(?:'d| had)? better|you should|i'd|i would) (?:watch your back|sleep with one eye open)\b"
    r"(?! (?:garden|yard|door|pocket|when|if|while)\b)",
)
_THREAT = re.compile(
    # Letters that an alternative can begin with come first, so that most words are passed over at once.
    rf"(?<![a-z'])(?:(?=[iwsg]){_WILL} {_DEED}|(?=[iw])(?:i|we){_WE}|(?=[iw])(?:i|we) (?:\w+ )?{_HOPE}|"
    rf"{_START}{_AT_THE_START}|(?:{_THEY}|{_SOME_OFFICE}){_BE_HARMED}|{_ELSEWHERE})"
)


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
