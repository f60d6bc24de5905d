"""Comments over HTTP, beside a bare view on the same server in the same run.

``.venv/bin/python -m benchmarks.comments [--seconds 5] [--clients 4]``, after ``dev.py demo`` made ``.venv``.

Prints requests per second, latency, processor time per request (web and PostgreSQL), and the ratio to the
bare view. Machines are shared and noisy: quote ratios and CPU milliseconds, not requests per second.
Peers on two cores, CPU ms per request, POST and thread of 100: django-comments-xtd 26.5 and 43; Isso 7.0 and
245; Remark42 (Go) 4.8 and 0.40.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from newsroom.embedded import parts
from newsroom.proof.http import Client
from newsroom.proof.stack import HOST, Stack, free_port

TICKS = os.sysconf("SC_CLK_TCK")
TEXT = """The harbour was quiet before dawn and nobody on the quay expected that a ferry would come back so
soon, with half of its passengers asleep while the other half argued about bread prices and the weather in the
estuary. They had been at sea since Sunday, and all that they wanted was a warm room and a bowl of soup."""

FILL = """
WITH chosen AS (SELECT id FROM articles_article WHERE slug = %(slug)s),
texts AS (
    SELECT gen_random_uuid() AS id, i, now() - (%(count)s - i) * interval '1 second' AS at
    FROM generate_series(1, %(count)s) AS i
), made AS (
    INSERT INTO comments_comment (id, article_id, ancestors, depth, name, body, status, held_by, revision,
        round, reason_code, created_at, reply_count, votes, demo, attempts, publish_count, next_attempt_at)
    SELECT t.id, chosen.id, '{}', 0, 'Reader ' || t.i, %(body)s, 'pending', '', 1,
        1, '', t.at, 0, 0, false, 0, 0, now()
    FROM texts t, chosen
)
INSERT INTO moderation_decision (id, comment_id, revision, round, actor_kind, outcome, held_by, reason_code,
    note, findings, scores, language, policy, is_bulk, txid, demo)
SELECT gen_random_uuid(), t.id, 1, 1, 'import', 'published', '', '',
    '', '[]', '{}', 'en', '{}', false, 0, false FROM texts t
"""
PUBLISH = """
UPDATE comments_comment c SET status = 'published', decision_id = d.id, published_at = c.created_at
FROM moderation_decision d, articles_article a
WHERE d.comment_id = c.id AND c.article_id = a.id AND a.slug = %(slug)s AND c.status = 'pending'
"""
COUNT = """
INSERT INTO comments_thread (article_id, version, published_count)
SELECT id, 1, %(count)s FROM articles_article WHERE slug = %(slug)s
ON CONFLICT (article_id) DO UPDATE SET published_count = %(count)s, version = comments_thread.version + 1
"""
CHANGE = """
UPDATE comments_thread SET version = version + 1
FROM articles_article a WHERE a.id = article_id AND a.slug = %s
"""
UNDECIDED = "SELECT count(*) FROM comments_comment WHERE status = 'pending'"


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    per_second: float
    p50_ms: float
    p95_ms: float
    cpu_ms: dict[str, float]

    def line(self, beside: Result | None = None) -> str:
        ratio = f"{self.per_second / beside.per_second:6.3f} × bare" if beside else ""
        cpu = "  ".join(f"{part} {value:.2f}" for part, value in self.cpu_ms.items())
        speed = f"{self.per_second:8.0f}/s  p50 {self.p50_ms:6.1f}  p95 {self.p95_ms:6.1f} ms"
        return f"{self.name:<44}{speed}  CPU ms {cpu}  {ratio}"


@dataclass(frozen=True, slots=True)
class Load:
    """A closed loop: each client sends its next request when its last one was answered."""

    address: str
    watched: Mapping[str, Callable[[], list[int]]]  # by part: the processes whose time counts
    seconds: float
    clients: int

    def measure(self, name: str, work: Callable[[Client], None], *, clients: int | None = None) -> Result:
        latencies: list[float] = []
        work(Client(self.address, timeout_s=30))  # Warm.
        before = {part: (pids := find(), cpu_s(pids)) for part, find in self.watched.items()}
        began = time.monotonic()

        def run() -> None:
            client = Client(self.address, timeout_s=30)
            while time.monotonic() < began + self.seconds:
                started = time.perf_counter()
                work(client)
                latencies.append(time.perf_counter() - started)

        side_by_side(run, clients or self.clients)
        took, done = time.monotonic() - began, len(latencies)
        cpu = {part: (cpu_s(pids) - used) / done * 1000 for part, (pids, used) in before.items()}
        latencies.sort()
        return Result(name, done / took, latencies[done // 2] * 1000, latencies[int(done * 0.95)] * 1000, cpu)


def side_by_side(run: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def cpu_s(pids: list[int]) -> float:
    """Processor seconds that these processes have used."""
    total = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def children(pid: int) -> list[int]:
    found, queue = [], [pid]
    while queue:
        current = queue.pop()
        found.append(current)
        for task in Path(f"/proc/{current}/task").glob("*/children"):
            queue += [int(child) for child in task.read_text().split()]
    return found


def expect(
    status: int, method: str, path: str, document: Callable[[], Any] = lambda: None
) -> Callable[[Client], None]:
    def work(client: Client) -> None:
        answer = client.request(method, path, document())
        if answer.status != status:
            raise SystemExit(f"{method} {path} answered {answer.status}, not {status}")

    return work


def new_comment() -> dict[str, str]:
    body = f"{uuid.uuid4().hex[:8]} {TEXT}"
    return {"name": "Reader", "email": f"{uuid.uuid4().hex[:12]}@example.org", "body": body}


def fill(owner_url: str, slug: str, count: int) -> None:
    """Published comments of about 60 words under an article, as an import would bring them."""
    with psycopg.connect(owner_url) as connection:
        values = {"slug": slug, "count": count, "body": TEXT}
        for statement in (FILL, PUBLISH, COUNT):
            connection.execute(statement, values)  # type: ignore[call-overload]


@contextmanager
def bare_server(
    application: str = "benchmarks.bare:application", env: Mapping[str, str] = os.environ
) -> Generator[tuple[str, int]]:
    """The bare application on granian with the product's own options."""
    port = free_port()
    part = parts.web(env, host=HOST, port=port)
    # Granian itself: the product's own way of starting it loads the product.
    argv = ["granian" if word == "newsroom.serve" else word for word in [*part.argv[:-1], application]]
    with subprocess.Popen(argv, env={**env, "PYTHONPATH": str(parts.ROOT)}) as process:
        address = f"http://{HOST}:{port}"
        for _ in range(100):
            try:
                plain("/0")(Client(address))
                break
            except OSError:
                time.sleep(0.1)
        yield address, process.pid
        process.terminate()


