"""The state folder of one demo or test run: what lies where, and who may read it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LONGEST_SOCKET_FOLDER = 80  # bytes; a socket path has 107, PostgreSQL's file name takes 14 of them.


class Refused(Exception):
    """Something a person can put right; shown as one line, without a traceback."""


@dataclass(frozen=True, slots=True)
class State:
    """A folder with mode 0700: ``run/`` (pid files), ``log/``, the stores' data, the secrets."""

    path: Path

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> State:
        """The state in that folder, made if need be.

        Raises:
            Refused: the folder holds somebody else's files, or belongs to another user.
        """
        folder = Path(path).absolute()
        state = cls(folder)
        if folder.is_dir():
            if folder.stat().st_uid != os.geteuid():
                raise Refused(f"{folder} belongs to another user; choose another folder with --state.")
            if not state.run.is_dir() and any(folder.iterdir()):
                raise Refused(f"{folder} holds other files; choose an empty folder with --state.")
        elif folder.exists():
            raise Refused(f"{folder} is not a folder; choose another with --state.")
        try:
            for part in (folder, state.run, state.log):
                part.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        except OSError as error:
            raise Refused(f"cannot use {folder} as state folder: {error.strerror}.") from error
        return state

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def secrets_file(self) -> Path:
        return self.path / "secrets.env"

    @property
    def logins_file(self) -> Path:
        return self.path / "demo-logins.json"

    @property
    def port_key_file(self) -> Path:
        return self.path / "demo-port-key"

    def pid_file(self, part: str) -> Path:
        return self.run / f"{part}.pid"

    @property
    def _sockets_note(self) -> Path:
        return self.run / "sockets"

    def sockets(self) -> Path | None:
        """The folder of the running stores' sockets, or None. Never one that another user could have made."""
        try:
            folder = Path(self._sockets_note.read_text(encoding="utf-8").strip())
        except OSError:
            return None
        return folder if is_private(folder) else None

    def make_sockets(self) -> Path:
        """A folder with a short path for sockets, readable by this user only, and noted in the state.

        The caller holds the keeper's lock. A socket's path is limited to 107 bytes, so it lies elsewhere.
        """
        digest = hashlib.sha256(str(self.path).encode()).hexdigest()[:12]
        for base in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108 (a private folder below)
            folder = Path(base, f"newsroom-{os.geteuid()}-{digest}")
            if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER or not os.access(base, os.W_OK | os.X_OK):
                continue
            try:
                folder.mkdir(mode=0o700, exist_ok=True)
                if not is_private(
                    folder
                ):  # Another user was there first: take a name that cannot be guessed.
                    folder = Path(tempfile.mkdtemp(prefix=f"newsroom-{os.geteuid()}-", dir=base))
            except OSError:
                continue
            self._sockets_note.write_text(f"{folder}\n", encoding="utf-8")
            return folder
        raise Refused("found no temporary folder with a short path for sockets; set TMPDIR to one.")

    @contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        """Hold ``run/<name>.lock`` if nobody else does; says whether it is. The kernel frees it at death."""
        handle = os.open(self.run / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(handle)


def is_private(folder: Path) -> bool:
    """Whether this is a real folder of ours that nobody else can enter."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == 0o700
    )
