"""A process that judges: ``python -m moderation.trial.worker``, one JSON line in, one out.

The first line holds the lists of words. It ends with its reader.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

from moderation.classifier import load, shipped_artifact
from moderation.policy import Outcome
from moderation.trial.judging import Judge, Judged

READY = b"ready\n"


def packed(found: Judged) -> list[Any]:
    """As JSON can carry it."""
    return [
        [_packed(outcome) for outcome in found.outcomes],
        _packed(found.if_wave),
        base64.b64encode(found.signature).decode() if found.signature else None,
        found.is_rejectable,
        found.margin,
        found.label,
        found.language,
        found.is_sure_of_language,
        found.digest,
    ]


def _packed(outcome: Outcome) -> list[str]:
    return [outcome.status, outcome.held_by, outcome.reason_code]


def unpacked(line: list[Any]) -> Judged:
    outcomes, if_wave, signature, *rest = line
    return Judged(
        tuple(_outcome(*each) for each in outcomes),
        _outcome(*if_wave),
        base64.b64decode(signature) if signature else None,
        *rest,
    )


_known: dict[tuple[str, str, str], Outcome] = {}


def _outcome(status: str, held_by: str, reason: str) -> Outcome:
    """One object for each of the few outcomes there are: a million comments share them."""
    key = (status, held_by, reason)
    if key not in _known:
        _known[key] = Outcome(*key)
    return _known[key]


def main() -> None:
    judge = Judge(load(shipped_artifact()), **json.loads(sys.stdin.buffer.readline()))
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    for line in sys.stdin.buffer:
        answer = [packed(found) for found in judge.judge(json.loads(line))]
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
