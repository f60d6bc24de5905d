"""PostgreSQL and Valkey as parts: how their data is made, how they start, when they answer, how they stop."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from newsroom.embedded import binaries
from newsroom.embedded.processes import end, is_running
from newsroom.embedded.restarter import Part
from newsroom.embedded.state import Refused, State

OWNER, RUNTIME, DATABASE = "newsroom_owner", "newsroom_app", "newsroom"
PORT = 5432  # Only part of the socket's file name: nothing listens on the network.

# One statement a line: PostgreSQL's single-user mode reads it that way.
BOOTSTRAP = f"""\
CREATE ROLE {OWNER} LOGIN CREATEDB
CREATE ROLE {RUNTIME} LOGIN
GRANT {RUNTIME} TO {OWNER}
CREATE DATABASE {DATABASE} OWNER {OWNER}
"""

# Sized for a laptop that runs much else; a server of its own wants more of everything.
TUNING = {
    "shared_buffers": "64MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_connections": "100",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "huge_pages": "off",
    "jit": "off",  # Costs more than it saves on queries of a few rows.
    "max_worker_processes": "2",
    "max_parallel_workers": "0",
    "max_logical_replication_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}
TUNING_18 = {"io_method": "sync"}  # Three helper processes less.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}

FAST_STOP = (
    (signal.SIGINT, 10.0),
    (signal.SIGQUIT, 5.0),
    (signal.SIGKILL, 5.0),
)  # SIGTERM would wait for clients.
LIBRARIES = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "TZ")


class Store(Protocol):
    name: str

    def prepare(self) -> None:
        """Make the data if there is none, and clear away what a killed server left."""
        ...

    def part(self) -> Part:
        """The command that serves it."""
        ...

    def is_ready(self) -> bool:
        """Whether it answers."""
        ...

    def urls(self) -> dict[str, str]:
        """Environment variables that lead to it."""
        ...


@dataclass(slots=True)
class PostgreSQL:
    """A cluster in the state folder, reached through a socket that only this user can open.

    Roles: ``newsroom_owner`` owns the database and may make others, ``newsroom_app`` is the runtime
    role. Both are trusted without a password, since the socket's folder has mode 0700.
    """

    state: State
    sockets: Path
    durable: bool = True
    namespaces: bool = True
    name: str = "postgresql"
    user: _User = field(init=False)

    def __post_init__(self) -> None:
        self.user = server_user(self.state, binaries.postgresql_folder(), namespaces=self.namespaces)

    @property
    def data(self) -> Path:
        return self.user.home / "postgresql"

    @property
    def socket_folder(self) -> Path:
        return self.user.sockets or self.sockets

    def prepare(self) -> None:
        major = binaries.postgresql_major(self.user.programs)
        if (self.data / "PG_VERSION").exists():
            found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
            if found != str(major):
                raise Refused(
                    f"{self.data} was made by PostgreSQL {found}, here is {major}; use another --state."
                )
            return
        unfinished = self.data.with_name("postgresql.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            self._initialise(unfinished)
            unfinished.rename(self.data)  # A folder of that name is always a whole cluster.
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _initialise(self, folder: Path) -> None:
        sync = [] if self.durable else ["--no-sync"]
        self._run(
            "initdb",
            "-D",
            str(folder),
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--auth=trust",
            *sync,
        )
        calm = (
            []
            if self.durable
            else [word for key, value in NOT_DURABLE.items() for word in ("-c", f"{key}={value}")]
        )
        answer = self._run("postgres", "--single", "-D", str(folder), *calm, "postgres", text=BOOTSTRAP)
        if "ERROR" in answer or "FATAL" in answer:
            raise Refused(f"PostgreSQL refused its first statements: {answer.strip().splitlines()[-1]}")

    def _run(self, program: str, *arguments: str, text: str | None = None) -> str:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [*self.user.prefix, str(self.user.programs / program), *arguments],
            input=text,
            stdin=None if text is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=_plain_environment(),
            **self.user.options,
        )
        if done.returncode != 0:
            last = (done.stdout.strip().splitlines() or ["no message"])[-1]
            raise Refused(f"PostgreSQL's {program} failed: {last}")
        return done.stdout

    def _clear_leftover(self) -> None:
        """Stop a server that outlived its keeper on this data; drop a pid file that names a stranger."""
        note = self.data / "postmaster.pid"
        try:
            pid = int(note.read_text(encoding="utf-8").split()[0])
        except (OSError, ValueError, IndexError):
            return
        if is_running(pid) and _is_server_on(pid, self.data):
            end(pid, FAST_STOP)
        else:
            note.unlink(missing_ok=True)

    def part(self) -> Part:
        options = TUNING | (TUNING_18 if binaries.postgresql_major(self.user.programs) >= 18 else {})
        options |= {} if self.durable else NOT_DURABLE
        options |= {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "port": str(PORT),
        }
        settings = [argument for key, value in options.items() for argument in ("-c", f"{key}={value}")]
        return Part(
            name=self.name,
            argv=[*self.user.prefix, str(self.user.programs / "postgres"), "-D", str(self.data), *settings],
            env=_plain_environment(),
            death_signal=signal.SIGINT,
            stop_steps=FAST_STOP,
            options=self.user.options,
            before=self._clear_leftover,
        )

    def is_ready(self) -> bool:
        """The server says so itself in the eighth line of its pid file."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready" and is_running(int(lines[0]))

    def urls(self) -> dict[str, str]:
        host = quote(str(self.socket_folder), safe="")
        return {
            "DATABASE_URL": f"postgres://{RUNTIME}@{host}/{DATABASE}",
            "DATABASE_OWNER_URL": f"postgres://{OWNER}@{host}/{DATABASE}",
        }


