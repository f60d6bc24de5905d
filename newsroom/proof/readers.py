"""The limits of writing hold exactly when all come at once; a reader votes, reports and sends once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg

from newsroom.embedded.state import Refused
from newsroom.limits import LIMITS
from newsroom.proof import checks
from newsroom.proof.checks import Check
from newsroom.proof.comments import open_articles, warm_up
from newsroom.proof.http import Answer, Client
from newsroom.proof.report import verdict
from newsroom.proof.stack import Stack
from newsroom.proof.texts import Writer

ARTICLE_LIMIT = 80  # Lower than the default, so that a hundred reach it.
FLOOD_LIMIT = 8  # of moderation.policy
TIMEOUT_S, DECIDED_WITHIN_S = 60.0, 120.0


@dataclass(frozen=True, slots=True)
class Options:
    """Args:
    at_once: requests that start together, each time.
    """

    at_once: int = 100
    seed: int = 1
    durable: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    """One request: from which network, to where, with what."""

    path: str
    network: str
    document: Mapping[str, Any]
    key: str = ""


class Crowd:
    """Sends requests that start together."""

    def __init__(self, address: str) -> None:
        self._address = address

    def send(self, requests: Sequence[Sent]) -> list[Answer]:
        together = threading.Barrier(len(requests))

        def one(sent: Sent) -> Answer:
            headers = {"X-Forwarded-For": sent.network, "Idempotency-Key": sent.key or str(uuid.uuid4())}
            with Client(self._address, timeout_s=TIMEOUT_S) as client:
                together.wait()
                return client.request("POST", sent.path, sent.document, headers)

        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(one, requests))


def prove_readers(options: Options, say: Callable[[str], None]) -> list[Check]:
    """Run the experiment and print its table; returns the checks."""
    say(f"Starting a stack of its own; {options.at_once} requests at once each time, seed {options.seed}.")
    settings = {"NEWSROOM_LIMITS": "default", "NEWSROOM_LIMIT_RATES": f"article={ARTICLE_LIMIT}/minute"}
    with Stack(settings=settings, durable=options.durable) as stack:
        slugs = open_articles(stack.address)
        warm_up(stack.address, slugs[0])
        crowd = Crowd(stack.address)
        with psycopg.connect(stack.database_url, autocommit=True) as database:
            found = [
                *_posts(options, crowd, slugs, database),
                *_once_per_reader(options, crowd, database),
                _one_form_twice(crowd, slugs[0]),
            ]
    say(f"\n{verdict(found)}")
    return found


def _first(name: str) -> int:
    """The smallest rate of a limit, per minute: what a hundred at once reach first."""
    return int(LIMITS["default"][name][0].partition("/")[0])


def _posts(options: Options, crowd: Crowd, slugs: Sequence[str], database: psycopg.Connection) -> list[Check]:
    writer, numbers = Writer(options.seed), range(options.at_once)

    def posts(slug: str, *, network: str, email: str) -> list[Sent]:
        return [
            Sent(
                f"/api/v1/articles/{slug}/comments/",
                network.format(n),
                {"name": "Reader", "email": email.format(n), "body": f"{writer.comment()} ({slug}, {n})"},
            )
            for n in numbers
        ]

    one_each = "2001:db8:{:x}::1"
    waves = {
        "one email address": (_first("address"), posts(slugs[1], network=one_each, email="one@example.org")),
        "one IPv6 network": (
            _first("network"),
            posts(slugs[2], network="2001:db8:ffff:1::{:x}", email="house-{}@example.org"),
        ),
        "one IPv4 address": (
            _first("shared_network"),
            posts(slugs[3], network="198.51.100.7", email="town-{}@example.org"),
        ),
        "one article": (ARTICLE_LIMIT, posts(slugs[4], network=one_each, email="any-{}@example.org")),
    }
    # One after the other; of an article's readers each has sent once before, at most.
    found, of_the_town = [], []
    for who, (limit, requests) in waves.items():
        answers = crowd.send(requests)
        found += _boundary(f"comments of {who}", answers, min(limit, options.at_once), accepted={202})
        if who == "one IPv4 address":
            of_the_town = [answer.document["id"] for answer in answers if answer.status == 202]
    return [*found, *_town_is_read(of_the_town, database)]


def _boundary(what: str, answers: Sequence[Answer], limit: int, *, accepted: set[int]) -> list[Check]:
    passed = sum(answer.status in accepted for answer in answers)
    refused = [answer for answer in answers if answer.status == 429]
    others = len(answers) - passed - len(refused)
    waits = [answer.retry_after or "" for answer in refused]
    tell = sum(wait.isascii() and wait.isdigit() and int(wait) > 0 for wait in waits)
    return [
        Check(f"{what}: accepted", f"{passed} of {len(answers)}, the limit is {limit}", passed == limit),
        Check(
            f"{what}: the rest is 429 and says when to come back",
            f"{tell} of {len(answers) - passed}",
            tell == len(refused) and not others,
        ),
    ]


def _town_is_read(accepted: Sequence[str], database: psycopg.Connection) -> list[Check]:
    """Under the ceiling nobody behind a shared address is refused: a person reads."""
    checks.wait_until_decided(database, accepted, patience_s=DECIDED_WITHIN_S)
    rows = database.execute(
        "SELECT count(*) FILTER (WHERE status = 'published'), count(*) FILTER (WHERE status IN"
        " ('pending', 'rejected')) FROM comments_comment WHERE id = ANY(%s)",
        [list(accepted)],
    ).fetchone()
    published, wrong = rows or (0, 0)
    return [
        Check(
            "comments of one IPv4 address: published unread",
            f"{published} of {len(accepted)}, the limit is {FLOOD_LIMIT}",
            published <= FLOOD_LIMIT,
        ),
        Check("comments of one IPv4 address: refused or undecided", str(wrong), wrong == 0),
    ]


def _once_per_reader(options: Options, crowd: Crowd, database: psycopg.Connection) -> list[Check]:
    row = database.execute("SELECT id FROM comments_comment WHERE status = 'published' LIMIT 1").fetchone()
    if row is None:
        raise Refused("no comment was published that could be voted for.")
    comment_id, reader, numbers = row[0], "203.0.113.5", range(options.at_once)
    path = f"/api/v1/comments/{comment_id}/"
    votes = crowd.send([Sent(f"{path}votes/", reader, {"value": 1}) for _ in numbers])
    reports = crowd.send([Sent(f"{path}reports/", reader, {"reason": "spam"}) for _ in numbers])
    counted = database.execute(
        "SELECT votes, (SELECT count(*) FROM comments_vote WHERE comment_id = c.id),"
        " (SELECT count(*) FROM reports_report WHERE comment_id = c.id)"
        " FROM comments_comment c WHERE id = %s",
        [comment_id],
    ).fetchone() or (0, 0, 0)
    reported = min(_first("report"), len(reports))
    new = sum(answer.status == 202 for answer in reports)
    return [
        *_boundary("votes of one network", votes, min(_first("vote"), len(votes)), accepted={200}),
        Check("they are one vote", f"{counted[0]} counted, {counted[1]} kept", counted[:2] == (1, 1)),
        *_boundary("reports of one network", reports, reported, accepted={200, 202}),
        Check("they are one report", f"{new} new, {counted[2]} kept", (new, counted[2]) == (1, 1)),
    ]


def _one_form_twice(crowd: Crowd, slug: str) -> Check:
    """A double click, a retry: the same key and body, all at once."""
    document = {"name": "Reader", "email": "twice@example.org", "body": "Sent once, clicked often."}
    sent = Sent(f"/api/v1/articles/{slug}/comments/", "203.0.113.6", document, key=str(uuid.uuid4()))
    answers = crowd.send([sent] * _first("address"))
    ids = {answer.document.get("id") for answer in answers if answer.status == 202}
    is_one = len(ids) == 1 and all(answer.status == 202 for answer in answers)
    return Check("one form, sent several times at once", f"{len(ids)} comment", is_one)