def decided_latencies(address: str, count: int) -> list[float]:
    """Milliseconds from sending a comment to its status saying that it was decided; one client."""
    client, took = Client(address), []
    for _ in range(count):
        started = time.perf_counter()
        sent = client.request("POST", thread_path("proof-5"), new_comment()).document
        while client.get(sent["status_url"]).document["status"] == "pending":
            time.sleep(0.002)
        took.append((time.perf_counter() - started) * 1000)
    return sorted(took)


def sustained(stack: Stack, *, count: int) -> float:
    """Comments per second from the first POST to the last decision, with four clients at full speed."""
    began = time.monotonic()

    def post() -> None:
        client = Client(stack.address, timeout_s=60)
        for _ in range(count // 4):
            client.request("POST", thread_path("proof-4"), new_comment())

    side_by_side(post, 4)
    wait_until_decided(stack)
    return count / (time.monotonic() - began)


def wait_until_decided(stack: Stack) -> None:
    with psycopg.connect(stack.owner_url, autocommit=True) as connection:
        while connection.execute(UNDECIDED).fetchone() != (0,):
            time.sleep(0.05)


def after_a_change(stack: Stack, slug: str) -> Callable[[Client], None]:
    """The first look at a thread after something in it changed: nothing is ready."""
    connection = psycopg.connect(stack.owner_url, autocommit=True)
    look = expect(200, "GET", f"{thread_path(slug)}?limit=100")

    def work(client: Client) -> None:
        connection.execute(CHANGE, [slug])
        look(client)

    return work


def plain(path: str) -> Callable[[Client], None]:
    def work(client: Client) -> None:
        try:
            client.request("GET", path)
        except ValueError:
            pass  # The body is no JSON.

    return work


def thread_path(slug: str) -> str:
    return f"/api/v1/articles/{slug}/comments/"


def main() -> None:
    parser = argparse.ArgumentParser(description="Comments over HTTP, beside a bare view on the same server.")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each case")
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    with Stack() as stack, bare_server() as (bare_address, bare_pid):
        postmaster = int((stack.state.path / "postgresql" / "postmaster.pid").read_text().split()[0])
        fill(stack.owner_url, "proof-1", 100)
        fill(stack.owner_url, "proof-2", 10_000)
        size = thread_size(stack.address, "proof-1")
        bare = Load(bare_address, {"web": lambda: children(bare_pid)}, options.seconds, options.clients)
        parts_of = {"web": lambda: stack.pids("web"), "postgresql": lambda: children(postmaster)}
        ours = Load(stack.address, parts_of, options.seconds, options.clients)

        nothing = bare.measure("bare view, 200 bytes", plain("/200"))
        page = bare.measure(f"bare view, {size // 1000} kB", plain(f"/{size}"))
        print(nothing.line(), page.line(), sep="\n", flush=True)
        first_pages = []
        for number, slug in (("100", "proof-1"), ("10,000", "proof-2")):
            warm = expect(200, "GET", f"{thread_path(slug)}?limit=100")
            print(ours.measure(f"thread of {number}, warm", warm).line(page), flush=True)
            cold = after_a_change(stack, slug)
            name = f"thread of {number}, after a change (1 client)"
            first_pages.append(ours.measure(name, cold, clients=1))
            print(first_pages[-1].line(page), flush=True)
        short, long = (sum(result.cpu_ms.values()) for result in first_pages)
        print(
            f"first page of 10,000 comments against 100, after a change: {long / short:.2f} x CPU (must: 1.5)"
        )
        post = expect(202, "POST", thread_path("proof-3"), new_comment)
        print(ours.measure("POST, durable", post).line(nothing), flush=True)
        wait_until_decided(stack)
        decided = decided_latencies(stack.address, 100)
        middle, worst = statistics.median(decided), decided[94]
        print(f"POST -> decided, one client: median {middle:.0f} ms, p95 {worst:.0f} ms")
        print(f"POST -> decided, sustained: {sustained(stack, count=800):.0f}/s")


def thread_size(address: str, slug: str) -> int:
    with urllib.request.urlopen(f"{address}{thread_path(slug)}?limit=100") as response:  # noqa: S310 (loopback)
        return len(response.read())


if __name__ == "__main__":
    main()
