"""Starts the stores before Django reads its settings (``-p newsroom.embedded.pytest_plugin``).

The suite runs on the embedded servers, without crash safety and in a folder that goes with the
run, or on whatever ``DATABASE_URL``, ``DATABASE_OWNER_URL`` and ``REDIS_URL`` name. The owner makes and
migrates the test database; then every connection assumes the runtime role, so that a missing grant shows.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from collections.abc import Generator, Mapping, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from newsroom.embedded.keeper import Lease, hold
from newsroom.embedded.secrets import make_secrets
from newsroom.embedded.state import Refused, State

# With these pytest runs no test, so it needs no server; settings still need their variables.
WITHOUT_STORES = {
    "--co",
    "--collect-only",
    "--fixtures",
    "--fixtures-per-test",
    "--markers",
    "--help",
    "-h",
    "--version",
    "-V",
}
NOWHERE = {
    "DATABASE_URL": "postgres://nobody@%2Fnonexistent/none",
    "REDIS_URL": "unix:///nonexistent/valkey.sock",
}
RUNTIME = "NEWSROOM_TEST_RUNTIME_URL"  # The runtime role's way in, whose role the tests assume.
OWN = "NEWSROOM_TEST_STATE"  # The run's own state folder.
BROKERS = "NEWSROOM_TEST_REDIS_URLS"  # Given ones for `pytest -n`, one for each of its children, by commas.

_leases: list[Lease] = []
_left_behind: list[Path] = []  # State folders; a keeper that was started in one removes it itself.


def runtime_role(environment: Mapping[str, str]) -> str:
    """The role that tests assume; empty if the owner's is the only one."""
    runtime, owner = (
        urlsplit(environment[RUNTIME]).username or "",
        urlsplit(environment["DATABASE_OWNER_URL"]).username,
    )
    return runtime if runtime != owner else ""


def prepare_environment(environment: MutableMapping[str, str], *, with_stores: bool) -> list[Lease]:
    """Point the environment at stores for tests, starting those it does not name. Returns the holds."""
    if environment.get(OWN):  # A child of a run that did this already (xdist): only the broker is its own.
        if environment.get(BROKERS):
            place = int(environment["PYTEST_XDIST_WORKER"].removeprefix("gw"))
            environment["REDIS_URL"] = environment[BROKERS].split(",")[place]
            return []
        state = State.open(Path(environment[OWN]) / f"worker-{secrets.token_hex(4)}")
        own_broker = hold(state, ["valkey"], durable=False, temporary=True)
        environment.update(own_broker.urls)
        return [own_broker]
    given = {name: environment[name] for name in ("DATABASE_URL", "REDIS_URL") if environment.get(name)}
    owner_given = environment.get("DATABASE_OWNER_URL")
    state = State.open(tempfile.mkdtemp(prefix="newsroom-tests-"))
    _left_behind.append(state.path)
    urls, leases = dict(NOWHERE), []
    if with_stores:
        needed = [
            store
            for store, name in (("postgresql", "DATABASE_URL"), ("valkey", "REDIS_URL"))
            if name not in given
        ]
        if needed:
            leases.append(hold(state, needed, durable=False, temporary=True))
            urls |= leases[0].urls
    if "DATABASE_URL" in given:
        urls["DATABASE_OWNER_URL"] = owner_given or given["DATABASE_URL"]
    urls |= given
    runtime, owner = urls["DATABASE_URL"], urls.get("DATABASE_OWNER_URL", urls["DATABASE_URL"])
    environment.update(urls)
    environment.update(make_secrets())
    environment.update(
        {
            "DATABASE_URL": owner,  # Makes the test database; the fixture then assumes the runtime role.
            "DATABASE_OWNER_URL": owner,
            RUNTIME: runtime,
            OWN: str(state.path),
            "NEWSROOM_STATE": str(state.path),
            "NEWSROOM_MODE": "test",
            "NEWSROOM_BROKER_PREFIX": f"test-{secrets.token_hex(4)}:",  # A given Redis has other tasks too.
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
    )
    return leases


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: Any, parser: Any, args: list[str]
) -> Generator[None, Any, Any]:
    """A wrapper, so that it runs before pytest-django's own hook imports the settings."""
    atexit.register(let_go)  # A run that fails this early is never unconfigured.
    try:
        _leases.extend(prepare_environment(os.environ, with_stores=not WITHOUT_STORES.intersection(args)))
    except Refused as error:
        raise pytest.UsageError(str(error)) from None
    return (yield)


def chromium() -> str | None:
    """The path of a chromium, if this machine has one."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long modules first: side by side, one that started last would be waited for.

    Skip browser tests where there is no browser, and say how to get one. CI has one and skips nothing.
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    if chromium() is None and not os.environ.get("CI"):
        skip = pytest.mark.skip(reason="no chromium here; on Debian: apt-get install -y chromium")
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(skip)


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixtures after pytest-django's: of two plugins' fixtures of one name the later wins."""
    from newsroom.embedded import pytest_fixtures

    config.pluginmanager.register(pytest_fixtures, "newsroom-store-fixtures")


def pytest_unconfigure() -> None:
    let_go()


def let_go() -> None:
    """Let go of the stores; their keeper stops them and removes the run's folder. Safe to run twice."""
    while _leases:
        _leases.pop().release()
    while _left_behind:
        shutil.rmtree(_left_behind.pop(), ignore_errors=True)
