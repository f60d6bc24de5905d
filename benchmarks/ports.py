"""``comments:analyze`` for texts of 60 words, beside a bare view on the same server in the same run.

``.venv/bin/python -m benchmarks.ports [--seconds 5] [--clients 4]``, after ``dev.py demo`` made ``.venv``.

Prints requests per second at full speed, the latency at a steady 50 a second, processor time per request, and
memory. Machines are shared and noisy, and the load is made on the same cores: quote ratios, CPU milliseconds.
Two cores give 2,000 of them a second: 500 requests may take 4 each, what makes the load included.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.comments import TEXT, Load, bare_server, children, expect, side_by_side
from newsroom.embedded import parts
from newsroom.proof.http import Client
from newsroom.proof.report import spread
from newsroom.proof.stack import HOST, Stack, free_port

RATE = 50
PROCESSES = 2
WORDS = TEXT.split()[:60]


def analysis() -> dict[str, object]:
    """60 words in an order that was not sent before, as Coral would send them."""
    words = random.sample(WORDS, len(WORDS))
    attributes = {"TOXICITY": {}}
    return {"comment": {"text": " ".join(words)}, "requestedAttributes": attributes, "languages": ["en"]}


@contextmanager
def ports_server(stack: Stack) -> Generator[tuple[str, int]]:
    """The ports with the product's own options, on the stack's stores."""
    port = free_port()
    part = parts.ports(stack.env, host=HOST, port=port, processes=PROCESSES)
    with subprocess.Popen(part.argv, env=dict(part.env)) as process:
        address = f"http://{HOST}:{port}"
        for _ in range(300):
            try:
                Client(address).get("/livez")
                break
            except OSError:
                time.sleep(0.1)
        yield address, process.pid
        process.terminate()


def posted(path: str) -> Callable[[Client], None]:
    """The same request to the bare view, whose answer is no JSON."""

    def work(client: Client) -> None:
        try:
            client.request("POST", path, analysis())
        except ValueError:
            pass

    return work


def steady(address: str, work: Callable[[Client], None], *, seconds: float, clients: int = 8) -> list[float]:
    """Seconds until each answer at 50 requests a second, counted from when each was due."""
    began, took, lock = time.perf_counter() + 0.2, [], threading.Lock()
    due = iter(began + number / RATE for number in range(int(seconds * RATE)))

    def run() -> None:
        client = Client(address, timeout_s=30)
        while True:
            with lock:
                at = next(due, None)
            if at is None:
                return
            time.sleep(max(0.0, at - time.perf_counter()))
            work(client)
            took.append(time.perf_counter() - at)

    side_by_side(run, clients)
    return took


def memory_mb(pids: list[int]) -> float:
    """Proportional set size: shared pages count once over all that share them."""
    rollups = (Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() for pid in pids)
    return sum(int(line.split()[1]) for lines in rollups for line in lines if line.startswith("Pss:")) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description="comments:analyze, beside a bare view on the same server.")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each case")
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    with Stack() as stack, bare_server() as (bare_address, bare_pid), ports_server(stack) as (address, pid):
        key = stack.run("newsroom.embedded.django_command", "port_key", "Benchmark").strip()
        path = f"/v1alpha1/comments:analyze?key={key}"
        work = expect(200, "POST", path, analysis)
        steady(address, work, seconds=2)  # Both processes have loaded the classifier now.
        bare = Load(bare_address, {"bare": lambda: children(bare_pid)}, options.seconds, options.clients)
        ours = Load(address, {"ports": lambda: children(pid)}, options.seconds, options.clients)
        nothing = bare.measure("bare view, the same request", posted("/400"))
        print(nothing.line())
        print(ours.measure("analyze, 60 words", work).line(nothing))
        print(ours.measure("analyze, 60 words, one client", work, clients=1).line(nothing))
        print(f"analyze at a steady {RATE}/s: {spread(steady(address, work, seconds=options.seconds))}")
        print(f"memory of {PROCESSES} processes and their parent: {memory_mb(children(pid)):.0f} MB (PSS)")


if __name__ == "__main__":
    main()
