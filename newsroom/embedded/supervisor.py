"""The demo's supervisor: prepares the database, runs the parts, says when all is ready, stops in order."""

from __future__ import annotations

import http.client
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Any

from newsroom.embedded import parts, stamp
from newsroom.embedded.environment import STORES, demo_environment, hold_stores
from newsroom.embedded.keeper import Lease
from newsroom.embedded.output import Output
from newsroom.embedded.processes import dies_with_parent, session_members, signal_all, write_pid_file
from newsroom.embedded.restarter import Restarter, sweep
from newsroom.embedded.state import Refused, State
from newsroom.embedded.welcome import welcome

PATIENCE_S = 20.0  # After so long it says what it still waits for.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
KILLED = ("worker", "ports")  # What ``dev.py break`` kills, and starts again later.
STORE_OF = {"broker": "valkey", "database": "postgresql"}


class Stopped(Exception):
    """Somebody asked the demo to stop."""


class Supervisor:
    def __init__(self, state: State, *, host: str, port: int, ports_port: int, limits: str) -> None:
        self.state, self.host, self.limits = state, host, limits
        self.port, self.ports_port = port, ports_port
        self.output = Output()
        self.selector = selectors.DefaultSelector()
        self.restarter = Restarter(
            run=state.run, output=lambda name: subprocess.PIPE, attach=self._attach, tell=self.output.tell
        )
        self.lease: Lease | None = None
        self.stop_requests = 0

    def run(self) -> int:
        """Run until asked to stop. Returns the exit code."""
        started = time.monotonic()
        self._listen_to_signals()
        write_pid_file(self.state.pid_file("supervisor"), os.getpid())
        for name in parts.STOP_ORDER:
            if sweep(self.state.run, name):
                self.output.tell(name, "was left by a demo that was killed; stopped")
        try:
            self._hold_stores()
            env = self._environment()
            self._prepare(env)
            self._start_parts(env)
            self._wait_until_ready()
            # Its jobs may wait, so it does not compete with what a reader waits for.
            self.restarter.start(parts.beat(env, schedule=self.state.run / "beat-schedule"))
            took_s = time.monotonic() - started
            self.output.say(welcome(self.state, self._address, self._ports_address, took_s))
            while True:
                self._step()
        except Stopped:
            return 0
        finally:
            self._stop_all()

    # --- start -------------------------------------------------------------------------------

    @property
    def _address(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def _ports_address(self) -> str:
        return f"http://{self.host}:{self.ports_port}"

    def _environment(self) -> dict[str, str]:
        return demo_environment(
            self.state,
            self.lease.urls if self.lease else {},
            NEWSROOM_LIMITS=self.limits,
            NEWSROOM_BASE_URL=self._address,
            NEWSROOM_PORTS_URL=self._ports_address,
        )

    def _hold_stores(self) -> None:
        self.lease = hold_stores(self.state)
        if self.lease is not None:
            self.selector.register(self.lease, selectors.EVENT_READ, self._hear_keeper)
            if self.lease.note:
                self.output.tell("stores", self.lease.note)

    def _prepare(self, env: dict[str, str]) -> None:
        """Migrate and seed, unless this state has had just that already."""
        done = stamp.of(env["DATABASE_URL"])
        if stamp.is_done(self.state, done):
            return
        self.output.tell("demo", "prepares the database; this happens once")
        process = subprocess.Popen(
            [sys.executable, "-m", "newsroom.embedded.attached", "newsroom.embedded.prepare"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGKILL),  # noqa: PLW1509 (one thread only)
        )
        if process.stdout is not None:
            self._attach("demo", process.stdout)
        try:
            while process.poll() is None:
                self._step(0.05)
        finally:
            signal_all(session_members(process.pid), signal.SIGKILL)
            process.wait()
        if process.returncode != 0:
            self._step(0.1)
            raise Refused("the database could not be prepared; the lines above say why.")
        stamp.note_done(self.state, done)

    def _start_parts(self, env: dict[str, str]) -> None:
        metrics = self.state.run / "metrics"
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir(mode=0o700)  # Where the web processes add up their counters.
        self.restarter.start(parts.worker(env, node=f"demo-{os.getpid()}"))
        web_env = env | {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}
        self.restarter.start(parts.web(web_env, host=self.host, port=self.port))
        self.restarter.start(parts.reconciler(env))
        self.restarter.start(parts.ports(env, host=self.host, port=self.ports_port))

    def _wait_until_ready(self) -> None:
        """Return once ``/readyz`` says ok and the first page was served."""
        impatient_at = time.monotonic() + PATIENCE_S
        seen_since = datetime.now(UTC)
        while True:
            self._step(0.1)
            waits_for = self._what_is_missing(seen_since)
            if not waits_for:
                return
            if time.monotonic() > impatient_at:
                self.output.tell("demo", f"waits for {waits_for}")
                seen_since = datetime.min.replace(tzinfo=UTC)  # The clock of a given database may be behind.
                impatient_at = time.monotonic() + PATIENCE_S

    def _what_is_missing(self, seen_since: datetime) -> str:
        """Empty when all is well, else the sick parts, in words.

        Args:
            seen_since: a part last seen before counts as missing: that was the demo before this one.
        """
        status, body = self._get("/readyz")
        try:
            report: dict[str, Any] = json.loads(body) if body else {}
        except ValueError:
            report = {}
        if report.get("status") != "ok":
            sick = [name for name, part in report.get("parts", {}).items() if not part.get("ok")]
            return ", ".join(sick) or (
                "the first answer" if status == 0 else f"/readyz, which answers {status}"
            )
        if stale := [name for name, part in report["parts"].items() if _is_before(part["since"], seen_since)]:
            return ", ".join(stale)
        status, _ = self._get("/")
        if status != 200:
            return f"the first page, which answers {status}"
        return "" if self._get("/livez", self.ports_port)[0] == 200 else "the ports' process"

    def _get(self, path: str, port: int | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.host, port or self.port, timeout=5)
        try:
            connection.request("GET", path, headers={"Connection": "close", "User-Agent": "newsroom-demo"})
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    # --- run ---------------------------------------------------------------------------------

    def _step(self, at_most_s: float = 1.0) -> None:
        """Wait for something to happen and handle it.

        Raises:
            Stopped: a signal asked for it.
        """
        self._pump(min(at_most_s, self.restarter.tick()))
        if self.stop_requests:
            raise Stopped

    def _pump(self, seconds: float) -> None:
        for key, _ in self.selector.select(seconds):
            handler: Callable[[], None] = key.data
            handler()

    def _attach(self, name: str, stream: IO[bytes]) -> None:
        os.set_blocking(stream.fileno(), False)
        self.selector.register(stream, selectors.EVENT_READ, lambda: self._read_part(name, stream))

    def _read_part(self, name: str, stream: IO[bytes]) -> None:
        try:
            data = os.read(stream.fileno(), 65536)
        except BlockingIOError:
            return
        if data:
            self.output.write(name, data)
        else:
            self.selector.unregister(stream)
            stream.close()

    def _hear_keeper(self) -> None:
        if self.lease is None:
            return
        events = self.lease.read_events()
        for event in events or ():
            if "error" in event:
                self.output.tell("stores", event["error"])
            elif "part" in event:
                self.output.tell(event["part"], event["text"])
        if events is None:  # It was killed; the stores went with it.
            self.output.tell("stores", "their keeper is gone; starting them again")
            self.selector.unregister(self.lease)
            self.lease.close()
            self._hold_stores()

    # --- signals -----------------------------------------------------------------------------

    def _listen_to_signals(self) -> None:
        """Signals arrive as bytes on a pipe, to be handled between two steps and never inside one."""
        read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        for signum in (*STOP_SIGNALS, signal.SIGUSR1, signal.SIGCHLD):
            if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN:  # nohup stays nohup.
                signal.signal(signum, lambda *_: None)
        self.selector.register(read_end, selectors.EVENT_READ, lambda: self._read_signals(read_end))

    def _read_signals(self, read_end: int) -> None:
        for signum in os.read(read_end, 512):
            if signum in STOP_SIGNALS:
                self.stop_requests += 1
                if self.stop_requests == 1:
                    self.output.tell("demo", "stops; once more forces it")
            elif signum == signal.SIGUSR1:
                self._break_a_part()

    def _break_a_part(self) -> None:
        """Do what ``dev.py break`` asks for in its file."""
        request_file = self.state.run / "break.json"
        try:
            request = json.loads(request_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        part, seconds = request["part"], float(request["seconds"])
        if part in KILLED and part in self.restarter:
            self.restarter.kill_for(part, seconds)
            self.output.tell(part, f"killed, starts again in {seconds:g} s")
        elif part in STORE_OF and self.lease is not None and STORES[STORE_OF[part]] in self.lease.urls:
            # A frozen broker is worse than a dead one: connections hang instead of failing.
            how = "freeze" if part == "broker" else "kill"
            self.lease.ask(**{how: STORE_OF[part], "seconds": seconds})
        else:
            refusal = {"refused": f"this demo does not run the {part} itself"}
            request_file.write_text(json.dumps(refusal), encoding="utf-8")
            return
        request_file.unlink()

    # --- stop --------------------------------------------------------------------------------

    def _stop_all(self) -> None:
        """Everything, stores last. A second request kills what does not stop at once."""
        for name in parts.STOP_ORDER:
            self.restarter.stop(name, force=lambda: self.stop_requests > 1, pump=self._pump)
        if self.lease is not None:
            self.selector.unregister(self.lease)
            if not self.lease.release():
                self.output.tell("stores", "go on, since another command uses them")
        self.state.pid_file("supervisor").unlink(missing_ok=True)
        self.output.tell("demo", "stopped")


def _is_before(seen_at: str | None, moment: datetime) -> bool:
    return seen_at is not None and datetime.fromisoformat(seen_at) < moment
