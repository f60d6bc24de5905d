"""Threats in plain words: what is announced, asked for or wished on somebody; not what is done to things."""

from __future__ import annotations

import time

import pytest

from moderation.classifier.evaluation.functional import functions
from moderation.classifier.text import MAX_CHARACTERS
from moderation.policy import Finding, ResolvedPolicy
from moderation.text_rules import text_findings

THREATS = """\
I will come to your house tonight and you will regret it.
I know where you live.
We know where your children go to school.
I'm coming for you.
I\u2019ll be waiting for you outside your office.
We are going to burn your house down.
I'll break your legs.
You should be shot.
People like you deserve to be hanged.
They should all be lined up against the wall and shot.
Someone should put a bullet in his head.
Somebody ought to strangle him.
I would love to see you hanged
String them up!
I hope you die of cancer.
I hope your kids get cancer.
Go kill yourself.
Why don't you just die
You're dead meat.
Watch your back.
You will pay with your life.
Your days are numbered, mayor.
You are a disgrace. Kill yourself.
You deserve nothing. Drop dead!
Pay by Friday or you're dead.
Gonna kill you
imma kill u
I will hunt you down.
I will find you and you will pay.
I know where you work.
I know your address.
I know which school your daughter goes to.
I'll be outside your house.
I'm going to stab the mayor.
Someone needs to kill this judge.
Somebody should burn his house down.
There is a bomb in the town hall.
I'm bringing my gun to the council meeting.
I would run over these cyclists.
I'll put you in hospital.
I'm going to beat the crap out of you.
He deserves a bullet in the head.
Journalists should be shot.
Hang the traitors!
Kill all journalists.
Death to all immigrants.
Line them up and shoot them.
I want you dead.
I hope someone stabs you.
Hope you die.
Can't wait until he is dead.
Do us all a favour and drop dead.
You will be killed.
You're next.
It would be a shame if something happened to your kids.
I w1ll k.i.l.l y0u
\uff29 \uff57\uff49\uff4c\uff4c \uff4b\uff49\uff4c\uff4c \uff59\uff4f\uff55
I WILL\u00a0 KILL\u200b YOU"""
NONE = """\
I will kill the weeds this weekend.
He was killed by a car on the bridge.
The suspect said he would kill her, the court heard.
The police shot him dead.
They have been shot at for months.
I will find you a link.
I'll beat you to it.
I will shoot you an email tomorrow.
I would cut him some slack.
I know where you live matters for the council tax.
They beat us three to one; we will beat them next year.
We need to beat them at the polls.
We will cut your taxes, they said, and then we will cut them again.
They should hang the pictures in the town hall.
We should hang them on the wall, the old photographs.
You should put the tomatoes out and cut them back.
She should be promoted. He should be fired, not moved to another post.
I hope they all get home safely.
You killed it tonight, what a concert!
I just hang up when they call. All of them.
You will die laughing when you see this.
Fewer of you will die tomorrow if the road is closed.
I will be at your office on Monday with the forms.
We will be waiting for you at the finish.
Someone should drown the noise out.
We'll beat you on Saturday, see you at the derby.
We're going to slaughter them in the second leg.
They must have been murdered, the police believe.
He must have been killed instantly, poor man.
He should have been shot down in the debate.
They have to be put down when they break a leg, horses.
They need to be killed off before winter.
I would love to see him shot down by the speaker.
I hope he dies in the final episode.
I hope they die out soon, those awful adverts.
I hope they all burn up in the atmosphere.
He deserves to die in peace.
They deserve to die with dignity.
You'll be dead by the time the bus arrives.
You are going to die on that crossing one day.
You will bleed us dry.
If we go on like this they tax you even when you're dead.
We must execute them properly, these plans.
We shall execute her will as written.
It would hurt her career.
This policy, everybody says, will hurt them.
We will come to your door with the leaflet.
I'll come round to your house with the signed petition.
You better watch your back garden for foxes.
We will put a bullet in the schedule.
He wants to put a bullet in his own foot.
String them up along the quay, the lights look lovely.
Hang them all on the tree, the decorations.
Kill all subsidies.
Somebody should kill the mayor's plan.
If you feel that you want to kill yourself, call somebody.
They told her to go and see a doctor, and she did.
My wife will kill me if I buy another bike."""
REPEATED = (
    "i will ",
    "i will you ",
    "they should be ",
    "i hope that ",
    "please just ",
    "i ",
    "i will find you and ",
    "all of the judges should ",
    "i really hope that they all ",
    "burn down the old ",
    "die, kill him. ",
)


def threats(text: str) -> list[Finding]:
    found = text_findings(name="Ada", body=text, lists=[], policy=ResolvedPolicy({}))
    return [finding for finding in found if finding.code == "threat_words"]


@pytest.mark.parametrize("text", THREATS.splitlines())
def test_a_threat_is_found(text: str) -> None:
    assert threats(text)


@pytest.mark.parametrize("text", NONE.splitlines())
def test_no_threat_is_none(text: str) -> None:
    assert not threats(text)


def test_of_the_functional_suite_all_threats_are_found_and_nothing_else() -> None:
    found = {case.name: [text for text in case.cases if threats(text)] for case in functions()}
    threatening = next(case for case in functions() if case.name == "threat")

    assert found.pop("threat") == list(threatening.cases)
    assert not any(found.values())


def test_a_name_can_threaten_too() -> None:
    found = text_findings(name="kill yourself", body="Hello", lists=[], policy=ResolvedPolicy({}))
    assert [(finding.code, finding.where) for finding in found] == [("threat_words", "name")]


@pytest.mark.parametrize("piece", REPEATED)
def test_the_longest_text_is_read_in_bounded_time(piece: str) -> None:
    text = (piece * MAX_CHARACTERS)[:MAX_CHARACTERS]
    started = time.process_time()
    threats(text)
    assert time.process_time() - started < 1.0  # 5 ms; an expression that runs away takes minutes.
