"""What breaks: workers killed while they hold a comment; a broker that refuses, freezes or never answers."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import psycopg

from newsroom.embedded.processes import signal_all
from newsroom.embedded.state import State
from newsroom.proof.stack import pids_of

AIMS_FOR_S = 3.0
# A lease taken less than two seconds ago is that of a running process, not of one killed earlier.
IN_FLIGHT = """
SELECT count(*) FROM comments_comment
WHERE status = 'pending' AND lease_until > clock_timestamp() + make_interval(secs => %s)
"""


@dataclass(frozen=True, slots=True)
class Kill:
    at: float
    kind: str
    processes: int
    in_flight: int


class Killer(threading.Thread):
    """SIGKILLs the worker at random times: the whole of it, or all of its pool's processes.

    It stops the victims first, looks whether they hold a comment, and lets them go on if not (for at most
    three seconds), so that a kill hits work in flight instead of an idle process.
    """

    def __init__(
        self, state: State, database_url: str, *, kills: int, within_s: float, seed: int, lease_s: int
    ) -> None:
        super().__init__(name="killer", daemon=True)
        dice = random.Random(seed)  # noqa: S311  (test data)
        self._state, self._database_url, self._lease_s = state, database_url, lease_s
        times = sorted(dice.uniform(0.05, 0.95) * within_s for _ in range(kills))
        kinds = [dice.choice(("pool", "worker")) for _ in times]
        kinds[:1] = ["pool"][: len(kinds)]  # Its message is then acknowledged: nobody sends it again.
        self._plan = list(zip(times, kinds, strict=True))
        self.kills: list[Kill] = []

    def run(self) -> None:
        started = time.monotonic()
        with psycopg.connect(self._database_url, autocommit=True) as database:
            for at, kind in self._plan:
                time.sleep(max(0.0, started + at - time.monotonic()))
                self._kill(database, kind)

    def _kill(self, database: psycopg.Connection, kind: str) -> None:
        deadline = time.monotonic() + AIMS_FOR_S
        while True:
            pids = pids_of(self._state, "worker")
            victims = pids if kind == "worker" else pids[1:]
            signal_all(victims, signal.SIGSTOP)
            time.sleep(0.01)  # What they have sent to the database is committed by now.
            row = database.execute(IN_FLIGHT, [self._lease_s - 2]).fetchone()
            in_flight = row[0] if row and victims else 0
            if in_flight or time.monotonic() > deadline:
                signal_all(victims, signal.SIGKILL)
                self.kills.append(Kill(time.time(), kind, len(victims), in_flight))
                return
            signal_all(victims, signal.SIGCONT)
            time.sleep(0.015)


class Proxy:
    """Stands between the product and its broker, on a unix socket, in a thread of its own.

    ``mode``: ``pass`` (forward), ``refuse`` (nobody listens), ``blackhole`` (accept, never answer).
    """

    def __init__(self, path: Path, target: Path) -> None:
        self.path, self._target = path, target
        self._mode = "pass"
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._call(self._listen())

    def set(self, mode: str) -> None:
        self._call(self._change(mode))

    def close(self) -> None:
        self._call(self._change("refuse"))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coroutine: object) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)  # type: ignore[arg-type]

    async def _listen(self) -> None:
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def _change(self, mode: str) -> None:
        was, self._mode = self._mode, mode
        if mode == "refuse":
            if self._server is not None:
                self._server.close()
                self._server = None
            self.path.unlink(missing_ok=True)
            for writer in list(self._writers):
                writer.transport.abort()
        elif self._server is None:
            await self._listen()
        if mode == "pass" and was != "pass":  # What was swallowed is lost; both sides start afresh.
            for writer in list(self._writers):
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            there_reader, there_writer = await asyncio.open_unix_connection(self._target)
        except OSError:
            writer.transport.abort()
            self._writers.discard(writer)
            return
        self._writers.add(there_writer)
        pumps = [self._pump(reader, there_writer), self._pump(there_reader, writer)]
        await asyncio.gather(*pumps, return_exceptions=True)
        self._writers -= {writer, there_writer}

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                if self._mode == "pass":
                    sink.write(data)
                    await sink.drain()
        finally:
            sink.transport.abort()


class Broker:
    """The broker of a stack, breakable: a proxy before it, and a hold on its server.

    Give ``through`` to the stack; use it inside a context.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "broker.sock"
        self._proxy: Proxy | None = None
        self._frozen: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.mend()
        if self._proxy is not None:
            self._proxy.close()

    def through(self, url: str) -> str:
        """Start the proxy before the broker with this address and return the proxy's."""
        self._proxy = Proxy(self._path, Path(urlsplit(url).path))
        return f"unix://{self._path}"

    def break_it(self, fault: str, state: State) -> None:
        """``refused``: nobody listens; ``frozen``: the server is stopped; ``swallows``: it never answers."""
        if fault == "frozen":
            self._frozen = pids_of(state, "valkey")
            signal_all(self._frozen, signal.SIGSTOP)
        elif self._proxy is not None:
            self._proxy.set("refuse" if fault == "refused" else "blackhole")

    def mend(self) -> None:
        signal_all(self._frozen, signal.SIGCONT)
        self._frozen = []
        if self._proxy is not None:
            self._proxy.set("pass")
