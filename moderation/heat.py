"""How heated a conversation is: a running share of refused texts, with hysteresis.

Every decision about a text moves ``heat`` a step towards 1 (refused for what it says) or 0 (published).
A state is entered at one level and left at a lower one, so that it does not flap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from moderation.models import Decision, ReasonCode, ThreadState
from newsroom.prepared import row_of, run

STEP = 0.15  # About the last six or seven decisions count.
ENTER_HEATED, LEAVE_HEATED = 0.30, 0.12
ENTER_UNSAFE, LEAVE_UNSAFE = 0.60, 0.30
GRAVE_HEAT = 0.75  # Something grave stood there for readers: unsafe at once.
COLD = 0.005
# Reasons for which what stands beside a text is harmed. Taken down for them, ads beside it are credited.
GRAVE = frozenset({ReasonCode.HATE, ReasonCode.THREAT, ReasonCode.ILLEGAL})
# Refused for what the text says to people; advertising, waves and forms that machines fill in heat nobody.
HEATING = GRAVE | {
    ReasonCode.INSULT, ReasonCode.OBSCENE, ReasonCode.TOXIC, ReasonCode.BANNED_WORD,
    ReasonCode.SUSPECT_WORD, ReasonCode.REPORTED,
}  # fmt: skip
HELD_WEIGHT = 0.5  # A person has yet to say whether the detector is right.

_HEAT_OF = """
SELECT comment.article_id, heat.heat, heat.state
FROM comments_comment AS comment LEFT JOIN moderation_threadstate AS heat USING (article_id)
WHERE comment.id = %s
"""

_KEEP = """
INSERT INTO moderation_threadstate AS kept (article_id, heat, state, since)
VALUES (%s, %s, %s, statement_timestamp())
ON CONFLICT (article_id) DO UPDATE SET heat = EXCLUDED.heat, state = EXCLUDED.state,
    since = CASE WHEN %s THEN EXCLUDED.since ELSE kept.since END
"""


@dataclass(frozen=True, slots=True)
class Heat:
    value: float = 0.0
    state: str = ThreadState.State.CALM


def weight_of(outcome: str, reason_code: str) -> float | None:
    """How much a decision heats, from 0 to 1; None if it says nothing about the conversation."""
    if outcome == Decision.Outcome.PUBLISHED:
        return 0.0
    if outcome == Decision.Outcome.PENDING or reason_code not in HEATING:
        return None
    return HELD_WEIGHT if outcome == Decision.Outcome.HELD else 1.0


def after(before: Heat, outcome: str, reason_code: str) -> Heat:
    """The heat after one more decision."""
    weight = weight_of(outcome, reason_code)
    if weight is None:
        return before
    value = before.value + STEP * (weight - before.value)
    if outcome == Decision.Outcome.REMOVED and reason_code in GRAVE:
        value = max(value, GRAVE_HEAT)
    return Heat(value, _state(before.state, value))


def _state(before: str, value: float) -> str:
    calm, heated, unsafe = ThreadState.State.CALM, ThreadState.State.HEATED, ThreadState.State.UNSAFE
    if value >= ENTER_UNSAFE or (before == unsafe and value >= LEAVE_UNSAFE):
        return unsafe
    if value >= ENTER_HEATED or (before != calm and value >= LEAVE_HEATED):
        return heated
    return calm


def note_decision(decision: Decision) -> None:
    """Keep the state of the decided text's thread, inside the transaction that holds the thread's lock."""
    if weight_of(decision.outcome, decision.reason_code) is None:
        return
    row = row_of(_HEAT_OF, [decision.comment_id])
    if row is None:
        return
    article_id, value, state = row
    before = Heat() if value is None else Heat(value, state)
    now = after(before, decision.outcome, decision.reason_code)
    if max(before.value, now.value) < COLD:
        return  # A friendly conversation writes nothing.
    _keep(article_id, now, is_new_state=now.state != before.state)


def measure_threads(article_ids: Collection[UUID]) -> None:
    """Work the states out again from all decisions, for threads whose decisions were not made one by one."""
    heats: defaultdict[UUID, Heat] = defaultdict(Heat)
    decisions = Decision.objects.filter(comment__article__in=article_ids).order_by("at", "id")
    for article_id, outcome, reason in decisions.values_list("comment__article_id", "outcome", "reason_code"):
        heats[article_id] = after(heats[article_id], outcome, reason)
    for article_id, heat in heats.items():
        if heat.value >= COLD:
            _keep(article_id, heat, is_new_state=True)


def _keep(article_id: UUID, heat: Heat, *, is_new_state: bool) -> None:
    run(_KEEP, [article_id, heat.value, str(heat.state), is_new_state])
