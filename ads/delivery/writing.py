"""Decisions are written behind the answers, some fifty milliseconds of them in one statement.

Stated behaviour: a process that is killed loses at most the last ``EVERY_S`` of requests, and no event, since
what was shown comes back with its tokens. While PostgreSQL is away nothing is chosen (what choices are made
from is read every half second), and what waits is tried again until it is back. Where ``MOST_WAITING``
decisions wait already, each page writes its own at once, and fails if that does.
``newsroom_ad_decisions_total`` counts all of it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.util import Finalize

from django.db import DataError, Error, IntegrityError, connection

from ads.delivery.records import Record, write
from newsroom import metrics

EVERY_S = 0.05
BATCH = 500  # In one statement
MOST_WAITING = 20_000
AGAIN_AFTER_S = 0.5  # after PostgreSQL failed.
STOPS_WITHIN_S = 3.0
logger = logging.getLogger("ads")


class Writer:
    """Writes what it is given, in a thread of its own once ``start`` was called; until then at once."""

    def __init__(self, *, every_s: float = EVERY_S, most_waiting: int = MOST_WAITING) -> None:
        self._every_s, self._most_waiting = every_s, most_waiting
        self._is_started = False
        self._then: Callable[[Sequence[Record]], object] | None = None
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Condition()
        self._waiting: list[Record] = []
        self._taken = 0  # Records that were ever given here, and how many of them are written.
        self._written = 0
        self._is_hurried = False
        self._is_stopping = False
        self._thread: threading.Thread | None = None

    @property
    def is_behind(self) -> bool:
        """Whether a page may be answered before its decisions are written."""
        return self._is_started

    def start(self, *, then: Callable[[Sequence[Record]], object] | None = None) -> None:
        """From now on this process writes behind its answers. Its thread starts with the first decision.

        Args:
            then: done with what was written, in the same thread; if it fails, that is logged.
        """
        self._is_started, self._then = True, then

    def put(self, records: Sequence[Record]) -> None:
        """Have these written soon.

        Raises:
            django.db.Error: they had to be written at once, and could not be.
        """
        if not self._is_started:
            write(records)
            metrics.AD_DECISIONS.labels("at once").inc(len(records))
            return
        if self._pid != os.getpid():  # A child of the process that started it: what waits there is not its.
            self._begin_anew()
        with self._lock:
            is_room = len(self._waiting) + len(records) <= self._most_waiting
            if is_room:
                is_first = not self._waiting
                self._waiting += records
                self._taken += len(records)
                if is_first:  # Later ones need not wake it.
                    self._lock.notify_all()
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="ad-decisions", daemon=True)
                    self._thread.start()
                    Finalize(None, self.stop, exitpriority=10)
        if not is_room:
            write(records)
            metrics.AD_DECISIONS.labels("no room").inc(len(records))

    def flush(self, *, within_s: float = 1.0) -> bool:
        """Wait until all that was given so far is written; whether it is."""
        with self._lock:
            wanted = self._taken
            if self._written >= wanted:
                return True
            self._is_hurried = True
            self._lock.notify_all()
            return self._lock.wait_for(lambda: self._written >= wanted, timeout=within_s)

    def stop(self) -> None:
        """Write what waits and end the thread; for a process that ends gracefully."""
        self.flush(within_s=STOPS_WITHIN_S)
        with self._lock:
            self._is_stopping = True
            self._lock.notify_all()
        if self._thread is not None:
            self._thread.join(STOPS_WITHIN_S)

    def _run(self) -> None:
        while not self._is_stopping:
            with self._lock:
                self._lock.wait_for(lambda: self._waiting or self._is_stopping)
                self._lock.wait_for(lambda: self._is_hurried or self._is_stopping, timeout=self._every_s)
                batch = self._waiting[:BATCH]
                self._is_hurried = self._is_hurried and len(self._waiting) > BATCH
            done = self._write(batch) if batch else 0
            with self._lock:
                del self._waiting[:done]
                self._written += done
                self._lock.notify_all()
            if done:
                self._follow(batch)
            elif batch:
                time.sleep(AGAIN_AFTER_S)
        _quietly(connection.close)

    def _write(self, batch: list[Record]) -> int:
        """How many are done with: all, or none while PostgreSQL is away."""
        try:
            write(batch)
        except (DataError, IntegrityError):
            self._one_by_one(batch)
        except Error as error:
            metrics.AD_DECISIONS.labels("put off").inc(len(batch))
            logger.warning("decisions of ads wait: %s", type(error).__name__)
            _quietly(connection.close)
            return 0
        metrics.AD_DECISIONS.labels("behind").inc(len(batch))
        return len(batch)

    def _follow(self, batch: Sequence[Record]) -> None:
        try:
            if self._then is not None:
                self._then(batch)
        except Exception:
            logger.exception("what follows decisions of ads failed")
            _quietly(connection.close)

    def _one_by_one(self, batch: list[Record]) -> None:
        """What PostgreSQL does not take must not keep the others waiting for ever."""
        for record in batch:
            try:
                write([record])
            except (DataError, IntegrityError):
                metrics.AD_DECISIONS.labels("refused").inc()
                logger.exception("a decision of an ad could not be written")


def _quietly(close: Callable[[], None]) -> None:
    try:
        close()
    except Error:
        pass  # It was broken already.


writer = Writer()
