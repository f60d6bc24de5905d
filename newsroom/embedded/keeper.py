"""The stores' keeper: one process per state that runs its stores for as long as somebody is connected to it.

Whoever needs the stores (the demo, a manage command, a test run) holds a connection. The kernel
closes it however that process ends, SIGKILL included; with the last one the keeper stops the stores
cleanly and ends. If the keeper itself is killed, the kernel signals the stores.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from newsroom.embedded.processes import write_pid_file
from newsroom.embedded.restarter import Restarter, open_log, sweep
from newsroom.embedded.state import Refused, State
from newsroom.embedded.stores import FAST_STOP, PostgreSQL, Store, Valkey

STARTS_IN_S = 60.0
FIRST_CLIENT_WITHIN_S = 10.0
STOP_ORDER = ("valkey", "postgresql")

_started: dict[Path, subprocess.Popen[bytes]] = {}  # By state: keepers that this process must wait for.


class Lease:
    """A hold on running stores; they run until it is closed (or this process ends).

    Attributes:
        urls: environment variables that lead to the stores.
    """

    def __init__(self, state: State, connection: socket.socket) -> None:
        self._state, self._connection = state, connection
        self._connection.setblocking(False)
        self._rest = b""
        self.urls: dict[str, str] = {}
        self.note = ""

    def fileno(self) -> int:
        return self._connection.fileno()

    def read_events(self) -> list[dict[str, Any]] | None:
        """What the keeper has said since, or None when it is gone. Call when readable."""
        try:
            data = self._connection.recv(65536)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [json.loads(line) for line in lines if line]

    def ask(self, **request: Any) -> None:
        self._connection.sendall(json.dumps(request).encode() + b"\n")

    def release(self, *, patience_s: float = 30.0) -> bool:
        """Let go, and wait until the stores have stopped. False if somebody else still uses them."""
        others = self._count_others()
        self._connection.close()
        if others:
            return False
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not self._state.run.exists():  # A temporary state goes with its keeper.
                _reap(self._state)
                return True
            try:
                with self._state.lock("keeper") as is_free:
                    if is_free:
                        _reap(self._state)
                        return True
            except FileNotFoundError:
                continue
            time.sleep(0.02)
        return False

    def _count_others(self) -> int:
        try:
            self.ask(count=True)
            answer = self.wait_for(("clients",), deadline=time.monotonic() + 5)
        except OSError:
            return 0
        return answer["clients"] - 1 if answer else 0

    def wait_for(self, keys: Sequence[str], *, deadline: float) -> dict[str, Any] | None:
        """The keeper's next message with one of these keys; None if it leaves or does not say so in time."""
        while (left := deadline - time.monotonic()) > 0:
            select.select([self], [], [], left)
            events = self.read_events()
            if events is None:
                return None
            for event in events:
                if any(key in event for key in keys):
                    return event
        return None

    def close(self) -> None:
        """Let go at once."""
        self._connection.close()


def hold(
    state: State,
    names: Sequence[str] = ("postgresql", "valkey"),
    *,
    durable: bool = True,
    temporary: bool = False,
) -> Lease:
    """Have these stores running, started if need be, and return the hold on them.

    Safe to run at the same time: one keeper starts, everybody uses it.

    Args:
        durable: False gives up crash safety for speed (tests).
        temporary: the keeper removes the whole state folder when it ends.

    Raises:
        Refused: a store does not start; says why.
    """
    deadline = time.monotonic() + STARTS_IN_S
    try:
        return _hold(state, names, deadline, durable=durable, temporary=temporary)
    except Refused:
        if state.path in _started:  # It has no other client, so it ends.
            with contextlib.suppress(subprocess.TimeoutExpired):
                _started[state.path].wait(timeout=10)
        raise


def _hold(state: State, names: Sequence[str], deadline: float, *, durable: bool, temporary: bool) -> Lease:
    while time.monotonic() < deadline:
        connection = _connect(state)
        lease = _agree(state, connection, names, deadline) if connection else None
        if lease is not None:
            return lease
        with state.lock("keeper") as is_free:
            nobody_keeps = is_free
        if nobody_keeps and (state.path not in _started or _started[state.path].poll() is not None):
            _start_keeper(state, durable=durable, temporary=temporary)
        time.sleep(0.02)
    raise Refused(f"the stores did not start in {STARTS_IN_S:.0f} s; see {state.log}.")


def _connect(state: State) -> socket.socket | None:
    sockets = state.sockets()
    if sockets is None:
        return None
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(sockets / "keeper.sock"))
    except OSError:
        connection.close()
        return None
    return connection


def _agree(state: State, connection: socket.socket, names: Sequence[str], deadline: float) -> Lease | None:
    """Say what is needed and wait for the answer; None if the keeper was just leaving."""
    lease = Lease(state, connection)
    try:
        lease.ask(need=list(names))
        answer = lease.wait_for(("urls", "error"), deadline=deadline)
    except OSError:
        answer = None
    if answer is None or "error" in answer:
        lease.close()
        if answer is not None:
            raise Refused(answer["error"])
        return None
    lease.urls, lease.note = answer["urls"], answer["note"]
    return lease


def _reap(state: State) -> None:
    """Wait for a keeper of ours that has just unlocked its state, so that it does not stay a zombie."""
    keeper = _started.pop(state.path, None)
    if keeper is not None:
        keeper.wait()


def _start_keeper(state: State, *, durable: bool, temporary: bool) -> None:
    _reap(state)
    command = [sys.executable, "-m", "newsroom.embedded.keeper", "--state", str(state.path)]
    command += [] if durable else ["--not-durable"]
    command += ["--temporary"] if temporary else []
    root = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"PYTHONPATH": root}
    with open_log(state.log / "keeper.log") as log:
        keeper = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
    _started[state.path] = keeper


