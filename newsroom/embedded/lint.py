"""Lint, format, types, import contracts and Django's own checks, one line each. Needs no server."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import time

from newsroom.embedded.pytest_plugin import let_go, prepare_environment

PYTHON = sys.executable
STEPS = {
    "lint": [PYTHON, "-m", "ruff", "check", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "types": [PYTHON, "-m", "mypy"],
    "imports": [PYTHON, "-c", "from importlinter.cli import lint_imports_command as main; main()"],
    "django": [
        PYTHON,
        "-W",
        "error",
        "-m",
        "newsroom.embedded.django_command",
        "check",
        "--fail-level",
        "WARNING",
    ],
    # Whether migrations match the models shows without a database; that there is none here is no news.
    "migrations": [
        PYTHON,
        "-m",
        "newsroom.embedded.django_command",
        "makemigrations",
        "--check",
        "--dry-run",
    ],
}


def main() -> int:
    """Run every step, show what the failing ones say, and return 1 if any failed."""
    prepare_environment(os.environ, with_stores=False)
    atexit.register(let_go)
    failed = []
    for name, command in STEPS.items():
        started = time.monotonic()
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        word = "ok" if done.returncode == 0 else "FAILED"
        print(f"{name:<12}{word:<8}{time.monotonic() - started:5.1f} s", flush=True)
        if done.returncode != 0:
            failed.append(name)
            print(done.stdout, flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
