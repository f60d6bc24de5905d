"""Why something was taken down, for the people concerned: the ground, and whether it is law or a rule."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from moderation.models import ReasonCode


@dataclass(frozen=True, slots=True)
class Ground:
    """What a text was found to be, and on which ground it may not stay."""

    finding: Promise
    is_law: bool = False


GROUNDS: dict[str, Ground] = {
    ReasonCode.SPAM: Ground(gettext_lazy("It reads like advertising or spam.")),
    ReasonCode.INSULT: Ground(gettext_lazy("It insults somebody.")),
    ReasonCode.HATE: Ground(gettext_lazy("It attacks people for who they are.")),
    ReasonCode.THREAT: Ground(gettext_lazy("It threatens somebody.")),
    ReasonCode.OBSCENE: Ground(gettext_lazy("It uses obscene language.")),
    ReasonCode.TOXIC: Ground(gettext_lazy("It is abusive or disrespectful.")),
    ReasonCode.BANNED_WORD: Ground(gettext_lazy("It has a word that this site does not publish.")),
    ReasonCode.PERSONAL_DATA: Ground(gettext_lazy("It gives away personal data.")),
    ReasonCode.ILLEGAL: Ground(gettext_lazy("It has content that the law forbids."), is_law=True),
    ReasonCode.OFF_TOPIC: Ground(gettext_lazy("It is not about the article.")),
    ReasonCode.NOT_REVIEWED: Ground(
        gettext_lazy("Nobody could read it before the conversation closed. This is no judgement about it.")
    ),
    ReasonCode.OTHER: Ground(gettext_lazy("It was found to break the rules for comments on this site.")),
}


def ground_of(reason_code: str) -> Ground:
    return GROUNDS.get(reason_code, GROUNDS[ReasonCode.OTHER])
