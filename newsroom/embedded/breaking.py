"""``dev.py break PART --for SECONDS``: make a part of a running demo fail, and watch it being noticed."""

from __future__ import annotations

import argparse
import json
import os
import signal
import time
from pathlib import Path

from newsroom.embedded.manage import default_state
from newsroom.embedded.processes import read_pid_file
from newsroom.embedded.state import Refused, State

HOW = {
    "worker": "The worker is killed and stays away",
    "broker": "Valkey is frozen",
    "database": "PostgreSQL is killed and stays away",
    "model": "The classifier cannot be loaded",
    "ports": "The ports' process is killed and stays away",
}
LONGEST_S = 3600.0


def break_part(arguments: list[str]) -> int:
    """Break a part for that long and return when the time is over.

    Raises:
        Refused: no demo runs with this state.
    """
    parser = argparse.ArgumentParser(prog="dev.py break", description="Make a part of a running demo fail.")
    parser.add_argument("part", choices=HOW)
    parser.add_argument("--for", dest="seconds", type=float, required=True, metavar="SECONDS")
    parser.add_argument("--state", default=default_state(), metavar="DIR")
    options = parser.parse_args(arguments)
    if not 0 < options.seconds <= LONGEST_S:
        raise Refused(f"--for takes more than 0 and at most {LONGEST_S:g} seconds.")
    folder = Path(options.state).absolute()
    supervisor = read_pid_file(folder / "run" / "supervisor.pid")
    if supervisor is None:
        raise Refused(f"no demo runs with the state {folder}; start one: python3 dev.py demo")
    state = State.open(folder)
    if options.part == "model":
        break_model(state, seconds=options.seconds)
    else:
        _ask(state, supervisor, options.part, options.seconds)
    print(
        f"{HOW[options.part]} for {options.seconds:g} s. Watch {_address(state)}/readyz and /demo/.",
        flush=True,
    )
    try:
        time.sleep(options.seconds)
    except KeyboardInterrupt:
        print("It recovers by itself when the time is over.")
        return 130
    print(f"{options.part}: the time is over; recovery begins.", flush=True)
    return 0


def break_model(state: State, *, seconds: float) -> None:
    """Note until when the model counts as broken. The note expires by itself, so nobody has to remove it."""
    temporary = state.run / "model.broken.new"
    temporary.write_text(f"{time.time() + seconds:.3f}\n", encoding="ascii")
    temporary.replace(state.run / "model.broken")


def _ask(state: State, supervisor: int, part: str, seconds: float) -> None:
    request = state.run / "break.json"
    temporary = request.with_suffix(".new")
    temporary.write_text(json.dumps({"part": part, "seconds": seconds}), encoding="utf-8")
    temporary.replace(request)
    os.kill(supervisor, signal.SIGUSR1)
    deadline = time.monotonic() + 10
    while request.exists():
        if refused := _read(request).get("refused"):
            request.unlink(missing_ok=True)
            raise Refused(refused)
        if time.monotonic() > deadline:
            request.unlink(missing_ok=True)
            raise Refused("the demo did not react; is it still starting?")
        time.sleep(0.05)


def _read(request: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(request.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _address(state: State) -> str:
    try:
        return (state.run / "demo.address").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
