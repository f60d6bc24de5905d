"""Fixtures that need the stores: the runtime role, and a real worker beside the tests."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pytest_django import DjangoDbBlocker

from newsroom.embedded import parts
from newsroom.embedded.processes import dies_with_parent, session_members, signal_all
from newsroom.embedded.pytest_plugin import RUNTIME, chromium, runtime_role

WORKER_STARTS_IN_S = 60.0
EMPTYING_TRIES = 4
# Filled by migrations: models, what one may do with them, and the roles that may.
KEPT = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
}
URLS = (("DATABASE_URL", RUNTIME), ("DATABASE_OWNER_URL", "DATABASE_OWNER_URL"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Generator[None, None, None]:
    """The test database, made and migrated by the owner and used by the runtime role from here on.

    The runtime role may not TRUNCATE; only here it may, since a ``transaction=True`` test empties the
    tables that way. ``RESET ROLE`` in a test's cursor gives the owner's rights back.
    """
    role = runtime_role(os.environ)
    with django_db_blocker.unblock():
        if role:
            _let_truncate(role)
        _assume(role)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.test.TransactionTestCase._fixture_teardown", lambda case: empty_tables())
        yield
    with django_db_blocker.unblock():
        _assume("")
        _end_other_connections()


def empty_tables() -> None:
    """Empty the tables that have rows, as after every ``transaction=True`` test.

    Django's own flush empties all, then makes every permission again, which takes most of such a test's
    time, and makes no role again.
    """
    from django.db import OperationalError
    from psycopg.errors import DeadlockDetected

    for tries_left in reversed(range(EMPTYING_TRIES)):
        try:
            _empty_tables()
        except OperationalError as error:  # With a request that a closed page has left running.
            if not tries_left or not isinstance(error.__cause__, DeadlockDetected):
                raise
            time.sleep(0.5)
        else:
            break


def _empty_tables() -> None:
    from django.db import connection, transaction
    from psycopg import sql

    with transaction.atomic(), connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - KEPT)
        any_rows = sql.SQL("SELECT {}, EXISTS (SELECT FROM {})")
        cursor.execute(
            sql.SQL(" UNION ALL ").join(any_rows.format(table, sql.Identifier(table)) for table in tables)
        )
        filled = [sql.Identifier(table) for table, has_rows in cursor.fetchall() if has_rows]
        if filled:
            cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(filled)))


def _let_truncate(role: str) -> None:
    from django.db import connection
    from psycopg import sql

    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {}").format(sql.Identifier(role))
        )


def _assume(role: str) -> None:
    """Have every new connection use that role, and close those that do not yet."""
    from django.db import connection, connections

    settings = connections.settings["default"]
    for options in (settings["OPTIONS"], connection.settings_dict["OPTIONS"]):
        options.pop("assume_role", None)
        if role:
            options["assume_role"] = role
    connections.close_all()
    close_pool: Callable[[], None] | None = getattr(connection, "close_pool", None)
    if close_pool:
        close_pool()


def _end_other_connections() -> None:
    """A worker or a browser's server may hold the test database, which then cannot be dropped."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )


@pytest.fixture(scope="session")
def live_env(django_db_setup: None) -> dict[str, str]:
    """Variables for a process of its own: the *test* database as runtime role, this run's broker and keys."""
    from django.conf import settings

    name = settings.DATABASES["default"]["NAME"]
    on_test_database = {
        variable: urlsplit(os.environ[source])._replace(path=f"/{name}").geturl() for variable, source in URLS
    }
    return {
        **os.environ,
        **on_test_database,
        "PYTHONPATH": str(parts.ROOT),
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Chromium's path, for tests marked ``browser``, which are skipped where there is none."""
    path = chromium()
    if path is None:
        pytest.fail("no chromium here; on Debian: apt-get install -y chromium")
    return path


class Worker:
    """A real prefork worker in a session of its own."""

    def __init__(self, env: dict[str, str], log: Path) -> None:
        self.node = f"test-{secrets.token_hex(4)}"
        self.log = log
        self.process = self._start(env)

    def _start(self, env: dict[str, str]) -> subprocess.Popen[bytes]:
        part = parts.worker(env, node=self.node, children=1, purge=True)
        with self.log.open("wb") as log:
            return subprocess.Popen(
                part.argv,
                env=dict(part.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(part.death_signal),  # noqa: PLW1509 (pytest's main thread)
            )

    def wait_until_it_consumes(self) -> None:
        """Return once it has answered a ping: its event loop starts after its queue consumer."""
        from newsroom.celery import app

        deadline = time.monotonic() + WORKER_STARTS_IN_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if any(
                name.startswith(f"{self.node}@")
                for answer in app.control.ping(timeout=0.3)
                for name in answer
            ):
                return
        raise AssertionError(f"the worker does not consume:\n{self.log.read_text(errors='replace')[-4000:]}")

    def pids(self) -> list[int]:
        """The worker and its children."""
        return session_members(self.process.pid)

    def kill(self) -> None:
        """SIGKILL the worker and its children, as a crash of the machine would. Returns when all are gone."""
        signal_all(self.pids(), signal.SIGKILL)
        self.process.wait()
        deadline = time.monotonic() + 10
        while self.pids() and time.monotonic() < deadline:
            time.sleep(0.01)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                pass
        self.kill()


@pytest.fixture(scope="session")
def start_worker(live_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Worker]:
    """Starts another real worker; whoever calls it stops it."""

    def start() -> Worker:
        worker = Worker(live_env, tmp_path_factory.mktemp("worker") / "log")
        try:
            worker.wait_until_it_consumes()
        except BaseException:
            worker.kill()
            raise
        return worker

    return start


@pytest.fixture(scope="module")
def celery_worker(start_worker: Callable[[], Worker]) -> Generator[Worker, None, None]:
    """A real prefork worker, consuming, for the tests of one module.

    Their data must be committed: ``@pytest.mark.django_db(transaction=True)``.
    """
    worker = start_worker()
    yield worker
    worker.stop()
