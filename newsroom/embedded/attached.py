"""Runs a module as ``python -m`` would, with every process it forks tied to its parent.

``python -m newsroom.embedded.attached celery …``: if the worker's first process is killed, its
children are too. Without it a SIGKILL leaves them behind, since they cannot notice it.
"""

from __future__ import annotations

import os
import runpy
import sys

from newsroom.embedded.processes import die_with_parent


def main() -> None:
    module = sys.argv[1]
    del sys.argv[0]
    os.register_at_fork(after_in_child=die_with_parent)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
