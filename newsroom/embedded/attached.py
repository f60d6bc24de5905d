"""Runs a module as ``python -m`` would, with every process it forks tied to its parent.

``python -m newsroom.embedded.attached celery …``: if the worker's first process is killed, its
children are too. Without it a SIGKILL leaves them behind, since they cannot notice it.
"""

from __future__ import annotations

import os
import runpy
import sys

from newsroom.embedded.processes import die_with_parent


class Forks:
    """Knows who forks, so that a child notices a parent that died before it could ask to be told."""

    def __init__(self) -> None:
        self.parent = os.getpid()

    def before(self) -> None:
        self.parent = os.getpid()

    def in_child(self) -> None:
        die_with_parent(parent=self.parent)


def main() -> None:
    module = sys.argv[1]
    del sys.argv[0]
    forks = Forks()
    os.register_at_fork(before=forks.before, after_in_child=forks.in_child)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
