"""Whether PostgreSQL answers, asked so that a server which is frozen keeps a thread waiting and no probe."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection

WITHIN_S = 2.0


class DatabaseProbe:
    """Asks in a thread with a connection of its own, one question at a time. Thread-safe."""

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._question: _Question | None = None

    def answers(self, *, within_s: float = WITHIN_S) -> bool:
        """Whether it answered in time. While an earlier question is unanswered, that one is waited for."""
        with self._lock:
            if self._question is None or self._question.is_over.is_set():
                self._question = _Question(self._ask)
                self._question.start()
            question = self._question
        return question.is_over.wait(within_s) and question.is_answered


class _Question(threading.Thread):
    """Daemonic: a process that ends does not wait for a server that is frozen."""

    def __init__(self, ask: Callable[[], None]) -> None:
        super().__init__(name="database-probe", daemon=True)
        self._ask = ask
        self.is_over = threading.Event()
        self.is_answered = False

    def run(self) -> None:
        try:
            self._ask()
            self.is_answered = True
        except (DatabaseError, InterfaceError):
            pass  # Not answered, which is the answer.
        finally:
            self.is_over.set()


def _ask_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


database_probe = DatabaseProbe(_ask_database)
