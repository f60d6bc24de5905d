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
Someone should drown the noise out."""
REPEATED = (
    "i will ",
    "i will you ",
    "they should be ",
    "i hope that ",
    "please just ",
    "i ",
    "i will find you and ",
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
