"""The long-running processes of the product, as commands. The same ones stand in docker-compose.yml."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from newsroom.embedded.restarter import Part

ROOT = Path(__file__).resolve().parents[2]

WEB_PROCESSES = 2
WEB_THREADS = 4  # Each may hold a database connection; granian's own default is 512.
WORKER_CHILDREN = 2
PORTS_THREADS = 4
STOP_ORDER = ("web", "ports", "reconciler", "beat", "worker")

_ATTACHED = [sys.executable, "-m", "newsroom.embedded.attached"]
# The preparing process has run Django's checks; Celery warns root because of pickle, which is off.
_CALM = {"SKIP_CHECKS": "1", "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}


def web(env: Mapping[str, str], *, host: str, port: int) -> Part:
    command = ["newsroom.serve", "--interface", "wsgi", "--host", host, "--port", str(port)]
    command += [
        "--workers",
        str(WEB_PROCESSES),
        "--blocking-threads",
        str(WEB_THREADS),
        "--no-ws",
        "--http",
        "1",
    ]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", "5", "--log-level", "warning"]
    return Part(
        name="web",
        argv=[*_ATTACHED, *command, "newsroom.wsgi:application"],
        env={**env, "NEWSROOM_PROCESS": "web"},
        stop_steps=((signal.SIGTERM, 8.0), (signal.SIGKILL, 5.0)),
    )


def ports(env: Mapping[str, str], *, host: str, port: int, processes: int = 1) -> Part:
    """Other people's clients; each process has a classifier of its own, which is most of its memory."""
    command = ["granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    command += [
        "--workers",
        str(processes),
        "--blocking-threads",
        str(PORTS_THREADS),
        "--no-ws",
        "--http",
        "1",
    ]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", "5", "--log-level", "warning"]
    return Part(
        name="ports",
        argv=[*_ATTACHED, *command, "newsroom.ports_wsgi:application"],
        env={**env, "NEWSROOM_PROCESS": "ports"},
        stop_steps=((signal.SIGTERM, 8.0), (signal.SIGKILL, 5.0)),
    )


def worker(
    env: Mapping[str, str], *, node: str, children: int = WORKER_CHILDREN, purge: bool = False
) -> Part:
    """The Celery worker.

    Args:
        node: its name, which no other worker on this broker has.
        purge: throw away what waits in the queue first (in tests it belongs to earlier ones).
    """
    command = ["celery", "-q", "-A", "newsroom.celery", "worker", "--pool", "prefork"]
    command += ["--concurrency", str(children), "--without-gossip", "--without-mingle"]
    command += ["--loglevel", "WARNING", "-n", f"{node}@%h", *(["--purge"] if purge else [])]
    return Part("worker", [*_ATTACHED, *command], {**env, **_CALM, "NEWSROOM_PROCESS": "worker"})


def reconciler(env: Mapping[str, str]) -> Part:
    argv = [*_ATTACHED, "newsroom.embedded.django_command", "reconcile"]
    return Part("reconciler", argv, {**env, "NEWSROOM_PROCESS": "reconciler"})


def beat(env: Mapping[str, str], *, schedule: Path) -> Part:
    command = ["celery", "-q", "-A", "newsroom.beat", "beat", "--schedule", str(schedule)]
    command += ["--loglevel", "WARNING", "--pidfile="]
    return Part("beat", [*_ATTACHED, *command], {**env, **_CALM, "NEWSROOM_PROCESS": "beat"})
