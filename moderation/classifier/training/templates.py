"""Sentences made by ourselves that teach what data sets teach badly: who is named is not what is said.

Counterfactuals (one sentence, many groups; one group, kind and unkind), insults that are denied,
quoted or answered, and the vocabulary of news. Mild words only, and other words and sentences than the
functional suite uses, so that the suite still tests.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from moderation.classifier.training.sources import Row

SOURCE = "templates"
HARMLESS = "harmless_templates"

_GROUPS = (
    "gay",
    "lesbian",
    "bisexual",
    "transgender",
    "queer",
    "straight",
    "homosexual",
    "heterosexual",
    "black",
    "white",
    "african",
    "african american",
    "asian",
    "european",
    "latino",
    "hispanic",
    "mexican",
    "canadian",
    "american",
    "indian",
    "chinese",
    "japanese",
    "russian",
    "ukrainian",
    "polish",
    "turkish",
    "arab",
    "middle eastern",
    "muslim",
    "jewish",
    "christian",
    "catholic",
    "protestant",
    "buddhist",
    "hindu",
    "sikh",
    "atheist",
    "male",
    "female",
    "nonbinary",
    "old",
    "young",
    "elderly",
    "teenage",
    "middle aged",
    "blind",
    "deaf",
    "paralyzed",
    "disabled",
    "immigrant",
    "refugee",
)
_KIND = ("kind", "generous", "funny", "clever", "welcome here", "just like the rest of us")
_UNKIND = ("vile", "worthless", "evil", "scum")
_NAMES = ("dimwit", "numbskull", "jerk", "creep", "loser", "liar", "coward", "crook", "scumbag", "dunce")
_NEUTRAL = (
    "{g}",
    "a {g} person",
    "{g} people",
    "my {g} neighbour called",
    "the {g} choir sings on Sunday",
    "She grew up in a {g} family.",
    "He is a {g} writer from the north.",
    "The {g} community centre reopens in May.",
    "Our team has two {g} players.",
    "I voted for the {g} candidate.",
    "As a {g} reader I liked this piece.",
    "Most {g} voters stayed at home.",
    "They asked {g} residents about the plan.",
    "Hello, I'm {g}.",
    "You can be {g} and love football.",
    "Meet Sam, who is {g}.",
)
_ATTACKS = (
    "{g} people are {bad}.",
    "All {g} people are {bad} and everyone knows it.",
    "I can't stand {g} people.",
    "Get rid of every {g} person in this town.",
    "No wonder, he's {g} and {g} people are {bad}.",
)
_INSULTS = (
    "You {n}.",
    "Listen, you {n}, nobody asked you.",
    "What a {n}.",
    "Only a {n} would write that.",
    "You are nothing but a {n}.",
    "Go away, {n}!",
    "Our mayor is a {n} and so are you.",
)
_NO_INSULTS = (
    "She is no {n}.",
    "I don't think he is a {n}.",
    "Don't call him a {n}, please.",
    "Stop using the word {n}.",
    'He shouted "{n}" at the referee and was sent off.',
    'A reader wrote "you {n}" and was asked to apologise.',
    "I felt like a {n} when I noticed my mistake.",
    "My brother is anything but a {n}.",
)
_NEWS = (
    "{n} soldiers were killed near the border on {d}.",
    "The bomb was defused on {d}, police said.",
    "A man was charged with murder on {d}.",
    "{n} people died in the attack, the ministry said on {d}.",
    "The jury heard evidence of rape and assault on {d}.",
    "Russia and Ukraine exchanged {n} prisoners on {d}.",
    "The shooting left {n} wounded.",
    "The court dealt with {n} cases of child abuse in a year.",
    "Missiles hit the city on {d} and killed {n} civilians.",
    "The war has destroyed {n} schools.",
    "Nazis murdered {n} thousand people in the camp.",
    "Suicide is a leading cause of death among farmers.",
    "A knife was found at the scene of the killing on {d}.",
    "The virus killed {n} patients in the north.",
)
_IDIOMS = (
    "My back is killing me.",
    "The traffic was murder on {d}.",
    "We were robbed on {d}, what a match!",
    "That exam nearly killed me.",
    "I'm dead tired of roadworks.",
    "He bombed the audition on {d}.",
    "They crushed us {n} to nil.",
    "She kills it on stage every night.",
    "I'd die for that cake.",
    "What a stupid queue that was on {d}.",
    "This damn printer has jammed again.",
    "The plan is rubbish, not the people.",
)
_SIGNS = (
    *(
        "❤️",
        "❤",
        "🎉",
        "😂",
        "🤣",
        "👏",
        "👍",
        "🙏",
        "😊",
        "🥳",
        "😍",
        "😢",
        "😅",
        "🙌",
        "💪",
        "🔥",
        "☀️",
        "⚽",
        "🎂",
        "💐",
    ),
    *(
        "🌈",
        "🏳️‍🌈",
        "✊🏿",
        "👋🏽",
        "🕯️",
        "🕊️",
        "☪️",
        "✡️",
        "✝️",
        "...",
        "!!!",
        "???",
        ":-)",
        ";)",
    ),
)
"""A set made of emoji hate teaches that emoji are hate; a reader who sends three hearts means hearts."""

_FRIENDLY = (
    *(
        "{e}",
        "{e}{e}",
        "{e}{e}{e}",
        "{e} bravo",
        "Well said {e}{e}",
        "Congratulations! {e}",
        "Thank you {e}{e}",
    ),
    *(
        "{e} what a match {e}",
        "Love this {e}{e}{e}",
        "Happy birthday to the library {e}",
        "See you there {e}",
    ),
)
_DAYS = ("Monday", "Tuesday", "Friday", "Sunday")
_NUMBERS = ("two", "seven", "40", "300")


def _filled(sentences: Sequence[str], **places: Sequence[str]) -> Iterator[str]:
    for sentence in sentences:
        used = [name for name in places if "{" + name + "}" in sentence]
        for values in product(*(places[name] for name in used)):
            yield sentence.format(**dict(zip(used, values, strict=True)))


def template_rows() -> list[Row]:
    """The sentences as training rows, always the same."""
    harmless = [
        *_filled(_NEUTRAL, g=_GROUPS),
        *_filled(("{g} people are {good}.",), g=_GROUPS, good=_KIND),
        *_filled(_NO_INSULTS, n=_NAMES),
        *_filled(_NEWS, n=_NUMBERS, d=_DAYS),
        *_filled(_IDIOMS, n=_NUMBERS, d=_DAYS),
        *_filled(_FRIENDLY, e=_SIGNS),
    ]
    attacks = list(_filled(_ATTACKS, g=_GROUPS, bad=_UNKIND))
    rows = [(text, {"toxicity": 0.0, "identity_attack": 0.0}) for text in harmless]
    rows += [(text, {"toxicity": 1.0, "identity_attack": 1.0}) for text in attacks]
    rows += [(text, {"toxicity": 1.0, "identity_attack": 0.0}) for text in _filled(_INSULTS, n=_NAMES)]
    return [
        Row(SOURCE if labels["toxicity"] else HARMLESS, f"{SOURCE}-{i}", text, "train", labels)
        for i, (text, labels) in enumerate(rows)
    ]
