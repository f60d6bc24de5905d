"""What an ad report says is what happened, and no budget is exceeded, whatever dies meanwhile."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from redis import Redis

from newsroom.embedded.processes import signal_all
from newsroom.proof.ads_contexts import conflicts_in
from newsroom.proof.ads_stage import ARTICLE, BROWSER, SLOTS
from newsroom.proof.checks import Check
from newsroom.proof.http import FAILURES, Answer, Client
from newsroom.proof.report import table, verdict
from newsroom.proof.stack import Stack

STAGE = "newsroom.proof.ads_stage"
READERS = 24
GIVES_UP_AFTER_S = 180.0
LOOKED_AT, CLICKED = 0.6, 0.3


@dataclass(frozen=True, slots=True)
class Options:
    events: int = 10_000
    rate: float = 200.0
    replays: float = 0.05
    fold_kills: int = 50
    web_kills: int = 20
    flushes: int = 3
    races: int = 50
    contexts: int = 1_000_000
    seed: int = 1
    durable: bool = True


class Readers:
    """Pages that ask for ads and say what happened, each event sent until it is answered, some sent again.

    Attributes:
        acknowledged: decision and kind of each event that was answered.
        replays: events that were sent again after their answer.
    """

    def __init__(self, address: str, options: Options) -> None:
        self._address, self._options = address, options
        self._lock = threading.Lock()
        self._sent = 0
        self._started = 0.0
        self.acknowledged: set[tuple[str, str]] = set()
        self.replays = self.retries = self.given_up = 0

    @property
    def share_done(self) -> float:
        return len(self.acknowledged) / self._options.events

    def run(self) -> None:
        self._started = time.monotonic()
        threads = [threading.Thread(target=self._read, args=(number,)) for number in range(READERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _read(self, number: int) -> None:
        dice = random.Random(f"{self._options.seed} {number}")  # noqa: S311  (test data)
        with Client(self._address, timeout_s=15.0) as client:
            while self._is_more():
                asked = {"article": ARTICLE, "slots": list(SLOTS), "view": str(uuid.uuid4())}
                answer = self._until_answered(client, "POST", "/api/v1/ads/decisions/", asked)
                for one in answer.document["results"] if answer else []:
                    if "impression_url" in one:
                        self._look_at(client, one, dice)

    def _look_at(self, client: Client, ad: dict[str, str], dice: random.Random) -> None:
        kinds = ["impression"]
        kinds += ["viewable"] if dice.random() < LOOKED_AT else []
        kinds += ["click"] if dice.random() < CLICKED else []
        for kind in kinds:
            if not self._take_turn():
                return
            if self._until_answered(client, "GET", ad[f"{kind}_url"]) is None:
                return
            with self._lock:
                self.acknowledged.add((ad["decision_id"], kind))
            if dice.random() < self._options.replays and self._until_answered(
                client, "GET", ad[f"{kind}_url"]
            ):
                with self._lock:
                    self.replays += 1

    def _is_more(self) -> bool:
        return self._sent < self._options.events

    def _take_turn(self) -> bool:
        """Wait until the next event is due; False when there were enough."""
        with self._lock:
            if not self._is_more():
                return False
            due = self._started + self._sent / self._options.rate
            self._sent += 1
        time.sleep(max(0.0, due - time.monotonic()))
        return True

    def _until_answered(self, client: Client, method: str, path: str, body: Any = None) -> Answer | None:
        ends = time.monotonic() + GIVES_UP_AFTER_S
        while time.monotonic() < ends:
            try:
                answer = client.request(method, path, body, {"User-Agent": BROWSER})
                if answer.status < 500:
                    return answer
            except FAILURES:
                pass
            with self._lock:
                self.retries += 1
            time.sleep(0.1)
        with self._lock:
            self.given_up += 1
        return None


def prove_ads(options: Options, say: Callable[[str], None]) -> list[Check]:
    """Run the experiments and print their tables; returns the checks."""
    say(f"Choosing in {options.contexts:,} random contexts, seed {options.seed}.")
    wrong, filled = conflicts_in(options.contexts, seed=options.seed)
    found = [
        Check("conflicting ads chosen", f"{wrong} of {filled:,} chosen", wrong == 0),
        Check("some were chosen", f"{filled:,}", filled > 0),
    ]
    say("Starting a stack of its own: PostgreSQL and Valkey with fsync, web, worker, reconciler.")
    with Stack(settings={"ADS_EVENT_RATE": "off"}, durable=options.durable) as stack:
        stack.run(STAGE, "prepare")
        found += _count_while_things_die(stack, options, say)
        say(f"{options.races} races of 200 clients for 100 impressions.")
        raced = _said(stack.run(STAGE, "race", str(options.races), str(options.seed)))
        found += [
            Check("races that spent more than the budget", str(len(raced["over"])), not raced["over"]),
            Check("budgets not spent to the last event", str(len(raced["short"])), not raced["short"]),
            Check("races in which a process was killed", str(raced["killed"]), True),
            Check(
                "sums that differ after the races", str(len(raced["differences"])), not raced["differences"]
            ),
        ]
    say(f"\n{verdict(found)}")
    return found


def _count_while_things_die(stack: Stack, options: Options, say: Callable[[str], None]) -> list[Check]:
    say(
        f"{options.events:,} events at {options.rate:g}/s, {options.replays:.0%} sent again; the fold is"
        f" killed {options.fold_kills} times, web {options.web_kills} times, Redis flushed"
        f" {options.flushes} times."
    )
    readers, faults = Readers(stack.address, options), _Faults(stack, options)
    within_s = options.events / options.rate
    arguments = [str(options.fold_kills), str(within_s), str(options.seed)]
    folder = subprocess.Popen(
        [sys.executable, "-m", STAGE, "fold", *arguments],
        env=stack.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    killer = threading.Thread(target=faults.run, args=(readers,), daemon=True)
    killer.start()
    readers.run()
    killer.join()
    said, _ = folder.communicate(timeout=600)
    folded = _said(said)
    report = _said(stack.run(STAGE, "report"))
    kinds = {kind: sum(1 for _, k in readers.acknowledged if k == kind) for kind in KINDS}
    earned = _earned(stack, readers)
    say(
        table(
            [
                ("acknowledged", ", ".join(f"{number:,} {kind}s" for kind, number in kinds.items())),
                ("sent again", f"{readers.replays:,}; {readers.retries:,} requests without an answer"),
                ("reported as not counted", str(report["invalid"])),
                ("fold killed", f"{folded['kills']}, {folded['while_folding']} of them in the middle"),
                ("web killed, Redis flushed", f"{faults.web_kills}, {faults.flushes}"),
            ]
        )
    )
    reported = {kind: report[name] for kind, name in KINDS.items()}
    lost, extra = _against_rows(stack, readers.acknowledged)
    return [
        Check("events given up", str(readers.given_up), readers.given_up == 0),
        Check("acknowledged events - rows", f"{lost}, {extra} more", lost == extra == 0),
        Check("report - acknowledged", str(_difference(reported, kinds)), reported == kinds),
        Check(
            "reported revenue - what the events cost",
            str(report["revenue_micros"] - earned),
            report["revenue_micros"] == earned,
        ),
        Check("sums that differ", str(len(report["differences"])), not report["differences"]),
        Check(
            "faults as planned",
            f"{folded['kills']}, {faults.web_kills}, {faults.flushes}",
            (faults.web_kills, faults.flushes) == (options.web_kills, options.flushes),
        ),
    ]


KINDS = {"impression": "impressions", "viewable": "viewable", "click": "clicks"}


class _Faults:
    """Kills web and flushes Redis, spread over the events that come through."""

    def __init__(self, stack: Stack, options: Options) -> None:
        self._stack = stack
        self._redis = Redis.from_url(stack.env["REDIS_URL"])
        plan = [((number + 0.5) / options.web_kills, "web") for number in range(options.web_kills)]
        plan += [((number + 0.7) / options.flushes, "redis") for number in range(options.flushes)]
        self._plan = sorted(plan)
        self.web_kills = self.flushes = 0

    def run(self, readers: Readers) -> None:
        for share, kind in self._plan:
            while readers.share_done < share * 0.97:
                if readers.given_up:
                    return
                time.sleep(0.02)
            if kind == "redis":
                self._redis.flushall()
                self.flushes += 1
            else:
                self._kill_web()

    def _kill_web(self) -> None:
        """The whole of it, or what serves; both come again by themselves."""
        pids = self._stack.pids("web")
        while len(pids) < 2:
            time.sleep(0.05)
            pids = self._stack.pids("web")
        signal_all(pids if self.web_kills % 2 else pids[1:], signal.SIGKILL)
        self.web_kills += 1


def _against_rows(stack: Stack, acknowledged: set[tuple[str, str]]) -> tuple[int, int]:
    with psycopg.connect(stack.database_url) as database:
        rows = database.execute("SELECT decision_id::text, kind FROM delivery_adevent").fetchall()
    counted = set(rows)
    return len(acknowledged - counted), len(counted - acknowledged) + len(rows) - len(counted)


def _earned(stack: Stack, readers: Readers) -> int:
    """From the prices that the decisions were made at, and the events that were acknowledged."""
    with psycopg.connect(stack.database_url) as database:
        rows = database.execute(
            "SELECT id::text, price_model, price_micros FROM delivery_addecision"
        ).fetchall()
    paid = {(pk, "click" if model == "cpc" else "impression"): micros for pk, model, micros in rows}
    return sum(paid.get(event, 0) for event in readers.acknowledged)


def _difference(one: dict[str, int], other: dict[str, int]) -> int:
    return sum(abs(one[kind] - other[kind]) for kind in one)


def _said(output: str) -> Any:
    return json.loads(output.strip().splitlines()[-1])
