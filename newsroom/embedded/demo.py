"""``dev.py demo``: the whole product on this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import errno
import os
import socket

from newsroom.embedded.manage import default_state
from newsroom.embedded.state import Refused, State
from newsroom.embedded.supervisor import Supervisor

HOST = "127.0.0.1"
HIGHEST_PORT = 65_535
PORTS_AT = 100  # 8000 and 8100.


def demo(arguments: list[str]) -> int:
    """Start everything, print *ready* once the first page was served, and stop everything in the end.

    Raises:
        Refused: the port is taken, or a demo with this state already runs.
    """
    parser = argparse.ArgumentParser(prog="dev.py demo", description="Run the whole product on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="where the pages are served (8000)")
    parser.add_argument(
        "--ports-port", type=int, metavar="PORT", help="where other people's clients are answered (8100)"
    )
    parser.add_argument(
        "--state", default=default_state(), metavar="DIR", help="where everything is kept (.state)"
    )
    parser.add_argument("--limits", choices=("off", "default", "strict"), help="posting limits (default)")
    options = parser.parse_args(arguments)
    state = State.open(options.state)
    with state.lock("demo") as is_mine:
        if not is_mine:
            raise Refused(
                f"a demo with this state already runs ({_running(state)}); another needs --state and --port."
            )
        refuse_taken_port(options.port)
        ports_port = options.ports_port or free_port_from(options.port + PORTS_AT)
        refuse_taken_port(ports_port)
        address = f"http://{HOST}:{options.port}"
        (state.run / "demo.address").write_text(f"{address}\n", encoding="utf-8")
        return Supervisor(
            state,
            host=HOST,
            port=options.port,
            ports_port=ports_port,
            limits=options.limits or os.environ.get("NEWSROOM_LIMITS") or "default",
        ).run()


def _running(state: State) -> str:
    try:
        return (state.run / "demo.address").read_text(encoding="utf-8").strip()
    except OSError:
        return "starting"


def free_port_from(port: int) -> int:
    """That port, or one of the next hundred if it is taken: nobody has asked for just this one."""
    first = port if port <= HIGHEST_PORT - PORTS_AT else port - 2 * PORTS_AT
    for candidate in range(first, first + PORTS_AT):
        try:
            refuse_taken_port(candidate)
        except Refused:
            continue
        return candidate
    return first


def refuse_taken_port(port: int) -> None:
    """Say so before anything is started.

    Raises:
        Refused: the port is taken or not allowed.
    """
    if not 1 <= port <= HIGHEST_PORT:
        raise Refused(f"{port} is no port: choose one from 1024 to {HIGHEST_PORT} with --port.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            reason = "is taken by another program" if taken else f"cannot be used ({error.strerror})"
            raise Refused(f"port {port} {reason}; choose another with --port N.") from error
