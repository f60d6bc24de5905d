"""From a POST to its decision: latency with one client; how many a second; the CPU time of each part.

``.venv/bin/python -m benchmarks.deciding [--posts 1000] [--clients 4]``, once ``dev.py demo`` made ``.venv``.

Texts differ and come from many networks, as a real day's do. Machines are shared and noisy: the CPU
milliseconds a comment of each part are what to compare; two cores give at most 2,000 of them a second.
"""

from __future__ import annotations

import argparse
import time
import uuid
from collections.abc import Callable

import psycopg

from benchmarks.comments import children, cpu_s, side_by_side, thread_path, wait_until_decided
from newsroom.proof.checks import decision_delays_s
from newsroom.proof.http import Client
from newsroom.proof.report import spread
from newsroom.proof.stack import Stack
from newsroom.proof.texts import Writer

WARM_UP = 60


def post(client: Client, writer: Writer, slug: str) -> dict[str, str]:
    document = {"name": "Reader", "email": f"{uuid.uuid4().hex[:12]}@example.org", "body": writer.comment()}
    answer = client.request("POST", thread_path(slug), document, {"X-Forwarded-For": writer.network()})
    if answer.status != 202:
        raise SystemExit(f"POST answered {answer.status}: {answer.document}")
    sent: dict[str, str] = answer.document
    return sent


def one_by_one(address: str, writer: Writer, count: int) -> tuple[list[float], list[float]]:
    """Seconds until each answer, and until each status said that it was decided."""
    answered, decided = [], []
    with Client(address) as client:
        for _ in range(count):
            started = time.perf_counter()
            sent = post(client, writer, "proof-5")
            answered.append(time.perf_counter() - started)
            while client.get(sent["status_url"]).document["status"] == "pending":
                time.sleep(0.002)
            decided.append(time.perf_counter() - started)
    return answered, decided


def at_full_speed(stack: Stack, writer: Writer, *, posts: int, clients: int) -> tuple[float, list[str]]:
    """Seconds from the first POST to the last decision, and the accepted ids."""
    ids: list[str] = []

    def run() -> None:
        with Client(stack.address, timeout_s=60) as client:
            numbers = range(posts // clients)
            ids.extend(post(client, writer, f"proof-{number % 4 + 1}")["id"] for number in numbers)

    began = time.monotonic()
    side_by_side(run, clients)
    wait_until_decided(stack)
    return time.monotonic() - began, ids


def parts_of(stack: Stack) -> dict[str, Callable[[], list[int]]]:
    postmaster = int((stack.state.path / "postgresql" / "postmaster.pid").read_text().split()[0])
    named = {part: (lambda part=part: stack.pids(part)) for part in ("web", "worker", "reconciler", "valkey")}
    return {**named, "postgresql": lambda: children(postmaster)}


def main() -> None:
    parser = argparse.ArgumentParser(description="From a POST to its decision.")
    parser.add_argument("--posts", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    with Stack() as stack:
        writer = Writer(time.time_ns())
        one_by_one(stack.address, writer, WARM_UP)
        answered, decided = one_by_one(stack.address, writer, 100)
        print(f"one client: POST answered  {spread(answered)}")
        print(f"one client: POST -> seen decided  {spread(decided)}")
        used = {part: cpu_s(find()) for part, find in parts_of(stack).items()}
        took_s, ids = at_full_speed(stack, writer, posts=options.posts, clients=options.clients)
        cpu_ms = {
            part: 1000 * (cpu_s(find()) - used[part]) / len(ids) for part, find in parts_of(stack).items()
        }
        with psycopg.connect(stack.database_url, autocommit=True) as database:
            delays = decision_delays_s(database, ids)
        print(f"{options.clients} clients at full speed: {len(ids) / took_s:.0f} decided a second,")
        print(f"  accepted to decided: {spread(delays)}")
        print(f"  CPU ms a comment: {', '.join(f'{part} {ms:.1f}' for part, ms in cpu_ms.items())}")
        print(
            f"  together {sum(cpu_ms.values()):.1f}: two cores could do {2000 / sum(cpu_ms.values()):.0f}/s"
        )


if __name__ == "__main__":
    main()
