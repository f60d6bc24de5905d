"""``python -m newsroom.proof.runner STATE HOST PORT``: runs the stack's parts until its input closes."""

from __future__ import annotations

import os
import select
import signal
import sys

from newsroom.embedded import parts
from newsroom.embedded.restarter import Restarter, open_log
from newsroom.embedded.state import State


def main() -> None:
    state = State.open(sys.argv[1])
    host, port = sys.argv[2], int(sys.argv[3])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the proof, which closes the pipe.
    restarter = Restarter(run=state.run, output=lambda name: open_log(state.log / f"{name}.log"))
    env = {name: value for name, value in os.environ.items() if name != "NEWSROOM_PROCESS"}
    try:
        restarter.start(parts.worker(env, node=f"proof-{os.getpid()}"))
        restarter.start(parts.web(env, host=host, port=port))
        restarter.start(parts.reconciler(env))
        while not select.select([sys.stdin], [], [], min(restarter.tick(), 0.1))[0]:
            pass
    finally:
        for name in parts.STOP_ORDER:
            restarter.stop(name)


if __name__ == "__main__":
    main()
