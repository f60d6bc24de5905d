"""Accepted is kept and decided, whatever happens to the workers."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from newsroom.embedded.keeper import hold
from newsroom.embedded.state import Refused, State
from newsroom.proof import checks
from newsroom.proof.checks import Check
from newsroom.proof.faults import Killer
from newsroom.proof.http import Client
from newsroom.proof.load import Load, Poller
from newsroom.proof.report import spread, table, verdict
from newsroom.proof.stack import Stack

LEASE_S, SHORTEST_IN_PRODUCTION_S = 60, 30


@dataclass(frozen=True, slots=True)
class Options:
    """Args:
    state: a running demo's state folder; None: a stack of the proof's own.
    lease_s: how long a killed worker's comment stays its own (own stack only); shorter waits less.
    drain_s: all must be decided so long after the last kill; by default two leases, at least a minute.
    """

    posts: int = 1000
    kills: int = 10
    rate: float = 40.0
    seed: int = 1
    with_reconciler: bool = True
    lease_s: int = LEASE_S
    drain_s: float | None = None
    state: Path | None = None
    keep: Path | None = None
    durable: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    address: str
    database_url: str
    state: State
    verify_audit: Callable[[], str] | None


def prove_comments(options: Options, say: Callable[[str], None]) -> list[Check]:
    """Run the experiment and print its table; returns the checks."""
    settings = {
        # Production refuses a lease that is shorter than half a minute.
        "NEWSROOM_MODE": "production" if options.lease_s >= SHORTEST_IN_PRODUCTION_S else "test",
        "NEWSROOM_LEASE_S": str(options.lease_s),
        "NEWSROOM_RECONCILER": "on" if options.with_reconciler else "off",
    }
    if options.state is not None:
        return _prove(options, _running_demo(options.state), say)
    say("Starting a stack of its own: PostgreSQL and Valkey with fsync, web, worker, reconciler.")
    with Stack(
        settings=settings, durable=options.durable, needed="ok" if options.with_reconciler else "degraded"
    ) as stack:
        target = Target(
            stack.address,
            stack.database_url,
            stack.state,
            lambda: stack.run("newsroom.embedded.django_command", "verify_audit"),
        )
        return _prove(options, target, say)


def _running_demo(folder: Path) -> Target:
    """A demo that runs with this state.

    Raises:
        Refused: none does.
    """
    address = folder / "run" / "demo.address"
    if not (folder / "run" / "supervisor.pid").exists() or not address.exists():
        raise Refused(f"no demo runs with the state {folder}.")
    state = State.open(folder)
    stores = hold(state)  # Kept until this process ends.
    _held.append(stores)
    return Target(address.read_text(encoding="utf-8").strip(), stores.urls["DATABASE_URL"], state, None)


_held: list[object] = []


def _prove(options: Options, target: Target, say: Callable[[str], None]) -> list[Check]:
    within_s = options.posts / options.rate
    say(
        f"{options.posts} posts at {options.rate:g}/s to {target.address}, {options.kills} kills,"
        f" seed {options.seed}, lease {options.lease_s} s."
    )
    slugs = open_articles(target.address)
    accepted_file = _accepted_file(options)
    warm_up(target.address, slugs[0])
    poller = Poller(target.address, slugs)
    killer = Killer(
        target.state,
        target.database_url,
        kills=options.kills,
        within_s=within_s,
        seed=options.seed,
        lease_s=options.lease_s,
    )
    load = Load(target.address, slugs, accepted_file=accepted_file, seed=options.seed)
    poller.start()
    killer.start()
    load.run(options.posts, rate=options.rate, poller=poller, edits=True)
    killer.join()
    drain_s = max(60.0, 2.0 * options.lease_s) if options.drain_s is None else options.drain_s
    say(f"Posted; the accepted ids are in {accepted_file}.")
    say(f"All of them must be decided within {drain_s:.0f} s.")
    with psycopg.connect(target.database_url, autocommit=True) as database:
        accepted = checks.accepted_ids(accepted_file)
        waited_s = checks.wait_until_decided(database, accepted, patience_s=drain_s)
        time.sleep(1.0)  # The poller sees the last ones.
        poller.stop()
        missing = options.posts - len(accepted)
        found = [
            checks.lost(database, accepted),
            checks.undecided(database, accepted),
            *checks.contradictions(database),
            checks.seen_too_early(database, poller.seen),
            Check("posts that were not accepted", str(missing), holds=missing == 0),
        ]
        rows = [
            *_posting_rows(options, load, killer),
            ("last decision", f"{waited_s:.1f} s after the last answer"),
            *_deciding_rows(database, accepted),
            (
                "public reads",
                f"{poller.polls:,}, {poller.failures} unanswered, {len(poller.seen):,} texts seen",
            ),
        ]
    if options.with_reconciler:
        found += _audit_check(target)
    say(f"\n{table(rows)}\n\n{verdict(found)}")
    return found


def open_articles(address: str) -> list[str]:
    with Client(address) as client:
        results = client.get("/api/v1/articles/?limit=5").document["results"]
    return [article["slug"] for article in results]


def _accepted_file(options: Options) -> Path:
    folder = options.keep or Path(tempfile.mkdtemp(prefix="newsroom-accepted-"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"accepted-{options.seed}-{int(time.time())}.txt"


def _posting_rows(options: Options, load: Load, killer: Killer) -> list[tuple[str, str]]:
    accepted = [sent for sent in load.sent if sent.status == 202]
    kinds = Counter(kill.kind for kill in killer.kills)
    in_flight = sum(1 for kill in killer.kills if kill.in_flight)
    refused = ", ".join(f"{name}: {number}" for name, number in load.refusals.items())
    again = sum(sent.tries > 1 for sent in load.sent)
    return [
        ("accepted", f"{len(accepted):,} of {options.posts:,}, {again} after more than one try"),
        ("edited", str(len(load.edits))),
        ("refused", refused or "none"),
        ("kills", f"{kinds['worker']} whole workers, {kinds['pool']} pools; {in_flight} with work in flight"),
        ("POST answered", spread([sent.took_s for sent in accepted])),
    ]


def _deciding_rows(database: psycopg.Connection, accepted: Sequence[str]) -> list[tuple[str, str]]:
    repaired = database.execute(
        "SELECT count(*) FILTER (WHERE publish_count > 0), count(*) FILTER (WHERE attempts > 0)"
        " FROM comments_comment WHERE id = ANY(%s)",
        [list(accepted)],
    ).fetchone() or (0, 0)
    outcomes = database.execute(
        "SELECT status || CASE held_by WHEN '' THEN '' ELSE ' by ' || held_by END, count(*)"
        " FROM comments_comment WHERE id = ANY(%s) GROUP BY 1 ORDER BY 2 DESC",
        [list(accepted)],
    ).fetchall()
    beat = database.execute(
        "SELECT data -> 'actions' FROM moderation_heartbeat WHERE part = 'reconciler'"
    ).fetchone()
    actions = sorted((beat[0] or {}).items()) if beat else []
    return [
        ("accepted to decided", spread(checks.decision_delays_s(database, accepted))),
        ("published again, tried again", f"{repaired[0]}, {repaired[1]}"),
        ("reconciler", ", ".join(f"{name} {number}" for name, number in actions) or "off"),
        ("outcomes", ", ".join(f"{name}: {number}" for name, number in outcomes)),
    ]


def warm_up(address: str, slug: str) -> None:
    """Send one comment and wait for its decision: from here on the worker has its classifier.

    Raises:
        Refused: nobody decided it within a minute.
    """
    document = {
        "name": "First",
        "email": f"first-{time.time_ns()}@example.org",
        "body": "The first of them.",
    }
    deadline = time.monotonic() + 60
    with Client(address) as client:
        sent = client.request("POST", f"/api/v1/articles/{slug}/comments/", document).document
        while client.get(sent["status_url"]).document["status"] == "pending":
            if time.monotonic() > deadline:
                raise Refused("the first comment was not decided within a minute.")
            time.sleep(0.1)


def _audit_check(target: Target) -> list[Check]:
    if target.verify_audit is None:
        return []
    time.sleep(1.5)  # The last rows are sealed within a second.
    try:
        said = target.verify_audit().strip().splitlines()
    except Refused as fault:
        return [Check("the audit chain is sound", str(fault).strip().splitlines()[-1], holds=False)]
    return [Check("the audit chain is sound", said[-1] if said else "", holds=True)]
