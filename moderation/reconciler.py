"""The reconciler: repairs what a dead worker, broker or classifier left undone, and shows which is sick.

Any number of copies may run. One leads: it holds a session advisory lock on a connection of its own, so
the lock goes with it however it ends. Everything it does is safe to do twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import KombuError

from comments.leases import release_after_timeout
from moderation import outbox, services, tasks
from moderation.broker import queue_depth
from moderation.child import Child
from moderation.engine import register_shipped_model
from moderation.holds import end_unreviewed_holds
from moderation.models import Heartbeat, ModelVersion, Sketch
from moderation.near_copies import WAVE_WINDOW
from moderation.publishing import publish_moderation
from moderation.signals import upkeep
from moderation.spam_waves import watch_for_waves
from newsroom import metrics
from newsroom.access.services import purge_answers
from newsroom.access.sessions import purge_sessions
from newsroom.audit.services import seal
from newsroom.limits import REDIS_ERRORS, is_redis_answering, redis_breaker
from newsroom.outbox import tasks as mail_tasks
from newsroom.outbox.selectors import is_anything_due
from newsroom.outbox.services import deliver_due

logger = logging.getLogger("moderation")

LOCK_KEY = 0x4E52_5245_434F_4E01  # "NRRECON", one per database
MOST_CANARIES = 5_000  # messages; with more in the queue, canaries only add to them
# Messages. In a deeper one the message that a row waits for is most likely still there; a second one would
# only feed the overload (with 500, a backlog of 8 s cost a third more work).
SHALLOW = 50
PUBLISHED_AT_ONCE = 200
INLINE_AT_ONCE = 100
RECHECKED_AT_ONCE = 50
CANARY_EVERY_S = 5.0
NOBODY_CONSUMES_AFTER_S = 12.0  # after two lost canaries rows are judged in line
FROZEN_LEADER_S = 30.0  # a leader that holds the lock but does not beat is cut off
CHILD_IDLE_S = 60.0
LONGEST_RECONNECT_S = 2.0


@dataclass(slots=True)
class Step:
    every_s: float
    run: Callable[[], None]
    due_at: float = 0.0


class Reconciler:
    """``run`` returns soon after ``should_stop`` says so."""

    def __init__(self, *, should_stop: Callable[[], bool]) -> None:
        self._should_stop = should_stop
        self._lock_connection: BaseDatabaseWrapper | None = None
        self._is_leader = False
        self._child = Child()
        self._inline: deque[UUID] = deque()
        self._asks_model = False
        self._next_canary_at = 0.0
        self._depth: int | None = None  # of the broker's queue; None: it does not answer
        self._counts: Counter[str] = Counter()
        self._postman: threading.Thread | None = None
        self._steps = {
            "seal": Step(1.0, self._seal),
            "beat": Step(1.0, self._beat),
            "repair": Step(1.0, self._repair),
            "canary": Step(1.0, self._send_canary),
            "model": Step(5.0, self._look_at_model),
            "recheck": Step(5.0, self._recheck),
            "mail": Step(2.0, self._mail),
            "waves": Step(10.0, self._watch_for_waves),
            "upkeep": Step(5.0, self._upkeep),
            "purge": Step(3600.0, self._purge),
        }

    def run(self) -> None:
        backoff_s = 0.2
        try:
            while not self._should_stop():
                try:
                    if self._leads():
                        self._work()
                    else:
                        self._wait(1.0)
                    backoff_s = 0.2
                except (OperationalError, InterfaceError) as error:
                    logger.warning(
                        "the database is away (%s); tries again in %.1f s", type(error).__name__, backoff_s
                    )
                    self._let_go()
                    self._wait(backoff_s)
                    backoff_s = min(backoff_s * 2, LONGEST_RECONNECT_S)
        finally:
            self._child.stop()
            self._let_go()

    # --- leadership ------------------------------------------------------------------------------------
    def _leads(self) -> bool:
        """Whether this copy holds the lock, taking it if it is free.

        Raises:
            OperationalError: the connection that held the lock is gone, and the lock with it.
        """
        if self._lock_connection is None:
            self._lock_connection = connections.create_connection("default")
        with self._lock_connection.cursor() as cursor:
            if self._is_leader:
                cursor.execute("SELECT 1")
                return True
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY])
            self._is_leader = cursor.fetchone()[0]
            if not self._is_leader:
                self._cut_off_frozen_leader(cursor)
                return False
        logger.info("leads the reconciliation")
        self._do("register", _register_first_model)
        return True

    def _cut_off_frozen_leader(self, cursor: Any) -> None:
        """End the session of a leader that has not beaten for long. Awake again, it finds its lock gone."""
        cursor.execute(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l"
            " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
            " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND (l.classid::bigint << 32 | l.objid::bigint) = %s"
            " AND (SELECT at FROM moderation_heartbeat WHERE part = 'reconciler') < clock_timestamp() - %s"
            " AND (SELECT backend_start FROM pg_stat_activity a WHERE a.pid = l.pid)"
            " < clock_timestamp() - %s",
            [LOCK_KEY, timedelta(seconds=FROZEN_LEADER_S), timedelta(seconds=FROZEN_LEADER_S)],
        )
        if cursor.fetchall():
            logger.warning("a leader that did not beat for %.0f s was cut off", FROZEN_LEADER_S)

    def _let_go(self) -> None:
        for each in (self._lock_connection, connection):
            if each is not None:
                try:
                    each.close()
                except DatabaseError:
                    pass  # It was broken already.
        self._lock_connection, self._is_leader = None, False

    # --- the loop --------------------------------------------------------------------------------------
    def _work(self) -> None:
        """Do what is due, then listen to the child until something is due again."""
        now = time.monotonic()
        for name, step in self._steps.items():
            if step.due_at <= now:
                step.due_at = now + step.every_s
                self._do(name, step.run)
        self._feed_child()
        # While the child is busy the loop turns with its answers, else four times a second.
        answer = self._child.answer(wait_s=0.25)
        if answer is not None:
            self._hear(answer)

    def _do(self, name: str, run: Callable[[], None]) -> None:
        """One step; whatever is wrong with it, the others go on."""
        try:
            run()
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            metrics.RECONCILER_ACTIONS.labels(f"failed_{name}").inc()
            logger.exception("the step %s failed", name)

    def _wait(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while not self._should_stop() and (left := ends - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))

    def _count(self, action: str, by: int = 1) -> None:
        if by:
            self._counts[action] += by
            metrics.RECONCILER_ACTIONS.labels(action).inc(by)

    # --- steps -----------------------------------------------------------------------------------------
    def _seal(self) -> None:
        self._count("sealed", seal())

    def _beat(self) -> None:
        services.beat("reconciler", data={"actions": dict(self._counts), "queue": self._depth})

    def _repair(self) -> None:
        """Publish again what is due, and line up for the child what the queue did not or cannot help."""
        self._depth = queue_depth()
        if self._depth is None or self._is_stale("worker", NOBODY_CONSUMES_AFTER_S):
            self._line_up(outbox.waiting)
            return
        if self._depth < SHALLOW:
            for comment_id in outbox.take_due(limit=min(PUBLISHED_AT_ONCE, SHALLOW - self._depth)):
                self._count("published" if publish_moderation(comment_id) else "publish_failed")
        self._line_up(partial(outbox.overdue, is_queue_deep=self._depth >= SHALLOW))

    def _line_up(self, rows: Callable[..., list[UUID]]) -> None:
        if not self._inline:
            self._inline.extend(rows(limit=INLINE_AT_ONCE))

    def _send_canary(self) -> None:
        """A message through the broker that a worker answers in PostgreSQL.

        Every five seconds; every second into an empty queue while no worker is known, so that one which has
        just started shows at once.
        """
        if self._depth is None or self._depth >= MOST_CANARIES or not is_redis_answering():
            return
        now = time.monotonic()
        is_awaited = self._depth == 0 and self._is_stale("worker", NOBODY_CONSUMES_AFTER_S)
        if now < self._next_canary_at and not is_awaited:
            return
        self._next_canary_at = now + CANARY_EVERY_S
        try:
            tasks.canary.apply_async(kwargs={"sent_at": time.time()}, retry=False)
        except (KombuError, *REDIS_ERRORS):
            redis_breaker.failed()
            metrics.BROKER_FAILURES.labels("canary", "failed").inc()

    def _look_at_model(self) -> None:
        """While no worker reports its classifier, ask the child: a dead worker is no sick model."""
        self._asks_model = self._is_stale("worker", NOBODY_CONSUMES_AFTER_S)

    def _recheck(self) -> None:
        """Send what a failed classifier held through the machine again, now that it scores."""
        model = Heartbeat.objects.filter(part="model").first()
        if model is None or not model.data.get("ok") or self._is_stale("model", NOBODY_CONSUMES_AFTER_S):
            return
        for comment_id in outbox.held_by_failure(healthy_at=model.at, limit=RECHECKED_AT_ONCE):
            if services.recheck_after_failure(comment_id=comment_id) is not None:
                self._count("rechecked")
                publish_moderation(comment_id)

    def _watch_for_waves(self) -> None:
        self._count("waves_seen", watch_for_waves(now=timezone.now()))

    def _purge(self) -> None:
        self._count("purged_answers", purge_answers())
        self._count("purged_sessions", purge_sessions())
        old = Sketch.objects.filter(at__lt=Now() - 2 * WAVE_WINDOW)
        self._count("purged_sketches", old.delete()[0])
        self._count("holds_ended", end_unreviewed_holds(now=timezone.now()))

    def _upkeep(self) -> None:
        """Let the apps above do what only one process should."""
        for receiver, done in upkeep.send_robust(sender=Reconciler):
            if isinstance(done, (OperationalError, InterfaceError)):
                raise done
            if isinstance(done, Exception):
                self._count("failed_upkeep")
                logger.error("upkeep by %s failed", receiver.__module__)
                continue
            for action, number in (done or {}).items():
                self._count(action, number)

    def _mail(self) -> None:
        """Have due letters delivered: by a worker, or by a thread here while none consumes."""
        if not is_anything_due() or (self._postman is not None and self._postman.is_alive()):
            return
        if self._depth is None or self._is_stale("worker", NOBODY_CONSUMES_AFTER_S):
            # A thread, since a mail server that hangs must not keep the rest from beating.
            self._postman = threading.Thread(target=_deliver, name="postman", daemon=True)
            self._postman.start()
        elif self._depth < SHALLOW:
            _publish_delivery()

    def _is_stale(self, part: str, seconds: float) -> bool:
        return not Heartbeat.objects.filter(part=part, at__gt=Now() - timedelta(seconds=seconds)).exists()

    # --- in line ---------------------------------------------------------------------------------------
    def _feed_child(self) -> None:
        if not self._child.is_idle:
            return
        if self._asks_model:
            self._asks_model = False
            self._child.ask(model=True)
        elif self._inline:
            self._child.ask(comment=str(self._inline.popleft()), token=str(uuid4()))
        elif time.monotonic() - self._child.used_at > CHILD_IDLE_S:
            self._child.stop()  # Its memory is worth more than the second that starting it again takes.

    def _hear(self, answer: dict[str, Any]) -> None:
        if "died" in answer:
            self._count("child_died")
            logger.error("the process that judges in line ended (%s)", answer["died"])
            if "comment" in answer:
                # It cannot decide any more, so nobody has to wait for its lease; the fifth attempt holds it.
                comment_id, token = UUID(answer["comment"]), UUID(answer["token"])
                release_after_timeout(comment_id, token, retry_after=services.RETRY_AFTER)
        elif "error" in answer:
            # Most likely the next one fails too. The rows stay; the next pass lines them up again.
            self._count("inline_failed")
            self._inline.clear()
        elif "model" in answer:
            services.beat("model", detail=answer["model"]["detail"], data={"ok": answer["model"]["ok"]})
        elif answer["outcome"] is not None:
            self._count("judged_inline")


def _register_first_model() -> None:
    """Make the classifier of this release known where none is: a first start needs no other step."""
    if not ModelVersion.objects.exists():
        register_shipped_model()


def _deliver() -> None:
    try:
        deliver_due()
    except DatabaseError as error:
        logger.warning("letters were not delivered: %s", type(error).__name__)
    finally:
        connection.close()  # This thread's own.


def _publish_delivery() -> None:
    if not is_redis_answering():
        return
    try:
        mail_tasks.deliver_due.apply_async(retry=False)
    except (KombuError, *REDIS_ERRORS):
        redis_breaker.failed()
        metrics.BROKER_FAILURES.labels("mail", "failed").inc()
