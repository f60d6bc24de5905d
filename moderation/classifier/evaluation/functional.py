"""A functional test suite in the manner of HateCheck (Röttger et al., 2021): what a score is *about*.

Templates with places for mild words: no text here could hurt anybody, and the strong vocabulary that a
model knows is exercised by the data sets instead. Each function says what should happen to its cases
at the hold threshold; accuracy per function shows where a model reads words instead of meaning.
"""

from dataclasses import dataclass
from itertools import product

MILD_INSULTS = ("idiot", "moron", "fool", "clown", "imbecile", "halfwit")
ADJECTIVES = ("stupid", "pathetic", "dumb", "disgusting")
GROUPS = (
    "Muslims",
    "Jews",
    "Christians",
    "black people",
    "white people",
    "gay people",
    "women",
    "men",
    "immigrants",
    "Russians",
    "Mexicans",
    "disabled people",
)
MEMBERS = (
    "a Muslim",
    "Jewish",
    "a Christian",
    "black",
    "white",
    "gay",
    "a lesbian",
    "transgender",
    "a Russian",
    "an immigrant",
    "deaf",
    "an atheist",
)
THINGS = ("plan", "idea", "budget", "proposal", "headline")
OBJECTS = ("printer", "weather", "traffic light", "software", "parking meter")


@dataclass(frozen=True, slots=True)
class Function:
    """One thing that a moderation model should get right; ``held``: whether its cases should be."""

    name: str
    label: str
    held: bool
    cases: tuple[str, ...]


def _fill(*templates: str, **places: tuple[str, ...]) -> tuple[str, ...]:
    """Every template with every combination of the places that it names."""
    filled = []
    for template in templates:
        used = [name for name in places if "{" + name + "}" in template]
        combinations = product(*(places[name] for name in used))
        filled += [template.format(**dict(zip(used, values, strict=True))) for values in combinations]
    return tuple(filled)


def functions() -> list[Function]:
    """The suite, in reporting order."""
    return [*_attacks(), *_harmless(), *_news(), *_spam()]


def _attacks() -> list[Function]:
    insult, adjective, group = MILD_INSULTS, ADJECTIVES, GROUPS
    return [
        Function(
            "insult of the reader",
            "toxicity",
            True,
            _fill(
                "You are a {insult}.",
                "What a {insult} you are!",
                "Shut up, you {adjective} {insult}.",
                insult=insult,
                adjective=adjective,
            ),
        ),
        Function(
            "insult inside a long comment",
            "toxicity",
            True,
            _fill(
                "I read the whole article twice and looked up the figures of the last five years. Rents rose "
                "by a third while wages stood still. You would know that if you were not such a {adjective} "
                "{insult}. The council has published all of it on its own page.",
                insult=insult,
                adjective=adjective,
            ),
        ),
        Function(
            "insult by comparison",
            "toxicity",
            True,
            _fill(
                "You have the brain of a {animal}.",
                "A {animal} is smarter than you.",
                animal=("goldfish", "donkey", "pigeon", "turnip"),
            ),
        ),
        Function(
            "threat",
            "toxicity",
            True,
            _fill(
                "I will find you and {act} you.",
                "Someone should {act} you.",
                "You deserve to be {done}.",
                act=("kill", "hurt", "beat", "strangle"),
                done=("shot", "hanged", "beaten to death"),
            ),
        ),
        Function(
            "attack on a group",
            "toxicity",
            True,
            _fill(
                "{group} are {adjective}.",
                "I hate {group}.",
                "{group} are vermin and should be wiped out.",
                group=group,
                adjective=adjective,
            ),
        ),
        Function(
            "attack on a person who is not of a protected group",
            "toxicity",
            True,
            _fill(
                "The {person} is a {adjective} {insult}.",
                person=("mayor", "author", "journalist", "minister"),
                insult=insult,
                adjective=adjective[:2],
            ),
        ),
    ]


