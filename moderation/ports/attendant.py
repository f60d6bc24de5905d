"""The thread beside the requests: writes their counts, shows that the process lives, feels the database."""

from __future__ import annotations

import logging
import threading
import time
from multiprocessing.util import Finalize

from django.db import DatabaseError, InterfaceError, connection

from moderation.engine import ModelUnavailable, engine
from moderation.ports.selectors import known_keys
from moderation.ports.usage import usage
from moderation.services import beat

logger = logging.getLogger("moderation")

FLUSH_EVERY_S = 1.0
BEAT_EVERY_S = 5.0
AWAY_AFTER_S = 4.0  # Of silence. A database that refuses is noticed at once, a frozen one after this.


class Attendant(threading.Thread):
    """Daemonic: a database that is frozen does not keep the process from ending."""

    def __init__(self) -> None:
        super().__init__(name="ports-attendant", daemon=True)
        self._answered_at = time.monotonic()
        self._beat_due_at = 0.0
        self._is_away = False
        self._stopping = threading.Event()

    def is_database_away(self) -> bool:
        return self._is_away or time.monotonic() - self._answered_at > AWAY_AFTER_S

    def run(self) -> None:
        self._warm_up()
        while not self._stopping.is_set():
            self._turn()
            self._stopping.wait(FLUSH_EVERY_S)

    def _warm_up(self) -> None:
        """Load the classifier before the first client waits for it."""
        try:
            engine.active()
        except (ModelUnavailable, DatabaseError, InterfaceError) as error:
            logger.warning("no classifier yet: %s", type(error).__name__)

    def _turn(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            usage.flush()
            if time.monotonic() >= self._beat_due_at:
                beat("ports")
                self._beat_due_at = time.monotonic() + BEAT_EVERY_S
        except (DatabaseError, InterfaceError) as error:
            if not self._is_away:
                logger.warning("the database is away (%s); what can be held is held", type(error).__name__)
            self._is_away = True
            self._let_go()
        else:
            self._is_away, self._answered_at = False, time.monotonic()

    def _let_go(self) -> None:
        try:
            connection.close()
        except (DatabaseError, InterfaceError):
            pass  # It was broken already.

    def finish(self) -> None:
        """Write the last counts, if the database answers."""
        self._stopping.set()
        if not self.is_database_away():
            try:
                usage.flush()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("the last counts were not written: %s", type(error).__name__)


def start() -> Attendant:
    """Start this process's attendant; from then on no request asks a database that is known to be away."""
    attendant = Attendant()
    known_keys.is_away = attendant.is_database_away
    attendant.start()
    Finalize(None, attendant.finish, exitpriority=1)  # Granian's workers end without atexit.
    return attendant