class Keeper:
    def __init__(self, state: State, *, durable: bool) -> None:
        self.state = state
        self.sockets = state.make_sockets()
        self.stores: dict[str, Store] = {}
        self.durable = durable
        self.restarter = Restarter(run=state.run, output=self._log, tell=self._tell)
        self.selector = selectors.DefaultSelector()
        self.clients: dict[socket.socket, bytes] = {}
        self.thaw_at: dict[str, float] = {}
        self.note = ""

    def _log(self, name: str) -> Any:
        return open_log(self.state.log / f"{name}.log")

    def _tell(self, name: str, text: str) -> None:
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {name}: {text}", flush=True)
        self._broadcast({"part": name, "text": text})

    def _broadcast(self, message: Mapping[str, Any]) -> None:
        for client in self.clients:
            self._answer(client, message)

    def _answer(self, client: socket.socket, message: Mapping[str, Any]) -> None:
        try:
            client.send(json.dumps(message).encode() + b"\n")
        except OSError:
            pass  # It left, or does not read; its end shows as an empty read.

    def ensure(self, name: str) -> None:
        """Have the store running and answering."""
        if name in self.stores and self.restarter.is_up(name):
            return
        if name not in self.stores:
            store: Store
            if name == "postgresql":
                sweep(self.state.run, name, FAST_STOP)
                cluster = PostgreSQL(self.state, self.sockets, durable=self.durable)
                self.note = cluster.user.note
                store = cluster
            else:
                sweep(self.state.run, name)
                store = Valkey(self.state, self.sockets, durable=self.durable)
            store.prepare()
            self.restarter.start(store.part())
            self.stores[name] = store
        deadline = time.monotonic() + 30
        while not self.stores[name].is_ready():
            if time.monotonic() > deadline:
                raise Refused(f"{name} does not answer: {_last_line(self.state.log / f'{name}.log')}")
            self.restarter.tick()
            time.sleep(0.02)

    def serve(self) -> None:
        """Run until the last client has left."""
        path = self.sockets / "keeper.sock"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen(64)
            listener.setblocking(False)
            self.selector.register(listener, selectors.EVENT_READ)
            patience_until = time.monotonic() + FIRST_CLIENT_WITHIN_S
            try:
                while self.clients or time.monotonic() < patience_until:
                    for key, _ in self.selector.select(min(self.restarter.tick(), self._thaw_due(), 0.25)):
                        if key.fileobj is listener:
                            self._welcome(listener)
                        elif isinstance(key.fileobj, socket.socket) and key.fileobj in self.clients:
                            patience_until = 0.0
                            self._hear(key.fileobj)
            finally:
                path.unlink(missing_ok=True)
                for name in STOP_ORDER:
                    self.restarter.stop(name)

    def _thaw_due(self) -> float:
        now = time.monotonic()
        for name in [name for name, due in self.thaw_at.items() if due <= now]:
            del self.thaw_at[name]
            self.restarter.thaw(name)
            self._tell(name, "goes on")
        return min([due - now for due in self.thaw_at.values()], default=1.0)

    def _welcome(self, listener: socket.socket) -> None:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        client.setblocking(False)
        self.clients[client] = b""
        self.selector.register(client, selectors.EVENT_READ)

    def _hear(self, client: socket.socket) -> None:
        try:
            data = client.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._forget(client)
            return
        *lines, self.clients[client] = (self.clients[client] + data).split(b"\n")
        for line in lines:
            self._obey(client, json.loads(line))

    def _forget(self, client: socket.socket) -> None:
        self.selector.unregister(client)
        client.close()
        del self.clients[client]

    def _forget_the_gone(self) -> None:
        """A client whose end was not read yet must not count as one that still needs the stores."""
        for client in list(self.clients):
            try:
                is_gone = client.recv(1, socket.MSG_PEEK) == b""
            except BlockingIOError:
                is_gone = False
            except OSError:
                is_gone = True
            if is_gone:
                self._forget(client)

    def _obey(self, client: socket.socket, request: Mapping[str, Any]) -> None:
        try:
            for name in request.get("need", ()):
                self.ensure(name)
            if "count" in request:
                self._forget_the_gone()
                self._answer(client, {"clients": len(self.clients)})
                return
            if "freeze" in request:
                self.restarter.freeze(request["freeze"])
                self.thaw_at[request["freeze"]] = time.monotonic() + request["seconds"]
                self._tell(request["freeze"], f"frozen for {request['seconds']:g} s")
            if "kill" in request:
                self.restarter.kill_for(request["kill"], request["seconds"])
                self._tell(request["kill"], f"killed, starts again in {request['seconds']:g} s")
        except (Refused, OSError, KeyError) as error:
            self._answer(client, {"error": str(error)})
        else:
            urls = {key: value for store in self.stores.values() for key, value in store.urls().items()}
            self._answer(client, {"urls": urls, "note": self.note})


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else f"see {path}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", required=True)
    parser.add_argument("--not-durable", action="store_true")
    parser.add_argument("--temporary", action="store_true")
    options = parser.parse_args()
    state = State.open(options.state)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with state.lock("keeper") as is_mine:
        if not is_mine:
            return
        write_pid_file(state.pid_file("keeper"), os.getpid())
        keeper = Keeper(state, durable=not options.not_durable)
        try:
            keeper.serve()
        finally:
            if options.temporary:
                shutil.rmtree(state.path, ignore_errors=True)
            state.pid_file("keeper").unlink(missing_ok=True)
            shutil.rmtree(keeper.sockets, ignore_errors=True)


if __name__ == "__main__":
    main()
