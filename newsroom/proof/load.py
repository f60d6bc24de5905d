"""Posting like readers do, and reading like readers do, while things break."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from newsroom.proof.http import FAILURES, Answer, Client
from newsroom.proof.texts import Writer

THREADS = 48
GIVES_UP_AFTER_S = 60.0
REPLY_SHARE, EDIT_SHARE = 0.10, 0.04


@dataclass(frozen=True, slots=True)
class Post:
    """What one reader is going to do, drawn beforehand."""

    slug: str
    name: str
    email: str
    body: str
    network: str
    reply_to: float | None  # which of the comments seen under the article, as a share of them
    new_body: str | None  # an edit, a moment later
    edits_after_s: float


@dataclass(frozen=True, slots=True)
class Sent:
    """One post: when it was due, how long until its answer, how many tries that took."""

    at: float
    took_s: float
    status: int
    tries: int
    comment_id: str


class Poller(threading.Thread):
    """Reads the public threads 20 times a second and remembers when it first saw each text."""

    def __init__(self, address: str, slugs: Sequence[str], *, per_second: float = 20.0) -> None:
        super().__init__(name="poller", daemon=True)
        self._client, self._slugs, self._every_s = Client(address, timeout_s=5.0), slugs, 1 / per_second
        self._over = threading.Event()
        self.seen: dict[tuple[str, str], float] = {}  # (comment, text) -> first seen, seconds since 1970
        self.published: dict[str, list[str]] = {slug: [] for slug in slugs}
        self.polls, self.failures = 0, 0

    def run(self) -> None:
        due = time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due = max(due + self._every_s, time.monotonic() - 1.0)
            slug = self._slugs[self.polls % len(self._slugs)]
            self.polls += 1
            try:
                answer = self._client.get(f"/api/v1/articles/{slug}/comments/?sort=newest&limit=100")
            except FAILURES:
                self.failures += 1
                continue
            if answer.status == 200:
                self._remember(slug, answer.document["results"], time.time())
            else:
                self.failures += 1

    def _remember(self, slug: str, nodes: Sequence[Any], now: float) -> None:
        for node in nodes:
            if node["body"] is not None and (node["id"], node["body"]) not in self.seen:
                self.seen[node["id"], node["body"]] = now
                self.published[slug].append(node["id"])
            self._remember(slug, node["replies"], now)

    def stop(self) -> None:
        self._over.set()
        self.join()
        self._client.close()


class Load:
    """Posts at a steady rate, each with an idempotency key, tried again with the same key until answered.

    Attributes:
        sent: what became of each post, in no order.
        edits: comment and revision of each accepted edit.
    """

    def __init__(self, address: str, slugs: Sequence[str], *, accepted_file: Path, seed: int) -> None:
        self._address, self._slugs, self._accepted_file = address, slugs, accepted_file
        self._dice = random.Random(seed)  # noqa: S311  (test data)
        self._writer = Writer(seed + 1)
        self._local, self._lock = threading.local(), threading.Lock()
        self._clients: list[Client] = []
        self.sent: list[Sent] = []
        self.edits: list[tuple[str, int]] = []
        self.refusals: Counter[str] = Counter()

    def run(self, posts: int, *, rate: float, poller: Poller | None = None, edits: bool = False) -> None:
        """Send that many, one every 1/rate seconds whatever the answers do, and wait for the answers.

        Args:
            poller: where comments to reply to were seen; none, no replies.
            edits: change some texts shortly after they were sent.
        """
        with self._accepted_file.open("a", encoding="ascii") as accepted, ThreadPoolExecutor(THREADS) as pool:
            started, answers = time.time(), []
            for number in range(posts):
                due = started + number / rate
                time.sleep(max(0.0, due - time.time()))
                answers.append(pool.submit(self._send, self._drawn(edits), due, accepted, poller))
            for answer in answers:
                answer.result()
        while self._clients:
            self._clients.pop().close()
        self._local = threading.local()

    def _drawn(self, edits: bool) -> Post:
        dice = self._dice
        number = f"{dice.getrandbits(48):012x}"
        return Post(
            slug=dice.choice(self._slugs),
            name=f"Reader {number[:4]}",
            email=f"reader-{number}@example.org",
            body=self._writer.comment(),
            network=self._writer.network(),
            reply_to=dice.random() if dice.random() < REPLY_SHARE else None,
            new_body=self._writer.comment() if edits and dice.random() < EDIT_SHARE else None,
            edits_after_s=dice.random() * 0.3,
        )

    def _send(self, post: Post, due: float, accepted: IO[str], poller: Poller | None) -> None:
        answer, tries = self._post(post, due, self._parent(post, poller))
        if answer is not None and answer.status == 400:  # The parent is no longer published.
            answer, more = self._post(post, due, None)
            tries += more
        status = answer.status if answer is not None else 0
        identifier = answer.document["id"] if answer is not None and status == 202 else ""
        with self._lock:
            self.sent.append(Sent(due, time.time() - due, status, tries, identifier))
            if identifier:
                accepted.write(f"{identifier}\n")
                accepted.flush()
            else:
                self.refusals[f"{status} {answer.document['code']}" if answer else "no answer"] += 1
        if identifier and answer is not None and post.new_body is not None:
            self._edit(identifier, answer.document["author_token"], post)

    def _parent(self, post: Post, poller: Poller | None) -> str | None:
        seen = poller.published[post.slug] if poller is not None and post.reply_to is not None else []
        return seen[int((post.reply_to or 0.0) * len(seen))] if seen else None

    def _post(self, post: Post, due: float, parent: str | None) -> tuple[Answer | None, int]:
        """The answer, or None if there was none for a minute; and the number of tries."""
        document = {"name": post.name, "email": post.email, "body": post.body}
        if parent is not None:
            document["parent"] = parent
        headers = {"Idempotency-Key": str(uuid.uuid4()), "X-Forwarded-For": post.network}
        answer, tries = None, 0
        while time.time() - due < GIVES_UP_AFTER_S:
            tries += 1
            try:
                answer = self._client.request(
                    "POST", f"/api/v1/articles/{post.slug}/comments/", document, headers
                )
            except FAILURES:
                answer = None
            if answer is not None and answer.status < 500:
                break
            time.sleep(0.2)
        return answer, tries

    def _edit(self, identifier: str, token: str, post: Post) -> None:
        """Change the text. An edit without an answer is not tried again: it may or may not hold."""
        time.sleep(post.edits_after_s)
        try:
            answer = self._client.request(
                "PATCH",
                f"/api/v1/comments/{identifier}/",
                {"body": post.new_body},
                {"Authorization": f"Bearer {token}"},
            )
        except FAILURES:
            return
        if answer.status == 202:
            with self._lock:
                self.edits.append((identifier, answer.document["revision"]))

    @property
    def _client(self) -> Client:
        client: Client | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = Client(self._address)
            self._clients.append(client)
        return client
