#!/usr/bin/env python3
"""Newsroom from a fresh checkout: one command to run it, one to test it. Needs Python 3.11+ and pip only.

    python3 dev.py demo [--port N] [--ports-port N] [--state DIR] [--limits off|default|strict]
    python3 dev.py test [pytest arguments]    without arguments: lint, types, contracts and all tests
    python3 dev.py check                      lint, types and contracts only
    python3 dev.py manage [--state DIR] ...   manage.py on that state's stores, started if need be
    python3 dev.py break worker|broker|database|model|ports --for SECONDS [--state DIR]
    python3 dev.py try FILE                   judge another system's comments: one report, nothing stored
    python3 dev.py lock [--upgrade]           recompile requirements/*.txt after a change in pyproject.toml

Everything is kept in .venv/ and .state/; remove them to start over.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (an older Python must still be able to read this much)
    sys.exit("dev.py: Newsroom needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])  # noqa: UP031

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
STAMP = VENV / "newsroom.json"
REQUIREMENTS = ROOT / "requirements"
GROUPS = {"base": [], "demo": ["embedded"], "test": ["embedded", "test"]}
MARK = "# Compiled by `python3 dev.py lock`"


class Problem(Exception):
    """Something a person can put right, in one line."""


def main(arguments: list[str]) -> int:
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if command in {"demo", "manage", "break"}:
        ensure("demo")
        hand_over("newsroom.embedded", command, *rest)
    elif command == "try":
        ensure("base")
        hand_over("moderation.trial", *rest)
    elif command == "test":
        refuse_stale_locks()
        ensure("test")
        os.chdir(ROOT)
        if rest:
            hand_over("pytest", *rest)
        broken = run_module("newsroom.embedded.lint")
        return run_module("pytest", *side_by_side()) or broken
    elif command == "check":
        refuse_stale_locks()
        ensure("test")
        os.chdir(ROOT)
        hand_over("newsroom.embedded.lint", *rest)
    elif command == "lock":
        lock(rest)
    else:
        print(__doc__)
        return 0 if command in {"help", "-h", "--help"} else 2
    return 0


# --- the environment -------------------------------------------------------------------------


def ensure(group: str) -> None:
    """Have .venv hold exactly the pinned packages of a group, or of a larger one that it already holds.

    Safe to run at the same time: the second waits for the first.
    """
    with only_one():
        stamp = read_stamp()
        held = stamp.get("group")
        wanted = max(group, held if held in GROUPS else group, key=list(GROUPS).index)
        if is_fresh(stamp, wanted):
            return
        try:
            install(wanted)
        except PermissionError as error:
            raise Problem(
                f"{error.filename or VENV} belongs to another user: use a checkout of your own."
            ) from error


def is_fresh(stamp: dict, group: str) -> bool:
    return PYTHON.exists() and stamp == {"group": group, "digest": digest_of(group)}


def read_stamp() -> dict:
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def digest_of(group: str) -> str:
    files = (REQUIREMENTS / "uv.txt", REQUIREMENTS / f"{group}.txt")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def install(group: str) -> None:
    STAMP.unlink(missing_ok=True)
    if not works([PYTHON, "-c", ""]):
        say("making .venv")
        run([sys.executable, "-m", "venv", "--without-pip", "--clear", VENV], "could not make .venv")
    say(f"installing pinned packages ({group}); the first time takes a while")
    if not (install_uv() and install_with_uv(group)):
        say("uv could not install them here; using pip, which is slower")
        install_with_pip(group)
    fresh = STAMP.with_suffix(".new")
    fresh.write_text(json.dumps({"group": group, "digest": digest_of(group)}), encoding="utf-8")
    fresh.replace(STAMP)


def install_uv() -> bool:
    """Put the pinned uv into .venv. False where it has no wheel or does not run."""
    pinned = (REQUIREMENTS / "uv.txt").read_text(encoding="utf-8").split()[0].partition("==")[2]
    if f"uv {pinned}" not in output_of([UV, "--version"]):
        options = ["--only-binary", ":all:", "--require-hashes"]
        command = pip_command("install", *options, "-r", REQUIREMENTS / "uv.txt")
        subprocess.run(command, env=pip_environment(), capture_output=True, check=False)
    return works([UV, "--version"])


def install_with_uv(group: str) -> bool:
    files = [REQUIREMENTS / "uv.txt", REQUIREMENTS / f"{group}.txt"]  # uv.txt too, or it would remove itself.
    options = ["-q", "--python", PYTHON, "--compile-bytecode", "--require-hashes"]
    command = [UV, "pip", "sync", *options, *files]
    # A company's own certificate is known to the system alone; a bare system knows none, but uv brings some.
    attempts = ([*command, "--system-certs"], command)
    return any(subprocess.run(each, cwd=ROOT, check=False).returncode == 0 for each in attempts)


def install_with_pip(group: str) -> None:
    command = pip_command("install", "--require-hashes", "-r", REQUIREMENTS / f"{group}.txt")
    run(command, "could not install the packages", env=pip_environment())


def pip_command(*arguments: str | Path) -> list[str | Path]:
    """The machine's own pip, working on .venv, which has none."""
    words = output_of([sys.executable, "-m", "pip", "--version"]).split()
    if not words:
        raise Problem("pip is missing; on Debian or Ubuntu: apt-get install -y python3-pip")
    if tuple(int(part) for part in words[1].split(".")[:2]) < (22, 3):
        raise Problem(
            f"pip {words[1]} is too old (22.3 is needed): {sys.executable} -m pip install --upgrade pip"
        )
    quiet = ["-qq", "--disable-pip-version-check", "--root-user-action", "ignore"]
    return [sys.executable, "-m", "pip", "--python", PYTHON, *arguments, *quiet]


