"""The broker is optional: refused, frozen or swallowing everything, posts are answered and decided."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from newsroom.proof import checks
from newsroom.proof.checks import Check
from newsroom.proof.comments import open_articles, warm_up
from newsroom.proof.faults import Broker
from newsroom.proof.load import Load
from newsroom.proof.report import spread, table, verdict
from newsroom.proof.stack import Stack

FAULTS = ("refused", "frozen", "swallows")
P99_S, LONGEST_S = 1.5, 3.0  # of POST, while the broker is away
DECIDED_P95_S = 60.0
WARM_UP_S = 5.0
AFTERWARDS_S = 60.0  # the broker is back: a worker takes the canary within this time


@dataclass(frozen=True, slots=True)
class Options:
    """Args:
    for_s: how long the load lasts under each fault.
    """

    for_s: float = 20.0
    rate: float = 40.0
    seed: int = 1
    faults: tuple[str, ...] = FAULTS
    durable: bool = True


def prove_broker(options: Options, say: Callable[[str], None]) -> list[Check]:
    """Break the broker in each way under load and print the table; returns the checks."""
    say("Starting a stack of its own, with a proxy between it and its broker.")
    found: list[Check] = []
    with (
        tempfile.TemporaryDirectory(prefix="newsroom-proxy-") as folder,
        Broker(Path(folder)) as broker,
        Stack(durable=options.durable, broker=broker.through) as stack,
    ):
        slugs = open_articles(stack.address)
        warm_up(stack.address, slugs[0])
        say(f"\nAll is well: {options.rate:g} posts/s for {WARM_UP_S:g} s.")
        well = Load(stack.address, slugs, accepted_file=Path(folder, "well.txt"), seed=options.seed + 100)
        well.run(int(WARM_UP_S * options.rate), rate=options.rate)
        say(table([("POST answered", spread([sent.took_s for sent in well.sent]))]))
        for number, fault in enumerate(options.faults):
            accepted_file = Path(folder, f"{fault}.txt")
            load = Load(stack.address, slugs, accepted_file=accepted_file, seed=options.seed + number)
            broker.break_it(fault, stack.state)
            try:
                found += _under(fault, options, stack, load, accepted_file, say)
            finally:
                broker.mend()
            found.append(_recovery(fault, stack))
    say(f"\n{verdict(found)}")
    return found


def _under(
    fault: str, options: Options, stack: Stack, load: Load, accepted_file: Path, say: Callable[[str], None]
) -> list[Check]:
    say(f"\nThe broker is {fault}: {options.rate:g} posts/s for {options.for_s:g} s.")
    posts = int(options.for_s * options.rate)
    load.run(posts, rate=options.rate)
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        accepted = checks.accepted_ids(accepted_file)
        waited_s = checks.wait_until_decided(database, accepted, patience_s=DECIDED_P95_S)
        all_decided = checks.undecided(database, accepted)
        delays = checks.decision_delays_s(database, accepted)
        lost = checks.lost(database, accepted)
    _, sick = stack.sick_parts()
    took = [sent.took_s for sent in load.sent]
    statuses = sorted({sent.status for sent in load.sent})
    say(
        table(
            [
                ("POST answered", spread(took)),
                ("accepted to decided", spread(delays)),
                ("last decision", f"{waited_s:.1f} s after the last answer, the broker still away"),
            ]
        )
    )
    return [
        Check(f"{fault}: every answer is 202", str(statuses), statuses == [202]),
        Check(
            f"{fault}: p99 of POST",
            f"{checks.quantile(took, 0.99):.2f} s",
            checks.quantile(took, 0.99) <= P99_S,
        ),
        Check(f"{fault}: slowest POST", f"{max(took):.2f} s", max(took) <= LONGEST_S),
        Check(f"{fault}: {lost.name}", lost.value, lost.holds),
        Check(f"{fault}: undecided with the broker away", all_decided.value, all_decided.holds),
        Check(
            f"{fault}: p95 from acceptance to decision",
            f"{checks.quantile(delays, 0.95):.1f} s",
            checks.quantile(delays, 0.95) <= DECIDED_P95_S,
        ),
        Check(f"{fault}: /readyz names the broker", ", ".join(sick) or "nothing", "broker" in sick),
    ]


def _recovery(fault: str, stack: Stack) -> Check:
    """The broker is back; nobody touches anything."""
    started = time.monotonic()
    while time.monotonic() - started < AFTERWARDS_S and stack.sick_parts()[0] != "ok":
        time.sleep(0.25)
    took_s = time.monotonic() - started
    return Check(f"{fault}: all parts well again", f"{took_s:.1f} s", holds=took_s < AFTERWARDS_S)
