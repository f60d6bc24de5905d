"""Ads: how long choosing takes, and the calls over HTTP beside a bare view on the same server in one run.

``.venv/bin/python -m benchmarks.ads_decision [--seconds 5] [--clients 16] [--items 1000] [--compute-only]``,
after ``dev.py demo`` made ``.venv``.

Prints the time that ``decide`` takes for 10, 1,000 and 10,000 line items (processor time of the thread, which
other programs on a shared machine disturb least, and wall time), then requests per second, latency,
processor time per request (web and PostgreSQL), the ratios to a bare WSGI application and to a bare Django
view behind the product's own middleware, on the same server with the same options, and how soon a pause is
obeyed by every process. Events that come at the same moment share a commit, so that views cost less the more
clients there are: ``--clients 4`` shows what few of them pay. Peer on two cores:
ethical-ad-server 0.9 (its development server and PostgreSQL) decides 45 times a second (41 CPU ms) and counts
175 views (10 ms).
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from ads.decision import Candidate, Surroundings, decide, indexed
from ads.suitability import TOLERANCES, TOPICS
from benchmarks.comments import Load, Result, bare_server, children, plain, side_by_side
from newsroom.proof.ads_stage import ARTICLE, BROWSER
from newsroom.proof.http import Client
from newsroom.proof.stack import Stack

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SLOTS = ("bench-top", "bench-bottom")
SECTIONS = ("local", "sport", "politics", "culture")
ROUNDS = 2_000
HEADERS = {"User-Agent": BROWSER}
SPONSOR = "Sponsor of everything"
MAKERS = 8
WATCHED_FOR_S = 3.0  # After a change: who obeys it later is shown as such.


def candidates(number: int, dice: random.Random) -> list[Candidate]:
    """Line items that all run and all fit both slots: half of them targeted, each with its own tolerances."""
    return [
        Candidate(
            creative_id=UUID(int=dice.getrandbits(128)),
            line_item_id=UUID(int=place),
            sponsor=f"Sponsor {place}",
            tier="standard",
            status="ready",
            weight=dice.randint(1, 200),
            starts_at=NOW - timedelta(days=dice.randint(1, 30)),
            ends_at=NOW + timedelta(days=dice.randint(1, 30)),
            slots=frozenset(SLOTS),
            tolerances={topic: dice.choice(TOLERANCES) for topic in dice.sample(TOPICS, 3)},
            targeting=[
                {
                    "dimension": "section",
                    "op": dice.choice(("in", "not_in")),
                    "values": [dice.choice(SECTIONS)],
                }
            ]
            * (place % 2),
            per_thousand=dice.randint(1, 20) * 1_000_000,
        )
        for place in range(number)
    ]


def contexts(number: int, dice: random.Random) -> list[Surroundings]:
    """Pages of four sections, with a tenth of the line items out of budget or ahead of their pace."""
    found = []
    for _ in range(ROUNDS // 20):
        held = [frozenset(UUID(int=dice.randrange(number)) for _ in range(number // 20)) for _ in range(2)]
        for _ in range(20):  # As long as a process uses what it knows of budgets.
            risks = {topic: dice.choice(("low", "medium")) for topic in dice.sample(TOPICS, 2)}
            audience = {"section": [dice.choice(SECTIONS)], "device": ["phone"], "hour": ["mon-09"]}
            found.append(
                Surroundings(
                    sensitivity=risks, spent=held[0], ahead=held[1], audience=audience, thread="calm"
                )
            )
    return found


def compute(number: int, *, seed: int) -> str:
    dice = random.Random(seed)
    index, pages = indexed(candidates(number, dice)), contexts(number, dice)
    clocks: dict[str, Callable[[], float]] = {"CPU": time.thread_time, "wall": time.perf_counter}
    told = []
    for name, clock in clocks.items():
        took, filled = [], 0
        for page in pages:
            started = clock()
            chosen = decide(index, slots=SLOTS, at=NOW, seed=dice.getrandbits(62), beside=page)
            took.append(clock() - started)
            filled += sum(choice.creative_id is not None for choice in chosen)
        took.sort()
        p50, p99 = took[len(took) // 2] * 1000, took[int(len(took) * 0.99)] * 1000
        told.append(f"{name} p50 {p50:6.3f}  p99 {p99:6.3f} ms")
    return f"decide, two slots, {number:>6,} line items   {'   '.join(told)}   {filled} filled"


def fill(number: int) -> None:
    """Line items in the database of a stack; in a process with its settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    import django

    django.setup()
    from django.utils import timezone

    from ads.creatives import content_digest
    from ads.models import Advertiser, Campaign, Creative, LineItem, Slot
    from articles.models import Site

    site, dice = Site.objects.get(), random.Random(number)
    slots = [
        Slot.objects.create(site=site, code=code, name=code, position="article_top", sizes=["fluid"])
        for code in SLOTS
    ]
    advertisers = [Advertiser(site=site, name=f"Advertiser {place}") for place in range(number)]
    Advertiser.objects.bulk_create(advertisers)
    start = timezone.now() - timedelta(days=1)
    campaigns = [Campaign(advertiser=owner, name="Autumn", starts_at=start) for owner in advertisers]
    Campaign.objects.bulk_create(campaigns)
    items = [
        LineItem(
            campaign=campaign, name="Item", status="ready", weight=dice.randint(1, 200),
            price_model="cpm", price_micros=8_500_000, budget_micros=10**15,
        )
        for campaign in campaigns
    ]  # fmt: skip
    items[0].status, items[0].type = "paused", "sponsorship"  # It has every slot as soon as it is ready.
    LineItem.objects.bulk_create(items)
    joins = [LineItem.slots.through(lineitem=item, slot=slot) for item in items for slot in slots]
    LineItem.slots.through.objects.bulk_create(joins)
    creatives = [
        Creative(
            line_item=item,
            headline=SPONSOR if item.type == "sponsorship" else "Fresh bread",
            target_url="https://bakery.example.com/",
        )
        for item in items
    ]
    for creative in creatives:
        creative.sha256 = creative.approved_sha256 = content_digest(creative)
    Creative.objects.bulk_create(creatives)