def pip_environment() -> dict[str, str]:
    """A person's own settings about where to install must not reach .venv."""
    misleading = {
        "PIP_USER",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_REQUIRE_VIRTUALENV",
        "PYTHONPATH",
        "PYTHONHOME",
    }
    return {name: value for name, value in os.environ.items() if name not in misleading} | {"PIP_USER": "0"}


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Let one dev.py at a time change .venv; this file itself is the lock, so none is left behind."""
    with Path(__file__).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another dev.py prepares .venv; waiting")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


# --- requirements ----------------------------------------------------------------------------


def declared() -> str:
    """A digest of what pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {
        key: project["project"].get(key)
        for key in ("requires-python", "dependencies", "optional-dependencies")
    }
    asked["dependency-groups"] = project.get("dependency-groups")
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def heading(pins: str) -> str:
    return f"{MARK} from {declared()}, pins {hashlib.sha256(pins.encode()).hexdigest()}\n"


def refuse_stale_locks() -> None:
    """Needs no network: the first line of a lock names what it was compiled from, and its own pins."""
    for group in GROUPS:
        first, _, pins = (REQUIREMENTS / f"{group}.txt").read_text(encoding="utf-8").partition("\n")
        if f"{first}\n" != heading(pins):
            raise Problem(f"requirements/{group}.txt does not match pyproject.toml. Run: python3 dev.py lock")


def lock(arguments: list[str]) -> None:
    """Recompile the locks. Pins stay where they still fit, unless --upgrade is given."""
    parser = argparse.ArgumentParser(prog="dev.py lock")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    upgrade = ["--upgrade"] if parser.parse_args(arguments).upgrade else []
    with only_one():
        if not works([PYTHON, "-c", ""]):
            run([sys.executable, "-m", "venv", "--without-pip", "--clear", VENV], "could not make .venv")
        if not install_uv():
            raise Problem("uv has no wheel for this machine: compile the locks on another one.")
        for group, extra in GROUPS.items():
            compile_lock(group, [word for name in extra for word in ("--group", name)] + upgrade)


def compile_lock(group: str, options: list[str]) -> None:
    """No header and no annotations, so that no lock holds an address."""
    target = REQUIREMENTS / f"{group}.txt"
    shape = [
        "--universal",
        "-p",
        "3.11",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
        "--no-emit-index-url",
    ]
    if group != "base":
        options = [*options, "-c", str(REQUIREMENTS / "base.txt")]
    run(
        [UV, "pip", "compile", "-q", "pyproject.toml", *shape, *options, "-o", target],
        "could not compile",
        cwd=ROOT,
    )
    pins = "".join(
        line for line in target.read_text(encoding="utf-8").splitlines(True) if not line.startswith("#")
    )
    if "//" in pins:
        raise Problem(f"{target.name} holds an address; it must not be committed.")
    target.write_text(heading(pins) + pins, encoding="utf-8")
    say(f"{target.name}: {pins.count('==')} pins")


# --- helpers ---------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    """The caller's, with this checkout importable from any folder."""
    others = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), others] if others else [str(ROOT)])}


def hand_over(module: str, *arguments: str) -> None:
    """Become that module; does not return."""
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), "-m", module, *arguments], environment())  # noqa: S606


def side_by_side() -> list[str]:
    """Tests often wait, so one more at a time than there are cores. A given Redis is not shared."""
    if os.environ.get("REDIS_URL"):
        return []
    return ["-n", str(min((os.cpu_count() or 1) + 1, 8)), "--dist", "loadscope", "--no-loadscope-reorder"]


def run_module(module: str, *arguments: str) -> int:
    return subprocess.run([PYTHON, "-m", module, *arguments], env=environment(), check=False).returncode


def run(command: list, problem: str, **options) -> None:
    if subprocess.run(command, check=False, **options).returncode != 0:
        raise Problem(f"{problem} (see above).")


def works(command: list) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def output_of(command: list) -> str:
    """What it prints, or nothing if it does not work."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def say(text: str) -> None:
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        sys.exit(f"dev.py: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
