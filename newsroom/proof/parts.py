"""When a part dies, the system says which within a minute; once the part is back, all is well by itself."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg

from newsroom.embedded.processes import signal_all
from newsroom.proof.checks import Check
from newsroom.proof.report import verdict
from newsroom.proof.stack import Stack

WITHIN_S = 60.0
KEPT_AWAY_S = 10.0


@contextmanager
def frozen(stack: Stack, part: str) -> Iterator[None]:
    """Every process of a part is stopped: it neither works nor ends, so nobody starts it again."""
    pids = stack.pids(part)
    signal_all(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_all(pids, signal.SIGCONT)


@contextmanager
def killed(stack: Stack, part: str) -> Iterator[None]:
    """A store is killed and kept away."""
    back_at = time.monotonic() + KEPT_AWAY_S
    stack.stores.ask(kill=part, seconds=KEPT_AWAY_S)
    yield
    time.sleep(max(0.0, back_at - time.monotonic()))


@contextmanager
def without_classifier(stack: Stack) -> Iterator[None]:
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        active = database.execute(
            "UPDATE moderation_modelversion SET is_active = false WHERE is_active RETURNING id"
        ).fetchall()
        try:
            yield
        finally:
            database.execute(
                "UPDATE moderation_modelversion SET is_active = true WHERE id = ANY(%s)",
                [[row[0] for row in active]],
            )


@dataclass(frozen=True, slots=True)
class Fault:
    part: str
    how: str
    breaks: Callable[[Stack], AbstractContextManager[None]]


FAULTS = (
    Fault("worker", "frozen", lambda stack: frozen(stack, "worker")),
    Fault("reconciler", "frozen", lambda stack: frozen(stack, "reconciler")),
    Fault("broker", "frozen", lambda stack: frozen(stack, "valkey")),
    Fault("model", "switched off", without_classifier),
    Fault("database", "frozen", lambda stack: frozen(stack, "postgresql")),
    Fault("database", "killed", lambda stack: killed(stack, "postgresql")),
)


def prove_parts(say: Callable[[str], None], *, durable: bool = True) -> list[Check]:
    """Break each part in turn and look at ``/readyz``; returns the checks."""
    say("Starting a stack of its own.")
    found: list[Check] = []
    with Stack(durable=durable) as stack:
        for fault in FAULTS:
            name = f"{fault.part} {fault.how}"
            with fault.breaks(stack):
                took_s = _seconds_until(partial(_is_named, stack, fault.part))
                _, sick = stack.sick_parts()
                say(f"{name}: {'; '.join(f'{part}: {detail}' for part, detail in sick.items())}")
            found.append(Check(f"{name}: named after", f"{took_s:.1f} s", holds=took_s < WITHIN_S))
            took_s = _seconds_until(lambda: stack.sick_parts()[0] == "ok", patience_s=2 * WITHIN_S)
            found.append(
                Check(f"{name}: all well after its return", f"{took_s:.1f} s", took_s < 2 * WITHIN_S)
            )
    say(f"\n{verdict(found)}")
    return found


def _is_named(stack: Stack, part: str) -> bool:
    return part in stack.sick_parts()[1]


def _seconds_until(is_so: Callable[[], bool], *, patience_s: float = WITHIN_S) -> float:
    started = time.monotonic()
    while time.monotonic() - started < patience_s and not is_so():
        time.sleep(0.2)
    return time.monotonic() - started