def ask(client: Client) -> list[dict[str, Any]]:
    body = {"article": ARTICLE, "slots": list(SLOTS), "view": str(uuid4())}
    answer = client.request("POST", "/api/v1/ads/decisions/", body, HEADERS)
    if answer.status != 200 or any("impression_url" not in one for one in answer.document["results"]):
        raise SystemExit(f"a decision was answered {answer.status}: {answer.document}")
    found: list[dict[str, Any]] = answer.document["results"]
    return found


class Views:
    """Impressions that nobody has counted yet, made beforehand."""

    def __init__(self, address: str, number: int) -> None:
        self._address, self._number = address, number
        self._paths: list[str] = []
        self._lock = threading.Lock()
        side_by_side(self._make, MAKERS)  # Of their own connections each: by all processes, as pages come.

    def _make(self) -> None:
        client = Client(self._address, timeout_s=30)
        while len(self._paths) < self._number:
            self._paths += [one["impression_url"] for one in ask(client)]

    def count_one(self, client: Client) -> None:
        with self._lock:
            path = self._paths.pop() if self._paths else None
        if path is None:
            raise SystemExit("more views were counted than made; give --views a larger number")
        answer = client.request("GET", path, None, HEADERS)
        if answer.status != 204:
            raise SystemExit(f"a view was answered {answer.status}")


def obeyed(stack: Stack, status: str, *, clients: int = 8) -> float:
    """Seconds from the commit of a line item's new status until every process serves by it."""
    late = [0.0]
    with psycopg.connect(stack.database_url) as database:
        database.execute("UPDATE ads_lineitem SET status = %s WHERE type = 'sponsorship'", [status])
    changed = time.monotonic()

    def watch() -> None:
        while time.monotonic() < changed + WATCHED_FOR_S:
            with Client(stack.address, timeout_s=30) as client:  # A new connection: any of the processes.
                sent, found = time.monotonic(), ask(client)
            if any(one["creative"]["headline"] == SPONSOR for one in found) != (status == "ready"):
                late.append(sent - changed)

    side_by_side(watch, clients)
    return max(late)


def told(ours: Result, bare: Result, framework: Result) -> str:
    return f"{ours.line(bare)}  {ours.per_second / framework.per_second:6.3f} × Django"


def main() -> None:
    parser = argparse.ArgumentParser(description="Ad decisions: the choosing alone, and over HTTP.")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each case")
    parser.add_argument("--clients", type=int, default=16, help="of all cases alike")
    parser.add_argument("--items", type=int, default=1_000, help="line items over HTTP")
    parser.add_argument("--views", type=int, default=20_000, help="made beforehand, to be counted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compute-only", action="store_true")
    parser.add_argument("--fill", type=int, help=argparse.SUPPRESS)  # In the stack's own process.
    options = parser.parse_args()
    if options.fill:
        fill(options.fill)
        return
    for number in (10, 1_000, 10_000):
        print(compute(number, seed=options.seed), flush=True)
    if options.compute_only:
        return
    with (
        Stack(settings={"ADS_EVENT_RATE": "off"}) as stack,
        bare_server() as (bare_address, bare_pid),
        bare_server("benchmarks.bare_django:application", stack.env) as (django_address, django_pid),
    ):
        stack.run("benchmarks.ads_decision", "--fill", str(options.items))
        postmaster = int((stack.state.path / "postgresql" / "postmaster.pid").read_text().split()[0])
        bare = Load(bare_address, {"web": lambda: children(bare_pid)}, options.seconds, options.clients)
        parts_of = {"web": lambda: stack.pids("web"), "postgresql": lambda: children(postmaster)}
        django = Load(django_address, {"web": lambda: children(django_pid)}, options.seconds, options.clients)
        ours = Load(stack.address, parts_of, options.seconds, options.clients)
        time.sleep(1.0)  # What was filled in is picked up.
        nothing = bare.measure("bare WSGI application, 200 bytes", plain("/200"))
        page = bare.measure("bare WSGI application, 3 kB", plain("/3000"))
        framework = django.measure("bare Django view, our middleware, 3 kB", plain("/api/3000"))
        print(nothing.line(), page.line(), framework.line(page), sep="\n", flush=True)
        name = f"decision, two slots, {options.items:,} line items"
        decided = ours.measure(name, lambda client: ask(client) and None)
        print(told(decided, page, framework), flush=True)
        views = Views(stack.address, options.views)
        print(told(ours.measure("view, counted once", views.count_one), nothing, framework), flush=True)
        for status in ("ready", "paused", "ready", "paused"):
            print(f"one of {options.items:,} {status}, seen everywhere after {obeyed(stack, status):.2f} s")


if __name__ == "__main__":
    sys.exit(main())
