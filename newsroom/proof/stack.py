"""The product in a state folder of its own: real stores with fsync, web, worker, reconciler, limits off."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from newsroom.embedded import parts
from newsroom.embedded.keeper import Lease, hold
from newsroom.embedded.processes import dies_with_parent, read_pid_file, session_members
from newsroom.embedded.secrets import make_secrets
from newsroom.embedded.state import Refused, State
from newsroom.proof.http import FAILURES, Client

HOST = "127.0.0.1"
READY_IN_S = 90.0
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "TZ", "OPENBLAS_CORETYPE")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class Stack:
    """A context: inside it the stack runs and is ready. Afterwards nothing of it is left.

    Args:
        settings: environment variables on top of production's, for the running parts.
        broker: takes the broker's address and returns what the product is told instead (a proxy's).
        needed: what ``/readyz`` must say.
        durable: False gives up fsync (tests only: what is proved then is the logic, not the disk).
    """

    def __init__(
        self,
        *,
        settings: Mapping[str, str] | None = None,
        folder: Path | None = None,
        port: int | None = None,
        durable: bool = True,
        needed: str = "ok",
        broker: Callable[[str], str] = str,
    ) -> None:
        self._is_temporary = folder is None
        self.state = State.open(folder or tempfile.mkdtemp(prefix="newsroom-proof-"))
        self._settings, self._durable, self._needed = dict(settings or {}), durable, needed
        self._broker = broker
        self.address = f"http://{HOST}:{port or free_port()}"
        self.stores: Lease
        self.env: dict[str, str] = {}
        self._runner: subprocess.Popen[bytes] | None = None

    @property
    def database_url(self) -> str:
        return self.env["DATABASE_URL"]

    @property
    def owner_url(self) -> str:
        return self.env["DATABASE_OWNER_URL"]

    def __enter__(self) -> Self:
        self.stores = hold(self.state, durable=self._durable)
        try:
            self.env = self._environment()
            self.run("newsroom.proof.prepare")
            self.env |= self._settings | {"REDIS_URL": self._broker(self.env["REDIS_URL"])}
            self._start()
            self.wait_until_ready(needed=self._needed)
        except BaseException:
            self._is_temporary = False  # Its logs say why.
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _environment(self) -> dict[str, str]:
        static = self.state.path / "static"
        static.mkdir(exist_ok=True)
        return {
            **{name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
            **make_secrets(),
            **self.stores.urls,
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
            "NEWSROOM_MODE": "production",
            "NEWSROOM_STATE": str(self.state.path),
            "NEWSROOM_BASE_URL": self.address,
            "NEWSROOM_ALLOWED_HOSTS": HOST,
            "NEWSROOM_SSL_REDIRECT": "off",
            "NEWSROOM_TRUSTED_PROXIES": "127.0.0.0/8",  # So that the load can come from many networks.
            "NEWSROOM_LIMITS": "off",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(parts.ROOT),
            "PYTHONUNBUFFERED": "1",
        }

    def run(self, *module_and_arguments: str) -> str:
        """Run a module with the stack's settings and return what it printed.

        Raises:
            Refused: it failed; says its last line.
        """
        done = subprocess.run(
            [sys.executable, "-m", *module_and_arguments],
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Refused(f"{module_and_arguments[0]} failed: {done.stdout.strip()[-2000:]}")
        return done.stdout

    def _start(self) -> None:
        port = self.address.rpartition(":")[2]
        self._runner = subprocess.Popen(
            [sys.executable, "-m", "newsroom.proof.runner", str(self.state.path), HOST, port],
            env=self.env,
            stdin=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 (one thread only)
        )

    def wait_until_ready(self, *, patience_s: float = READY_IN_S, needed: str = "ok") -> None:
        """Return once ``/readyz`` says so.

        Raises:
            Refused: it does not in time; says what is missing.
        """
        deadline, missing = time.monotonic() + patience_s, "no answer"
        while time.monotonic() < deadline:
            status, sick = self.sick_parts()
            if status == needed:
                return
            missing = ", ".join(sick) or status
            time.sleep(0.2)
        raise Refused(f"the stack is not ready after {patience_s:.0f} s ({missing}); see {self.state.log}.")

    def sick_parts(self) -> tuple[str, dict[str, str]]:
        """What ``/readyz`` says: the status, and the sick parts with their details."""
        try:
            with Client(self.address, timeout_s=5.0) as client:
                document = client.get("/readyz").document
        except FAILURES:
            return "no answer", {}
        parts_ = document["parts"].items()
        return document["status"], {name: part["detail"] for name, part in parts_ if not part["ok"]}

    def pids(self, part: str) -> list[int]:
        """The processes of a part, the first one (which the others die with) first."""
        return pids_of(self.state, part)

    def _stop(self) -> None:
        if self._runner is not None and self._runner.stdin is not None:
            self._runner.stdin.close()
            try:
                self._runner.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self._runner.kill()
                self._runner.wait()
        self.stores.release()
        if self._is_temporary:
            shutil.rmtree(self.state.path, ignore_errors=True)


def pids_of(state: State, part: str) -> list[int]:
    """The processes of one part of a running stack or demo, its first one first; empty while it is away."""
    first = read_pid_file(state.pid_file(part))
    if first is None:
        return []
    return [first, *(pid for pid in session_members(first) if pid != first)]
