"""``dev.py manage [--state DIR] …``: manage.py on a state's stores, which run as long as it does."""

from __future__ import annotations

import subprocess
import sys

from newsroom.embedded.environment import demo_environment, hold_stores
from newsroom.embedded.state import State


def state_option(arguments: list[str]) -> tuple[str, list[str]]:
    """Split a leading ``--state DIR`` from what belongs to manage.py."""
    if arguments[:1] == ["--state"] and len(arguments) > 1:
        return arguments[1], arguments[2:]
    if arguments and arguments[0].startswith("--state="):
        return arguments[0].partition("=")[2], arguments[1:]
    return default_state(), arguments


def default_state() -> str:
    from newsroom.embedded.parts import ROOT

    return str(ROOT / ".state")


def manage(arguments: list[str]) -> int:
    """Run one command and return its exit code. Ctrl-C reaches the command; the stores stop after it."""
    path, rest = state_option(arguments)
    state = State.open(path)
    lease = hold_stores(state)
    try:
        env = demo_environment(state, lease.urls if lease else {})
        process = subprocess.Popen([sys.executable, "-m", "newsroom.embedded.django_command", *rest], env=env)
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue
    finally:
        if lease:
            lease.release()