@dataclass(slots=True)
class Valkey:
    """The broker. Queued tasks survive a restart; nothing is ever evicted, a task least of all."""

    state: State
    sockets: Path
    durable: bool = True
    name: str = "valkey"

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def data(self) -> Path:
        return self.state.path / "valkey"

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.socket.unlink(missing_ok=True)

    def part(self) -> Part:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "warning",
        }
        arguments = [argument for key, value in options.items() for argument in (f"--{key}", value)]
        return Part(
            name=self.name,
            argv=[binaries.valkey_server(), *arguments],
            env=_plain_environment(),
            death_signal=signal.SIGTERM,
        )

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(0.5)
            try:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def urls(self) -> dict[str, str]:
        return {"REDIS_URL": f"unix://{self.socket}"}


@dataclass(frozen=True, slots=True)
class _User:
    """As whom PostgreSQL runs (it refuses to be root), and where its files lie so that he reaches them."""

    home: Path
    programs: Path
    prefix: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    sockets: Path | None = None
    note: str = ""


def server_user(state: State, programs: Path, *, namespaces: bool = True) -> _User:
    """How to start PostgreSQL from here.

    An ordinary user starts it as it is. Root puts it in a user namespace, where root's files belong to
    an ordinary user; nothing is copied and no account is made. Where the kernel refuses namespaces it
    drops to ``nobody``, with data (and programs, if need be) where nobody may read.
    """
    if os.geteuid() != 0:
        return _User(home=state.path, programs=programs)
    prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
    if namespaces and _succeeds([*prefix, "true"]):
        return _User(home=state.path, programs=programs, prefix=prefix)
    return _as_nobody(state, programs)


def _as_nobody(state: State, programs: Path) -> _User:
    account = pwd.getpwnam("nobody")
    options = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/"}
    home = _home_of_nobody(state, account)
    if not _succeeds(["test", "-x", str(programs / "postgres")], **options):
        copy = home / "programs"
        if not copy.exists():
            shutil.copytree(programs.parent, home / "programs.new", symlinks=True)
            (home / "programs.new").rename(copy)
        programs = copy / programs.name
    note = f"user namespaces are refused here, so PostgreSQL runs as nobody and its data is in {home}"
    return _User(home, programs, (), options, home / "sockets", note)


def _home_of_nobody(state: State, account: pwd.struct_passwd) -> Path:
    """A folder of nobody's, named in the state, which is closed to nobody. It outlives a restart."""
    reference = state.path / "nobody-home"
    if reference.exists():
        home = Path(reference.read_text(encoding="utf-8").strip())
        if not home.is_dir() or home.lstat().st_uid != account.pw_uid:
            raise Refused(f"PostgreSQL's data was in {home}, which is gone; use another --state.")
        return home
    home = Path(tempfile.mkdtemp(prefix="newsroom-", dir="/var/tmp"))
    (home / "sockets").mkdir(mode=0o700)
    for folder in (home, home / "sockets"):
        os.chown(folder, account.pw_uid, account.pw_gid)
    reference.write_text(f"{home}\n", encoding="utf-8")
    return home


def _succeeds(command: Sequence[str], **options: Any) -> bool:
    null = subprocess.DEVNULL
    try:
        done: subprocess.CompletedProcess[bytes] = subprocess.run(
            command, stdin=null, stdout=null, stderr=null, check=False, **options
        )
    except OSError:
        return False
    return done.returncode == 0


def _is_server_on(pid: int, data: Path) -> bool:
    """Whether that process is a PostgreSQL server on this data."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[0].endswith(b"postgres") and os.fsencode(data) in words


def _plain_environment() -> dict[str, str]:
    """Nothing of the caller's PG* variables reaches the servers."""
    return {key: value for key, value in os.environ.items() if key in LIBRARIES}