def _harmless() -> list[Function]:
    return [
        Function(
            "negated insult",
            "toxicity",
            False,
            _fill(
                "You are not a {insult}.",
                "Nobody here called you a {insult}.",
                "I never said that you are {adjective}.",
                insult=MILD_INSULTS,
                adjective=ADJECTIVES,
            ),
        ),
        Function(
            "counter-speech",
            "toxicity",
            False,
            _fill(
                "Please do not call people {adjective} here.",
                "Saying that {group} are {adjective} is wrong and I will always object to it.",
                "Calling somebody a {insult} is not an argument.",
                insult=MILD_INSULTS,
                adjective=ADJECTIVES[:2],
                group=GROUPS[:6],
            ),
        ),
        Function(
            "quoted abuse, reported",
            "toxicity",
            False,
            _fill(
                'He called me a "{insult}" and the moderators did nothing.',
                'My daughter was told "you are {adjective}" at school, and that has to stop.',
                insult=MILD_INSULTS,
                adjective=ADJECTIVES,
            ),
        ),
        Function(
            "identity named neutrally",
            "toxicity",
            False,
            _fill(
                "I am {member} and I enjoyed this article.",
                "My neighbour is {member}.",
                "The new teacher is {member}.",
                member=MEMBERS,
            ),
        ),
        Function(
            "identity praised",
            "toxicity",
            False,
            _fill(
                "I am proud to be {member}.",
                "{group} have done a lot for this town.",
                member=MEMBERS,
                group=GROUPS,
            ),
        ),
        Function(
            "self-description, reclaimed",
            "toxicity",
            False,
            _fill(
                "I was such a {insult} to believe it.",
                "Silly me, I am a {insult} with computers.",
                insult=MILD_INSULTS,
            ),
        ),
        Function(
            "hard word about a thing",
            "toxicity",
            False,
            _fill(
                "This {object} is {adjective}.",
                "I hate my {object}.",
                "The {thing} is {adjective}.",
                object=OBJECTS,
                thing=THINGS,
                adjective=ADJECTIVES[:2],
            ),
        ),
        Function(
            "disagreement with the person",
            "toxicity",
            False,
            _fill(
                "I disagree with you about the {thing}.",
                "You are wrong about the {thing}, and here is why.",
                "With respect, your {thing} does not add up.",
                thing=THINGS,
            ),
        ),
        Function(
            "figure of speech",
            "toxicity",
            False,
            (
                "This heat is killing me.",
                "I would kill for a decent cup of coffee.",
                "She is a killer pianist.",
                "That joke had me dying.",
                "The team was slaughtered in the second half.",
                "He shot down the proposal.",
                "I could murder a sandwich.",
                "Break a leg tonight!",
            ),
        ),
    ]


def _news() -> list[Function]:
    return [
        Function(
            "news vocabulary",
            "toxicity",
            False,
            (
                *_fill(
                    "{count} people were killed when a bomb went off in {place}.",
                    "The court sentenced the man to {count} years for murder.",
                    "Police shot a suspect after the attack in {place}.",
                    "Russia has moved {count} tanks to the border near {place}.",
                    "The rape trial in {place} will resume in {count} days.",
                    "The black and gay communities of {place} held a vigil for the victims.",
                    "Nazi Germany invaded {place} and killed thousands.",
                    count=("three", "twelve"),
                    place=("the capital", "Odesa", "the north"),
                ),
                "The Holocaust museum opens a new wing.",
                "The terrorist attack was condemned by all parties.",
                "Why was the suicide hotline closed?",
                "The drug gang was arrested on Monday.",
            ),
        ),
        Function(
            "plain thanks and short answers",
            "toxicity",
            False,
            (
                "Thanks!",
                "Well said.",
                "RIP",
                "Great article.",
                "Agreed.",
                "Interesting, thank you.",
                "No.",
                "Why?",
                "LOL",
                "Rest in peace.",
                "Good point!",
                "ok",
                "Same here.",
                "Not again...",
                "Finally!",
            ),
        ),
        Function(
            "emoji in good faith",
            "toxicity",
            False,
            (
                "❤️❤️❤️❤️",
                "😂😂😂😂 brilliant",
                "👏👏👏 to the firefighters",
                "Great news 🎉🎉",
                "🏳️‍🌈 proud of our town 🏳️‍🌈",
                "Get well soon 🙏🙏",
                "⚽⚽⚽ goal of the year",
                "Miss you, grandad 😢",
                "🔥 recipe, thank you!",
                "What a night 🥳",
            ),
        ),
        Function(
            "politics with feeling",
            "toxicity",
            False,
            _fill(
                "The {thing} is a disgrace and the minister should resign.",
                "Another broken promise about the {thing}. I am furious.",
                "Who came up with this {thing}? It makes no sense at all.",
                thing=THINGS,
            ),
        ),
    ]


def _spam() -> list[Function]:
    return [
        Function(
            "spam: investment and jobs",
            "spam",
            True,
            _fill(
                "I made ${sum} last week working from home, contact {name} on telegram to start earning.",
                "Invest in bitcoin with {name}, I earned ${sum} in 7 days, message her on whatsapp now!",
                "Earn ${sum} daily with crypto trading. DM {name} to join our group!",
                sum=("5,000", "900", "12000"),
                name=("Mrs Harper", "@fxharper", "expert Harper"),
            ),
        ),
        Function(
            "spam: come to my channel",
            "spam",
            True,
            _fill(
                "Check out my {what} and subscribe please!!!",
                "Please subscribe to my {what}, I will subscribe back.",
                "Hey guys visit my {what}: http://example.com/win",
                what=("channel", "new channel", "youtube channel"),
            ),
        ),
        Function(
            "links in good faith",
            "spam",
            False,
            (
                "The figures are at https://example.org/statistics/2024, page 12.",
                "Source: www.example.org. It was reported there last year.",
                "The full judgment is here: https://example.com/court/judgment.pdf",
                "See https://example.org/wiki/Bridge for the history of the bridge.",
            ),
        ),
        Function(
            "money in good faith",
            "spam",
            False,
            (
                "The bridge will cost $40 million and open in 2027.",
                "I pay 30% more for gas than last year.",
                "My pension is $900 a month, how am I to live on that?",
                "Bitcoin fell by 12% on Tuesday.",
                "They should invest in schools instead of stadiums.",
            ),
        ),
    ]
